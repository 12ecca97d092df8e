"""The search by hand, and against every path through small lattices."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.decoding.constraints.acceptor import Acceptor, compile_acceptor
from pipeline.decoding.constraints.constrained_search import SKIP, cut_stretch, find_best_number, measure_allowed
from pipeline.decoding.constraints.constraint import Constraint
from pipeline.types import Lattice
from tests.support.drawing import make_lattice

TWO = make_lattice(3, (0, 1), (1, 2), (0, 2))
"""Span 0 is the left part, 1 the right one, 2 both."""


def make_log_scores(*rows: dict[str, float]) -> np.ndarray:
    """Return log-scores (N, 11): of the digits and "-" that each row names; others are out of the question."""
    table = np.full((len(rows), 11), -np.inf)
    for line, row in zip(table, rows, strict=True):
        for name, probability in row.items():
            line["0123456789-".index(name)] = np.log(probability)
    return table


ROWS = make_log_scores({"1": 0.6, "7": 0.2, "-": 0.2}, {"7": 0.5, "2": 0.3, "-": 0.2}, {"4": 0.8, "-": 0.1})
"""All readings together: (0.6 + 0.2 + 0.2) * (0.5 + 0.3 + 0.2) + 0.8 + 0.1 = 1.9."""


@pytest.mark.parametrize(
    ("constraint", "digits", "share", "allowed", "path"),
    [
        # 4 as a whole, 0.8; 1 or 7 on the left alone, 0.8 * 0.2; 7 or 2 on the right alone, 0.2 * 0.8
        (Constraint(n_digits=(1, 1)), "4", 0.8, 0.8 + 0.16 + 0.16, [(2, 4)]),
        # 17 0.3, 12 0.18, 77 0.1, 72 0.06
        (Constraint(n_digits=(2, 2)), "17", 0.3, 0.64, [(0, 1), (1, 7)]),
        (Constraint(values=("72", "77")), "77", 0.1, 0.16, [(0, 7), (1, 7)]),
        # 7 is read on the left, 0.2 * 0.2, and on the right, 0.2 * 0.5: both ways add up
        (Constraint(values=("7", "12")), "12", 0.18, 0.18 + 0.14, [(0, 1), (1, 2)]),
        (Constraint(values=("7",)), "7", 0.14, 0.14, [(0, SKIP), (1, 7)]),
        (Constraint(range=(20, None)), "77", 0.1, 0.16, [(0, 7), (1, 7)]),
    ],
    ids=["one digit", "two digits", "two values", "shares add up", "half passed over", "range"],
)
def test_best_number_by_hand(
    constraint: Constraint, digits: str, share: float, allowed: float, path: list[tuple[int, int]]
) -> None:
    found = find_best_number(cut_stretch(TWO, ROWS, 0, 2), compile_acceptor(constraint))
    assert found is not None
    assert (found.digits, list(found.path)) == (digits, path)
    assert (found.share, found.allowed) == (pytest.approx(share / 1.9), pytest.approx(allowed / 1.9))
    assert found.empty == pytest.approx((0.2 * 0.2 + 0.1) / 1.9)


def test_digits_have_their_posteriors_among_all_that_is_allowed() -> None:
    found = find_best_number(cut_stretch(TWO, ROWS, 0, 2), compile_acceptor(Constraint(values=("17", "12", "72"))))
    assert found is not None and found.digits == "17"  # 0.3, 0.18 and 0.06: together 0.54
    assert found.rows.shape == (2, 10) and found.rows.dtype == np.float32
    assert found.rows[0, [1, 7]] == pytest.approx([0.48 / 0.54, 0.06 / 0.54])
    assert found.rows[1, [7, 2]] == pytest.approx([0.3 / 0.54, 0.24 / 0.54])


def test_nothing_allowed_is_none() -> None:
    stretch = cut_stretch(TWO, ROWS, 0, 2)
    assert find_best_number(stretch, compile_acceptor(Constraint(values=("999",)))) is None
    assert measure_allowed(stretch, compile_acceptor(Constraint(values=("999",)))).tolist() == [0, 0, 0]


def test_stroke_at_the_place_of_a_sign_is_that_sign() -> None:
    lattice = make_lattice(4, (0, 1), (1, 2), (2, 3))
    scores = make_log_scores({"1": 1.0}, {"1": 1 - 1e-6, "-": 1e-6}, {"5": 1.0})
    stretch = cut_stretch(lattice, scores, 0, 3)
    with_sign, without = (
        find_best_number(stretch, compile_acceptor(Constraint(pattern=pattern))) for pattern in ("d/d", "dd")
    )
    assert with_sign is not None and without is not None
    assert with_sign.digits == without.digits == "15"
    assert with_sign.allowed > 0.1 and without.allowed == pytest.approx(1e-6, rel=1e-3)


def test_only_what_lies_in_the_stretch_is_read() -> None:
    lattice = make_lattice(4, (0, 1), (1, 2), (2, 3), (0, 2))
    scores = make_log_scores({"1": 1.0}, {"2": 1.0}, {"3": 1.0}, {"9": 1.0})
    found = find_best_number(cut_stretch(lattice, scores, 1, 3), compile_acceptor(Constraint(n_digits=(1, 3))))
    assert found is not None
    assert (found.digits, found.path, found.share) == ("23", ((1, 2), (2, 3)), 1.0)


CONSTRAINTS = (
    *(Constraint(n_digits=pair) for pair in ((1, 1), (2, 2), (1, 3))),
    *(Constraint(range=pair) for pair in ((0, 20), (3, None), (12, 31))),
    *(Constraint(pattern=pattern) for pattern in ("dd", "1d", "d2d")),
    *(Constraint(values=values) for values in (("1", "12", "121"), ("20", "02", "2"), ("11", "22"))),
    *(Constraint(check=check) for check in ("luhn", "mod97")),
)


@st.composite
def draw_problems(draw: st.DrawFn) -> tuple[Lattice, np.ndarray, Acceptor]:
    """Return a lattice, log-scores in which few digits are possible, so that paths can be counted, and an acceptor."""
    n_cuts = draw(st.integers(2, 5))
    wider = [(a, b) for a in range(n_cuts) for b in range(a + 2, n_cuts)]
    edges = [(a, a + 1) for a in range(n_cuts - 1)] + draw(st.lists(st.sampled_from(wider or [(0, 1)]), unique=True))
    edges = list(dict.fromkeys(draw(st.permutations(edges))))
    weights = draw(hnp.arrays(np.int64, (len(edges), 4), elements=st.integers(0, 9))).astype(float)
    weights[:, 3] += 1  # passing over is possible everywhere
    scores = np.full((len(edges), 11), -np.inf)
    scores[:, [0, 1, 2, SKIP]] = np.log(np.where(weights > 0, weights, np.nan))
    return (
        make_lattice(n_cuts, *edges),
        np.nan_to_num(scores, nan=-np.inf),
        compile_acceptor(draw(st.sampled_from(CONSTRAINTS))),
    )


@given(draw_problems())
def test_search_agrees_with_every_path(problem: tuple[Lattice, np.ndarray, Acceptor]) -> None:
    lattice, scores, acceptor = problem
    weights, sums, best = np.exp(scores), defaultdict[str, float](float), defaultdict[str, float](float)
    todo = [(0, "", 1.0)]
    while todo:
        cut, digits, weight = todo.pop()
        if cut == lattice.n_cuts - 1:
            sums[digits] += weight
            best[digits] = max(best[digits], weight)
            continue
        for i, span in enumerate(lattice.spans):
            if span.first == cut:
                labels = [(str(d), weights[i, d]) for d in range(10)] + [("", weights[i, SKIP])]
                todo += [(span.last, digits + text, weight * own) for text, own in labels if own > 0]
    total, allowed = sum(sums.values()), [digits for digits in sums if acceptor.accepts(digits)]
    found = find_best_number(cut_stretch(lattice, scores, 0, lattice.n_cuts - 1), acceptor)
    assert (found is None) == (not allowed)
    if found is None:
        return
    assert best[found.digits] == pytest.approx(max(best[digits] for digits in allowed))
    assert found.share == pytest.approx(sums[found.digits] / total)
    assert found.allowed == pytest.approx(sum(sums[digits] for digits in allowed) / total)
    assert found.empty == pytest.approx(sums[""] / total)
    assert "".join(str(label) for _, label in found.path if label != SKIP) == found.digits
    assert ((found.rows >= 0) & (found.rows <= 1)).all()
    # a digit of the best path has at least its share, though another digit of the same span may have more in all
    own = [row[int(digit)] for row, digit in zip(found.rows, found.digits, strict=True)]
    assert min(own) >= best[found.digits] / sum(sums[digits] for digits in allowed) - 1e-6
