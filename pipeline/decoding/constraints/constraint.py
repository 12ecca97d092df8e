"""What a user knows about the numbers: how many digits, which values, which pattern, a check digit.

Nothing here imports NumPy: the command line finds a contradiction before anything is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from pipeline.decoding.constraints.rules import (
    CHECKS,
    EAN_DIGITS,
    PLACES,
    Rule,
    bound_value,
    count_digits,
    follow,
    is_allowed,
    match_pattern,
)
from pipeline.errors import ConstraintError

MOST_DIGITS = 40
"""Of a number."""

_DIGITS = "0123456789"


@dataclass(frozen=True, slots=True)
class Constraint:
    """What all numbers obey, or the number in one field of a form; all that is named holds together.

    Attributes
    ----------
    n_digits : (least, most) digits
    range : (least, most) value, None for an open end; leading zeros do not count, so 007 is within 0 to 20
    pattern : d for a digit, a digit for itself; all else are signs, which ink may have or lack: dd/dd/dddd
    values : the only numbers; their leading zeros count, and they may hold signs
    check : name of the check digits: luhn, ean13 or mod97

    Raises
    ------
    ConstraintError
        If nothing is named, something is malformed, or no number fits all of it.
    """

    n_digits: tuple[int, int] | None = None
    range: tuple[int | None, int | None] | None = None
    pattern: str | None = None
    values: tuple[str, ...] | None = None
    check: str | None = None

    def __post_init__(self) -> None:
        if all(getattr(self, own.name) is None for own in fields(self)):
            raise ConstraintError("the constraint names nothing", "name the number of digits, a range or another part")
        _check_n_digits(self.n_digits)
        _check_range(self.range)
        _check_pattern(self.pattern)
        _check_values(self.values)
        if self.check is not None and self.check not in CHECKS:
            raise ConstraintError(f"check {self.check!r}: expected one of {', '.join(CHECKS)}")
        if not (self.list_allowed_values() if self.values else any(follow(self.rules).finals)):
            raise ConstraintError(f"no number fits all of this: {self}", "leave one of them out, or correct it")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Constraint:
        """Return the constraint that a table of a file names, such as `{"n_digits": 8, "check": "luhn"}`.

        Parameters
        ----------
        values : by attribute; lists stand for tuples, `n_digits` may be one whole number, and both it and `range` a
            text as on the command line, such as "2-4" and "100:"

        Raises
        ------
        ConstraintError
            As for the class, and for a name that it has not.
        """
        names = [own.name for own in fields(cls)]
        if unknown := sorted(set(values) - set(names)):
            raise ConstraintError(f"a constraint has no {unknown[0]!r}; it has {', '.join(names)}")
        parts: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
        n_digits = parts.get("n_digits")
        if isinstance(n_digits, int):
            parts["n_digits"] = (n_digits, n_digits)
        for name, parse in (("n_digits", parse_n_digits), ("range", parse_range)):
            if isinstance(parts.get(name), str):
                parts[name] = parse(parts[name])
        return cls(**parts)

    def to_dict(self) -> dict[str, Any]:
        """Return what is named, by attribute: the inverse of `from_dict`."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @property
    def rules(self) -> list[Rule]:
        """The rules of all that is named but the values."""
        rules = []
        if self.n_digits:
            rules.append(count_digits(*self.n_digits))
        if self.range:
            rules.append(bound_value(*self.range))
        if self.pattern:
            rules.append(match_pattern(self.pattern))
        if self.check:
            rules.append(CHECKS[self.check]())
        return rules

    @property
    def most_digits(self) -> int:
        """The most digits that an allowed number may have, so far as that is plain."""
        bounds = [MOST_DIGITS]
        if self.n_digits:
            bounds.append(self.n_digits[1])
        if self.pattern:
            bounds.append(sum(char in PLACES for char in self.pattern))
        if self.check == "ean13":
            bounds.append(EAN_DIGITS)
        return min(bounds)

    def list_allowed_values(self) -> list[str]:
        """Return those of the values whose digits obey all else; of two with the same digits the first."""
        rules, allowed = self.rules, dict[str, str]()
        for value in self.values or ():
            digits = keep_digits(value)
            if digits not in allowed and is_allowed(digits, rules):
                allowed[digits] = value
        return list(allowed.values())

    def __str__(self) -> str:
        parts = []
        if self.n_digits:
            least, most = self.n_digits
            parts.append(f"{least} digit{'s' * (least > 1)}" if least == most else f"{least} to {most} digits")
        if self.range:
            low, high = ("" if end is None else str(end) for end in self.range)
            parts.append(f"from {low or 0} to {high}" if high else f"from {low} on")
        if self.pattern:
            parts.append(f"pattern {self.pattern}")
        if self.values:
            parts.append(f"one of {len(self.values):,} value{'s' * (len(self.values) > 1)}")
        if self.check:
            parts.append(f"check digit {self.check}")
        return ", ".join(parts)


def parse_n_digits(text: str) -> tuple[int, int]:
    """Return (least, most) of a number of digits such as 8 or 2-4; raise ConstraintError for any other text."""
    found = re.fullmatch(r"([0-9]{1,3})(?:-([0-9]{1,3}))?", text)
    if not found:
        raise ConstraintError(f"expected a number of digits such as 8 or 2-4, received {text!r}")
    return int(found[1]), int(found[2] or found[1])


def parse_range(text: str) -> tuple[int | None, int | None]:
    """Return (least, most) of a range such as 0:20, None for an open end, as in 100:; raise ConstraintError else."""
    found = re.fullmatch(rf"([0-9]{{0,{MOST_DIGITS}}}):([0-9]{{0,{MOST_DIGITS}}})", text)
    if not found or text == ":":
        raise ConstraintError(f"expected a range of values such as 0:20 or 100:, received {text!r}")
    low, high = (int(end) if end else None for end in found.groups())
    return low, high


def keep_digits(text: str) -> str:
    """Return the digits of a text alone."""
    return "".join(char for char in text if char in _DIGITS)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _check_n_digits(pair: Any) -> None:
    if pair is None:
        return
    is_pair = isinstance(pair, tuple) and len(pair) == 2 and all(map(_is_whole, pair))
    if not (is_pair and 1 <= pair[0] <= pair[1] <= MOST_DIGITS):
        raise ConstraintError(f"digits {pair!r}: expected (least, most) of 1 to {MOST_DIGITS}, the least first")


def _check_range(pair: Any) -> None:
    if pair is None:
        return
    is_pair = isinstance(pair, tuple) and len(pair) == 2 and all(end is None or _is_whole(end) for end in pair)
    if not is_pair or pair == (None, None):
        raise ConstraintError(f"range {pair!r}: expected (least, most), whole numbers from 0, one of them may be None")
    if None not in pair and pair[0] > pair[1]:
        raise ConstraintError(f"range {pair[0]}:{pair[1]} is empty", "give the lower end first")
    if any(len(str(end)) > MOST_DIGITS for end in pair):
        raise ConstraintError(f"range: a number has at most {MOST_DIGITS} digits")


def _check_pattern(pattern: Any) -> None:
    if pattern is None:
        return
    if not isinstance(pattern, str) or not any(char in PLACES for char in pattern):
        raise ConstraintError(f"pattern {pattern!r}: expected d for each digit, such as dd/dd/dddd")
    if not pattern.isprintable():
        raise ConstraintError(f"pattern {pattern!r}: expected characters that can be printed")
    if sum(char in PLACES for char in pattern) > MOST_DIGITS:
        raise ConstraintError(f"pattern {pattern!r}: a number has at most {MOST_DIGITS} digits")
    if len(pattern) > 2 * MOST_DIGITS:
        raise ConstraintError(f"pattern {pattern[:20]!r}...: expected at most {2 * MOST_DIGITS} characters")


def _check_values(values: Any) -> None:
    if values is None:
        return
    if not isinstance(values, tuple) or not values:
        raise ConstraintError("values: expected a tuple of one number or more")
    for value in values:
        if not isinstance(value, str):
            raise ConstraintError(f"values: expected numbers as text, so that leading zeros stay, received {value!r}")
        is_number = value.isprintable() and not any(char.isalpha() for char in value)
        if not is_number or not 1 <= len(keep_digits(value)) <= MOST_DIGITS:
            raise ConstraintError(f"values: {value!r} is no number; expected 1 to {MOST_DIGITS} digits, and signs")
