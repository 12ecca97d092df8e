"""Divisions of a line by hand: shares, costs and broken rules."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from pipeline.decoding.constraints.acceptor import compile_acceptor
from pipeline.decoding.constraints.constraint import Constraint
from pipeline.decoding.constraints.divisions import choose_division
from pipeline.decoding.constraints.joints import Joint
from tests.support.drawing import make_lattice

FOUR = make_lattice(5, (0, 1), (1, 2), (2, 3), (3, 4))
SURE = np.log(np.full((4, 11), 1e-9) + np.eye(11)[[1, 2, 3, 4]])
"""1234, hardly anything else."""

BROKEN = 1e-3
"""6.9 nats."""


def divide(constraint: Constraint, ends: dict[int, float], costs: dict[int, float]) -> list[tuple[int, int, float]]:
    """Return the division of 1234 where numbers end, by the rules, before the digits of `ends`."""
    joints = [
        Joint(k, k, k in ends or k in (0, 4), {**ends, **costs}.get(k, inf) if 0 < k < 4 else inf) for k in range(5)
    ]
    return choose_division(FOUR, SURE, joints, compile_acceptor(constraint), BROKEN)


@pytest.mark.parametrize(
    ("constraint", "ends", "costs", "parts"),
    [
        (Constraint(n_digits=(4, 4)), {}, {}, [(0, 4)]),
        (Constraint(n_digits=(4, 4)), {2: 3.0}, {}, [(0, 4)]),
        (Constraint(n_digits=(4, 4)), {2: inf}, {}, [(0, 2), (2, 4)]),
        (Constraint(n_digits=(4, 4)), {1: 3.0, 2: 3.0, 3: 3.0}, {}, [(0, 4)]),
        (Constraint(n_digits=(2, 2)), {}, {2: 3.0}, [(0, 2), (2, 4)]),
        (Constraint(n_digits=(2, 2)), {}, {2: 8.0}, [(0, 4)]),
        (Constraint(values=("1", "23", "4")), {}, {1: 3.0, 3: 3.0}, [(0, 1), (1, 3), (3, 4)]),
        (Constraint(n_digits=(1, 4)), {2: 3.0}, {1: 3.0}, [(0, 2), (2, 4)]),
        (Constraint(values=("12", "34")), {1: 3.0}, {2: 3.0}, [(0, 2), (2, 4)]),
        (Constraint(n_digits=(9, 9)), {2: 3.0}, {1: 3.0}, [(0, 2), (2, 4)]),
    ],
    ids=[
        *("fits as it is", "joined, for 3 is less than two broken rules", "never joined there", "all four joined"),
        *("divided", "dear to divide: a broken rule", "divided twice"),
        *("both fit: nothing is changed", "divided elsewhere", "nothing fits: nothing is changed"),
    ],
)
def test_division_by_hand(
    constraint: Constraint, ends: dict[int, float], costs: dict[int, float], parts: list[tuple[int, int]]
) -> None:
    assert [(i, j) for i, j, _ in divide(constraint, ends, costs)] == parts


def test_posterior_weighs_the_other_divisions() -> None:
    ((i, j, posterior),) = divide(Constraint(n_digits=(4, 4)), {2: 3.0}, {})
    assert (i, j) == (0, 4)
    joined, broken = np.exp(-3), BROKEN**2
    assert posterior == pytest.approx(joined / (joined + broken), abs=1e-6)


def test_division_of_the_rules_is_sure_where_no_other_can_be_better() -> None:
    assert divide(Constraint(n_digits=(2, 2)), {2: 3.0}, {}) == [(0, 2, 1.0), (2, 4, 1.0)]
