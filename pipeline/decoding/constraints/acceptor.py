"""A constraint as one automaton over digits, in arrays: what the search follows through a lattice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.decoding.constraints.constraint import MOST_DIGITS, Constraint, keep_digits
from pipeline.decoding.constraints.rules import PLACES, find_signs, follow
from pipeline.types import N_DIGITS


@dataclass(frozen=True, slots=True, eq=False)
class Acceptor:
    """A deterministic automaton; state 0 is the empty number, which no step leads to.

    Attributes
    ----------
    steps : int32 (S, 10), the state after each digit; -1 where no number goes on like this
    is_final : bool (S,), whether a number may end in a state
    expects_sign : bool (S,), whether a sign may stand there, before the next digit or behind the last
    n_left : int64 (S,), how many digits must follow at least
    pattern : that numbers are written by; None for none
    values : how each of the only numbers is written, by its digits; empty without such
    is_parted : whether numbers are written with signs or spaces
    most_digits : that a number has
    """

    steps: NDArray[np.int32]
    is_final: NDArray[np.bool_]
    expects_sign: NDArray[np.bool_]
    n_left: NDArray[np.int64]
    pattern: str | None
    values: Mapping[str, str]
    is_parted: bool
    most_digits: int

    def accepts(self, digits: str) -> bool:
        """Return whether a string of digits is allowed."""
        state = 0
        for digit in digits:
            state = int(self.steps[state, int(digit)])
            if state < 0:
                return False
        return bool(self.is_final[state])

    def write(self, digits: str) -> str:
        """Return an allowed number with its signs."""
        if self.pattern is not None:
            rest = iter(digits)
            return "".join(next(rest) if char in PLACES else char for char in self.pattern)
        return self.values.get(digits, digits)


@lru_cache(maxsize=256)
def compile_acceptor(constraint: Constraint) -> Acceptor:
    """Return the acceptor of a constraint, and keep it for the next page."""
    pattern = constraint.pattern
    pattern_signs = find_signs(pattern or "")
    is_parted = any(char not in PLACES for char in pattern or "")
    if constraint.values:
        values = {keep_digits(value): value for value in constraint.list_allowed_values()}
        signs = [find_signs(value) | pattern_signs for value in values.values()]
        is_parted |= any(value != digits for digits, value in values.items())
        arrays, most_digits = build_trie(list(values), signs), max(map(len, values))
    else:
        product, values, most_digits = follow(constraint.rules), {}, constraint.most_digits
        arrays = np.array(product.steps, np.int32), np.array(product.finals), np.array(product.signs)
    return Acceptor(*arrays, count_left(*arrays[:2]), pattern, values, is_parted, most_digits)


def count_left(steps: NDArray[np.int32], is_final: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return how many digits must follow at least, int64 (S,), until a number may end; more than any where none may.

    Parameters
    ----------
    steps : int32 (S, 10), the state after each digit, -1 for none
    is_final : bool (S,), whether a number may end there
    """
    left = np.where(is_final, 0, MOST_DIGITS + 1)
    while True:
        onward = np.where(steps >= 0, left[steps], MOST_DIGITS).min(axis=1) + 1
        if (onward >= left).all():
            return left
        left = np.minimum(left, onward)


def accept_one(digits: str, acceptor: Acceptor) -> Acceptor:
    """Return the acceptor of one number among those of another, its signs at the same places."""
    states = [0]
    for digit in digits:
        states.append(int(acceptor.steps[states[-1], int(digit)]))
    steps = np.full((len(states), N_DIGITS), -1, np.int32)
    steps[np.arange(len(digits)), [int(digit) for digit in digits]] = np.arange(1, len(states))
    is_final = np.arange(len(states)) == len(digits)
    n_left = np.arange(len(digits), -1, -1)
    return replace(acceptor, steps=steps, is_final=is_final, expects_sign=acceptor.expects_sign[states], n_left=n_left)


def build_trie(
    values: Sequence[str], signs: Sequence[frozenset[int]]
) -> tuple[NDArray[np.int32], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return steps, final states and states that expect a sign of the trie of some strings of digits.

    Parameters
    ----------
    values : the strings, none of them empty
    signs : after how many digits of each a sign may stand
    """
    lengths = np.array([len(value) for value in values])
    longest = int(lengths.max())
    digits = np.array([value.ljust(longest, "0") for value in values], f"S{longest}")
    digits = digits.view(np.uint8).reshape(len(values), longest) - ord("0")
    state = np.zeros(len(values), np.int64)
    n_states, levels = 1, []
    for place in range(longest):
        is_on = lengths > place
        keys, index = np.unique(state[is_on] * N_DIGITS + digits[is_on, place], return_inverse=True)
        levels.append(keys)
        state[is_on] = n_states + index.reshape(-1)
        n_states += len(keys)
    steps = np.full((n_states, N_DIGITS), -1, np.int32)
    steps.reshape(-1)[np.concatenate(levels)] = np.arange(1, n_states)
    is_final = np.zeros(n_states, bool)
    is_final[state] = True
    expects_sign = np.zeros(n_states, bool)
    for value, own in zip(values, signs, strict=True):
        at = 0
        for place in range(len(value) + 1) if own else ():
            expects_sign[at] |= place in own
            at = int(steps[at, int(value[place])]) if place < len(value) else at
    return steps, is_final, expects_sign
