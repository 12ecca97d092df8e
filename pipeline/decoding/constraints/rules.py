"""What a number's digits must obey, each a rule: a small automaton that reads a number digit by digit.

A rule's states are plain values. All rules together are followed in step: a string of digits is allowed where every one
of them accepts it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

DIGIT = "d"
"""Stands for any digit in a pattern."""

PLACES = "d0123456789"
"""Characters of a pattern at which a number has a digit; all others are signs."""

EAN_DIGITS = 13

_LUHN_LEAST = 2
"""Digits: one, and its check digit."""

_MOD97_LEAST = 3
"""Digits: one, and two check digits."""


@dataclass(frozen=True, slots=True)
class Rule:
    """An automaton over digits.

    Attributes
    ----------
    start : its first state
    step : the state after one more digit, 0..9; None where no number that goes on like this fits
    accepts : whether the number may end in a state
    expects_sign : whether a sign may stand between the last digit and the next
    """

    start: Any
    step: Callable[[Any, int], Any]
    accepts: Callable[[Any], bool]
    expects_sign: Callable[[Any], bool] = lambda _: False


def count_digits(least: int, most: int) -> Rule:
    """Return the rule of numbers of `least` to `most` digits."""
    return Rule(0, lambda n, _: n + 1 if n < most else None, lambda n: n >= least)


def bound_value(least: int | None, most: int | None) -> Rule:
    """Return the rule of numbers from `least` to `most`, None for no bound; leading zeros do not count.

    A state is the number of digits after the leading zeros, and how they compare with as many first digits of each
    bound: -1 less, 0 equal, 1 more. More digits than a bound has are more than it.
    """
    low, high = str(least or 0), "" if most is None else str(most)
    longest = max(len(low), len(high)) + 1

    def compare(so_far: int, n: int, digit: int, bound: str) -> int:
        if so_far or n >= len(bound):
            return so_far or 1
        return (digit > int(bound[n])) - (digit < int(bound[n]))

    def step(state: tuple[int, int, int], digit: int) -> tuple[int, int, int] | None:
        n, to_low, to_high = state
        if n == 0 and digit == 0:
            return state
        after = compare(to_low, n, digit, low), compare(to_high, n, digit, high)
        is_over = bool(high) and (n >= len(high) or (n + 1 == len(high) and after[1] > 0))
        return None if is_over else (min(n + 1, longest), *after)

    def accepts(state: tuple[int, int, int]) -> bool:
        n, to_low, to_high = state
        is_high_enough = int(low) == 0 or n > len(low) or (n == len(low) and to_low >= 0)
        return is_high_enough and (not high or n < len(high) or to_high <= 0)

    return Rule((0, 0, 0), step, accepts)


def match_pattern(pattern: str) -> Rule:
    """Return the rule of a pattern: d for a digit, a digit for itself, all else for signs, which count for nothing."""
    places = [char for char in pattern if char in PLACES]
    signs = find_signs(pattern)

    def step(n: int, digit: int) -> int | None:
        return n + 1 if n < len(places) and places[n] in (DIGIT, str(digit)) else None

    return Rule(0, step, lambda n: n == len(places), lambda n: n in signs)


def find_signs(text: str) -> frozenset[int]:
    """Return after how many digits of a pattern or a value a sign stands, 0 before the first; a space is none."""
    signs, n = set(), 0
    for char in text:
        if char in PLACES:
            n += 1
        elif not char.isspace():
            signs.add(n)
    return frozenset(signs)


def check_luhn() -> Rule:
    """Return the rule of numbers whose last digit is Luhn's check digit (ISO/IEC 7812-1).

    Every second digit counts twice, from the right: a state has both sums modulo 10, for whether the last digit so far
    counts once or twice in the end.
    """

    def step(state: tuple[int, int, int], digit: int) -> tuple[int, int, int]:
        n, once, twice = state
        doubled = 2 * digit - 9 * (digit > 4)
        return min(n + 1, _LUHN_LEAST), (twice + digit) % 10, (once + doubled) % 10

    return Rule((0, 0, 0), step, lambda state: state[0] == _LUHN_LEAST and state[1] == 0)


def check_ean13() -> Rule:
    """Return the rule of article numbers of 13 digits, the last its check digit: weights 1, 3, 1, 3 ... 1, sum 0."""

    def step(state: tuple[int, int], digit: int) -> tuple[int, int] | None:
        n, total = state
        return (n + 1, (total + digit * (3 if n % 2 else 1)) % 10) if n < EAN_DIGITS else None

    return Rule((0, 0), step, lambda state: state == (EAN_DIGITS, 0))


def check_mod97() -> Rule:
    """Return the rule of numbers whose last two digits are check digits modulo 97 (ISO/IEC 7064): remainder 1."""

    def step(state: tuple[int, int], digit: int) -> tuple[int, int]:
        return min(state[0] + 1, _MOD97_LEAST), (state[1] * 10 + digit) % 97

    return Rule((0, 0), step, lambda state: state == (_MOD97_LEAST, 1))


CHECKS: dict[str, Callable[[], Rule]] = {"luhn": check_luhn, "ean13": check_ean13, "mod97": check_mod97}
"""Check digits by name."""


def is_allowed(digits: str, rules: Sequence[Rule]) -> bool:
    """Return whether all rules accept a string of digits."""
    for rule in rules:
        state = rule.start
        for digit in digits:
            state = rule.step(state, int(digit))
            if state is None:
                return False
        if not rule.accepts(state):
            return False
    return True


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """All rules followed in step, state 0 the empty number, which no other state is.

    Attributes
    ----------
    steps : for each state, the states after the digits 0..9; -1 where no number fits
    finals : whether the number may end there
    signs : whether a sign may stand there
    """

    steps: list[list[int]]
    finals: list[bool]
    signs: list[bool]


def follow(rules: Sequence[Rule]) -> Product:
    """Return the product of rules: their states that a number can reach."""
    start = (tuple(rule.start for rule in rules), False)
    numbers: dict[Hashable, int] = {start: 0}
    queue = deque([start])
    product = Product([], [], [])
    while queue:
        states, is_begun = queue.popleft()
        pairs = list(zip(rules, states, strict=True))
        product.finals.append(is_begun and all(rule.accepts(state) for rule, state in pairs))
        product.signs.append(any(rule.expects_sign(state) for rule, state in pairs))
        row = []
        for digit in range(10):
            after = tuple(rule.step(state, digit) for rule, state in pairs)
            key = (after, True)
            if None in after:
                row.append(-1)
                continue
            if key not in numbers:
                numbers[key] = len(numbers)
                queue.append(key)
            row.append(numbers[key])
        product.steps.append(row)
    return product
