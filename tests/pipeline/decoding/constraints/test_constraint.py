"""What a user may say about numbers, and what is refused in one clear line."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from pipeline.decoding.constraints.constraint import Constraint
from pipeline.errors import ConstraintError

TOLD: dict[str, tuple[dict[str, Any], str]] = {
    "a number of digits": ({"n_digits": (8, 8)}, "8 digits"),
    "one digit": ({"n_digits": (1, 1)}, "1 digit"),
    "few digits": ({"n_digits": (2, 4)}, "2 to 4 digits"),
    "range": ({"range": (0, 20)}, "from 0 to 20"),
    "open above": ({"range": (100, None)}, "from 100 on"),
    "open below": ({"range": (None, 20)}, "from 0 to 20"),
    "pattern": ({"pattern": "dd/dd/dddd"}, "pattern dd/dd/dddd"),
    "values": ({"values": ("007", "12.50")}, "one of 2 values"),
    "check digit": ({"check": "luhn"}, "check digit luhn"),
    "all": (
        {"n_digits": (2, 2), "range": (9, 30), "pattern": "dd", "values": ("18",), "check": "luhn"},
        "2 digits, from 9 to 30, pattern dd, one of 1 value, check digit luhn",
    ),
}


@pytest.mark.parametrize(("parts", "told"), TOLD.values(), ids=TOLD)
def test_constraint_tells_what_it_is_and_survives_a_file_and_a_process(parts: dict[str, Any], told: str) -> None:
    constraint = Constraint(**parts)
    assert str(constraint) == told
    assert constraint.to_dict() == parts
    assert Constraint.from_dict(constraint.to_dict()) == constraint == pickle.loads(pickle.dumps(constraint))
    assert hash(constraint) == hash(Constraint(**parts))


def test_table_of_a_file_may_have_lists_and_a_bare_number_of_digits() -> None:
    assert Constraint.from_dict({"n_digits": 3, "range": [1, 200], "values": ["100"]}) == Constraint(
        n_digits=(3, 3), range=(1, 200), values=("100",)
    )
    assert Constraint.from_dict({"n_digits": "2-4", "range": "100:"}) == Constraint((2, 4), (100, None))
    with pytest.raises(ConstraintError, match="expected a range of values such as 0:20 or 100:, received '5'"):
        Constraint.from_dict({"range": "5"})


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "names nothing"),
    "no digits": ({"n_digits": (0, 4)}, "expected (least, most) of 1 to 40"),
    "most before least": ({"n_digits": (4, 2)}, "the least first"),
    "one number for two": ({"n_digits": 4}, "expected (least, most)"),
    "too many digits": ({"n_digits": (1, 41)}, "of 1 to 40"),
    "true for a number": ({"n_digits": (True, 4)}, "expected (least, most)"),
    "empty range": ({"range": (9, 3)}, "range 9:3 is empty"),
    "negative range": ({"range": (-3, 3)}, "whole numbers from 0"),
    "endless range": ({"range": (None, None)}, "may be None"),
    "long range": ({"range": (0, 10**40)}, "at most 40 digits"),
    "pattern without a digit": ({"pattern": "--"}, "expected d for each digit"),
    "pattern that rings": ({"pattern": "dd\a"}, "expected characters that can be printed"),
    "value that rings": ({"values": ("12\a",)}, "is no number"),
    "long pattern": ({"pattern": "d" * 41}, "at most 40 digits"),
    "pattern of signs": ({"pattern": "d" + "/" * 80}, "at most 80 characters"),
    "no values": ({"values": ()}, "one number or more"),
    "number among values": ({"values": (7,)}, "so that leading zeros stay, received 7"),
    "word among values": ({"values": ("A7",)}, "'A7' is no number"),
    "value without a digit": ({"values": ("-",)}, "'-' is no number"),
    "unknown check digit": ({"check": "isbn"}, "expected one of luhn, ean13, mod97"),
    "pattern against digits": (
        {"n_digits": (4, 4), "pattern": "dd/dd/dddd"},
        "no number fits all of this: 4 digits, pattern dd/dd/dddd",
    ),
    "check digit against digits": ({"n_digits": (4, 4), "check": "ean13"}, "no number fits all of this"),
    "range against digits": ({"n_digits": (1, 2), "range": (100, None)}, "no number fits all of this"),
    "values against range": ({"values": ("5", "7"), "range": (10, None)}, "no number fits all of this"),
    "values against check digit": ({"values": ("12",), "check": "luhn"}, "no number fits all of this"),
}


@pytest.mark.parametrize(("parts", "message"), REFUSED.values(), ids=REFUSED)
def test_nonsense_is_one_line_and_exit_code_2(parts: dict[str, Any], message: str) -> None:
    with pytest.raises(ConstraintError) as caught:
        Constraint(**parts)
    assert message in str(caught.value) and "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_unknown_name_in_a_file_is_refused() -> None:
    with pytest.raises(ConstraintError, match="has no 'digits'; it has n_digits, range"):
        Constraint.from_dict({"digits": 4})


@pytest.mark.parametrize(
    ("parts", "most"),
    [({"n_digits": (2, 5)}, 5), ({"pattern": "dd/d"}, 3), ({"check": "ean13"}, 13), ({"range": (0, 9)}, 40)],
    ids=str,
)
def test_most_digits(parts: dict[str, Any], most: int) -> None:
    assert Constraint(**parts).most_digits == most


def test_values_that_the_rest_forbids_are_left_out() -> None:
    constraint = Constraint(values=("007", "12.50", "1250", "99"), n_digits=(3, 4))
    assert constraint.list_allowed_values() == ["007", "12.50"]
