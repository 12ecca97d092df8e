"""How usual digits and right numbers are on a page: by hand, and what holds for all pages."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.decoding.page_confidence import estimate_prior_shift, shift_by_page, shift_prior
from pipeline.decoding.pick import Pick
from pipeline.settings.tree import Settings
from tests.support.drawing import make_lattice

SETTINGS = Settings().decode


def pick(sure: float, is_digit: bool) -> Pick:
    (span,) = make_lattice(2, (0, 1)).spans
    row = np.full(10, (1 - sure) / 9, np.float32)
    row[3] = sure
    return Pick(span, row, is_digit)


def shift(*confidences: float) -> list[float]:
    shifted = shift_by_page(np.array(confidences), SETTINGS.usual_right, SETTINGS.surest)
    return [float(confidence) for confidence in shifted]


ODDS: dict[str, tuple[list[float], int, float]] = {
    # sure digits, how many were refused, odds that agree with themselves: (1 + q) / (refused + digits - q)
    "nothing": ([], 0, 1.0),
    "nothing but refused": ([], 9, 1.0),
    "nothing refused": ([0.2, 0.3], 0, 1.0),
    "as many sure ones": ([1.0, 1.0], 2, 1.0),
    "a third": ([1.0, 1.0], 9, 3 / 9),
    "a doubtful one among many: odds 0.1, where q = 0.1": ([0.5], 10, 0.1),
}


@pytest.mark.parametrize(("digits", "n_refused", "odds"), ODDS.values(), ids=ODDS)
def test_odds_by_hand(digits: list[float], n_refused: int, odds: float) -> None:
    line = [*[pick(sure, True) for sure in digits], *[pick(0.1, False)] * n_refused]
    assert estimate_prior_shift([line]) == pytest.approx(odds, abs=0.01)


def test_odds_shift_a_probability() -> None:
    # 0.8 is 4 : 1, at a quarter of the odds 1 : 1
    assert shift_prior(np.array([0.8, 0.0, 1.0], np.float32), 0.25) == pytest.approx([0.5, 0, 1])


ALONE: dict[str, tuple[list[float], list[float]]] = {
    "no number": ([], []),
    "one says nothing of itself": ([0.3], [0.3]),
    "sure ones": ([0.999, 0.92, 0.999], [0.999, 0.92, 0.999]),
}


@pytest.mark.parametrize(("alone", "left"), ALONE.values(), ids=ALONE)
def test_what_is_not_shifted(alone: list[float], left: list[float]) -> None:
    assert shift(*alone) == pytest.approx(left)


def test_two_numbers_by_hand() -> None:
    # Each hears the other and two usual ones: 0.679 agrees with itself, as (2 * 0.9 + 0.679) / 3 = 0.826 is 4.76 : 1,
    # that is 0.529 of the usual 9 : 1, and 0.529 * 4 : 1, from 0.8, is 0.679.
    assert shift(0.8, 0.8) == pytest.approx([0.679, 0.679], abs=0.001)


def test_a_doubtful_number_among_sure_ones_costs_them_nothing() -> None:
    alone = [0.999] * 9 + [0.3]
    assert shift(*alone)[:9] == pytest.approx(alone[:9], abs=0.001)


@given(st.lists(st.floats(0, 1), max_size=12))
def test_no_number_gets_surer(alone: list[float]) -> None:
    left = shift(*alone)
    assert all(0 <= after <= before for before, after in zip(alone, left, strict=True))
