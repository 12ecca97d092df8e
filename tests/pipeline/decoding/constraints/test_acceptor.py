"""The acceptor of a constraint: what it allows, where it expects signs, how it writes a number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.decoding.constraints.acceptor import accept_one, build_trie, compile_acceptor
from pipeline.decoding.constraints.constraint import Constraint
from pipeline.decoding.constraints.rules import is_allowed

NUMBERS = st.text("0123456789", min_size=1, max_size=4)


@given(st.lists(NUMBERS, min_size=1, max_size=8, unique=True), st.lists(NUMBERS, max_size=8))
def test_values_are_accepted_and_nothing_else(values: list[str], others: list[str]) -> None:
    acceptor = compile_acceptor(Constraint(values=tuple(values)))
    assert not acceptor.accepts("")
    for digits in (*values, *others):
        assert acceptor.accepts(digits) == (digits in values)


RULES: tuple[dict[str, Any], ...] = (
    *({"n_digits": (2, 3)}, {"range": (7, 120)}, {"pattern": "1d:d"}, {"check": "luhn"}),
    {"check": "luhn", "n_digits": (3, 3), "range": (200, None)},
)


@pytest.mark.parametrize("parts", RULES, ids=str)
@given(digits=NUMBERS)
def test_rules_are_accepted_and_nothing_else(parts: dict[str, Any], digits: str) -> None:
    constraint = Constraint(**parts)
    assert compile_acceptor(constraint).accepts(digits) == is_allowed(digits, constraint.rules)


def test_trie_by_hand() -> None:
    steps, is_final, expects_sign = build_trie(["12", "1", "17"], [frozenset({1}), frozenset(), frozenset()])
    assert steps.shape == (4, 10) and is_final.tolist() == [False, True, True, True]
    assert steps[0, 1] == 1 and (np.delete(steps[0], 1) == -1).all()
    assert steps[1, 2] == 2 and steps[1, 7] == 3 and (steps[2:] == -1).all()
    assert expects_sign.tolist() == [False, True, False, False]


@pytest.mark.parametrize(
    ("parts", "digits", "text"),
    [
        ({"pattern": "dd/dd/dddd"}, "12032024", "12/03/2024"),
        ({"pattern": "(0ddd) ddd"}, "0415555", "(0415) 555"),
        ({"values": ("12.50", "7")}, "1250", "12.50"),
        ({"values": ("12.50", "7")}, "7", "7"),
        ({"n_digits": (2, 2)}, "07", "07"),
    ],
    ids=["date", "literal digits", "value with a point", "value without", "digits alone"],
)
def test_number_is_written_with_its_signs(parts: dict[str, Any], digits: str, text: str) -> None:
    acceptor = compile_acceptor(Constraint(**parts))
    assert acceptor.accepts(digits) and acceptor.write(digits) == text
    assert acceptor.is_parted == ("n_digits" not in parts)
    assert acceptor.most_digits == (4 if "values" in parts else len(digits))


def test_digits_that_must_follow() -> None:
    acceptor = compile_acceptor(Constraint(values=("12", "1", "345")))
    # the states by level: the empty number; 1, 3; 12, 34; 345
    assert acceptor.n_left.tolist() == [1, 0, 2, 0, 1, 0]
    assert compile_acceptor(Constraint(n_digits=(2, 3))).n_left.tolist() == [2, 1, 0, 0]


def test_acceptor_of_one_number_keeps_its_signs() -> None:
    acceptor = compile_acceptor(Constraint(pattern="d:dd"))
    one = accept_one("645", acceptor)
    assert one.accepts("645") and not one.accepts("644") and not one.accepts("64")
    assert one.expects_sign.tolist() == [False, True, False, False]
    assert one.n_left.tolist() == [3, 2, 1, 0]


def test_acceptor_is_kept_for_the_next_page() -> None:
    assert compile_acceptor(Constraint(n_digits=(5, 6))) is compile_acceptor(Constraint(n_digits=(5, 6)))
