"""How usual digits and right numbers are on a page: by hand, and what holds for all pages."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.decoding.page_confidence import doubt_together, measure_odds, shift_prior
from pipeline.settings.tree import Settings
from pipeline.types import Pick, Reading
from tests.support.drawing import make_lattice
from tests.support.sightings import read_as

SETTINGS = Settings().decode


def pick(sure: float, is_digit: bool) -> Pick:
    (span,) = make_lattice(2, (0, 1)).spans
    row = np.full(10, (1 - sure) / 9, np.float32)
    row[3] = sure
    return Pick(span, row, is_digit)


def doubt(*confidences: float) -> list[float]:
    return [r.confidence for r in doubt_together([read_as("7", sure=sure) for sure in confidences], SETTINGS)]


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
    assert measure_odds([line]) == pytest.approx(odds, abs=0.01)


def test_odds_shift_a_probability() -> None:
    # 0.8 is 4 : 1, at a quarter of the odds 1 : 1
    assert shift_prior(np.array([0.8, 0.0, 1.0], np.float32), 0.25) == pytest.approx([0.5, 0, 1])


ALONE: dict[str, tuple[list[float], list[float]]] = {
    "no number": ([], []),
    "one says nothing of itself": ([0.3], [0.3]),
    "sure ones": ([0.999, 0.92, 0.999], [0.999, 0.92, 0.999]),
}


@pytest.mark.parametrize(("told", "left"), ALONE.values(), ids=ALONE)
def test_what_is_not_doubted(told: list[float], left: list[float]) -> None:
    assert doubt(*told) == pytest.approx(left)


def test_two_numbers_by_hand() -> None:
    # Each hears the other and two usual ones: 0.679 agrees with itself, as (2 * 0.9 + 0.679) / 3 = 0.826 is 4.76 : 1,
    # that is 0.529 of the usual 9 : 1, and 0.529 * 4 : 1, from 0.8, is 0.679.
    assert doubt(0.8, 0.8) == pytest.approx([0.679, 0.679], abs=0.001)


def test_a_sure_number_among_doubtful_ones_is_rejected() -> None:
    readings = [read_as("5", sure=0.999), *[read_as("8", sure=0.2, rejected=True)] * 30]
    first, *others = doubt_together(readings, SETTINGS)
    assert readings[0].status == "accepted" and readings[0].confidence > 0.99
    assert (first.status, first.reason) == ("rejected", "too many numbers on this page are doubtful")
    assert first.confidence < 0.7 and first.digits == readings[0].digits
    assert all(r.reason == "digit 1 is uncertain" and r.confidence < 0.2 for r in others)


def test_a_doubtful_number_among_sure_ones_costs_them_nothing() -> None:
    told = [0.999] * 9 + [0.3]
    assert doubt(*told)[:9] == pytest.approx(told[:9], abs=0.001)


LONE: dict[str, tuple[list[str], list[str]]] = {
    "a stroke": (["1"], ["rejected"]),
    "strokes": (["1", "1"], ["rejected", "rejected"]),
    "a stroke beside a number": (["1", "42"], ["accepted", "accepted"]),
    "two strokes in a number": (["11"], ["accepted"]),
    "another digit": (["7"], ["accepted"]),
}


@pytest.mark.parametrize(("texts", "statuses"), LONE.values(), ids=LONE)
def test_a_stroke_alone_is_no_number(texts: list[str], statuses: list[str]) -> None:
    readings = [read_as(text, sure=0.996) for text in texts]
    doubted = doubt_together(readings, SETTINGS)
    assert [r.status for r in doubted] == statuses
    assert all((r.reason is None) == (r.status == "accepted") for r in doubted)
    # 0.996 is 249 : 1, at 0.015 of the odds 3.735 : 1
    expected = [
        0.789 if status == "rejected" else reading.confidence
        for status, reading in zip(statuses, readings, strict=True)
    ]
    assert [r.confidence for r in doubted] == pytest.approx(expected, abs=0.002)
    for changed in (replace(SETTINGS, lone_one=1.0), replace(SETTINGS, reject_below=0.5)):
        assert all(r.status == "accepted" for r in doubt_together(readings, changed))
    assert doubt_together([read_as("1", sure=0.9999)], SETTINGS)[0].status == "accepted"


@given(st.lists(st.floats(0, 1), max_size=12))
def test_doubt_makes_no_number_surer_and_keeps_their_order(told: list[float]) -> None:
    readings = [read_as("7", sure=sure) for sure in told]
    doubted: tuple[Reading, ...] = doubt_together(readings, SETTINGS)
    left = [reading.confidence for reading in doubted]
    assert all(0 <= after <= before for before, after in zip(told, left, strict=True))
    assert [reading.text for reading in doubted] == ["7"] * len(told)
    for reading, before in zip(doubted, readings, strict=True):
        assert reading.status == "accepted" or reading.confidence < SETTINGS.reject_below
        assert reading.digits == before.digits
