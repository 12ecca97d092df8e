"""Which numbers are rejected, why, and how sure they are in the end."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.decoding.lattice_decoder import make_reading
from pipeline.decoding.reject import leave_out_improbable, reject_doubtful
from pipeline.geometry import Box
from pipeline.settings.tree import Settings
from pipeline.types import Digit, Reading
from tests.support.sightings import read_as

SETTINGS = Settings().decode


def make_number(*confidences: float) -> Reading:
    return make_reading([Digit("7", sure, Box(9 * i, 0, 9 * i + 8, 20)) for i, sure in enumerate(confidences)], 1)


def test_no_number_no_decision() -> None:
    assert reject_doubtful((), SETTINGS) == ()


@pytest.mark.parametrize(
    ("reject_below", "status", "reason"),
    [
        (0.4, "accepted", None),
        (0.46, "rejected", "its 2 digits together are only 0.45 sure"),
        (0.6, "rejected", "digit 2 (7) is uncertain: 0.50"),
    ],
)
def test_doubtful_number_is_rejected_for_its_weakest_digit(reject_below: float, status: str, reason: str) -> None:
    (decided,) = reject_doubtful([make_number(0.9, 0.5)], replace(SETTINGS, reject_below=reject_below))
    assert (decided.text, decided.status, decided.reason) == ("77", status, reason)
    assert decided.confidence == pytest.approx(0.45)


def test_many_sure_digits_may_be_doubtful_together() -> None:
    (decided,) = reject_doubtful([make_number(*[0.98] * 9)], SETTINGS)
    assert (decided.status, decided.reason) == ("rejected", "its 9 digits together are only 0.83 sure")


def test_a_sign_makes_no_stroke_a_number() -> None:
    signed = replace(read_as("1", sure=0.99), text="-1")
    (decided,) = reject_doubtful([signed], SETTINGS)
    assert (decided.text, decided.status) == ("-1", "rejected")


def test_a_sure_number_among_doubtful_ones_is_rejected() -> None:
    first, *others = reject_doubtful([make_number(0.999), *[make_number(0.2)] * 30], SETTINGS)
    assert (first.status, first.reason) == ("rejected", "too many numbers on this page are doubtful")
    assert first.confidence < 0.7 and first.digits[0].confidence == 0.999
    assert all(r.reason == "digit 1 (7) is uncertain: 0.20" and r.confidence < 0.2 for r in others)


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
    decided = reject_doubtful(readings, SETTINGS)
    assert [r.status for r in decided] == statuses
    assert all((r.reason is None) == (r.status == "accepted") for r in decided)
    # 0.996 is 249 : 1, at 0.015 of the odds 3.735 : 1
    expected = [
        0.789 if status == "rejected" else reading.confidence
        for status, reading in zip(statuses, readings, strict=True)
    ]
    assert [r.confidence for r in decided] == pytest.approx(expected, abs=0.002)
    for changed in (replace(SETTINGS, lone_one=1.0), replace(SETTINGS, reject_below=0.5)):
        assert all(r.status == "accepted" for r in reject_doubtful(readings, changed))
    assert reject_doubtful([read_as("1", sure=0.9999)], SETTINGS)[0].status == "accepted"


@given(st.lists(st.floats(0, 1), max_size=12))
def test_accepted_is_what_is_sure_enough(alone: list[float]) -> None:
    decided = reject_doubtful([make_number(sure) for sure in alone], SETTINGS)
    assert [reading.text for reading in decided] == ["7"] * len(alone)
    for reading, before in zip(decided, alone, strict=True):
        assert reading.confidence <= before
        assert (reading.status == "accepted") == (reading.confidence >= SETTINGS.reject_below)


def test_all_numbers_of_a_mirrored_page_are_rejected() -> None:
    decided = reject_doubtful([make_number(0.99, 0.99), make_number(0.3)], SETTINGS, is_mirrored=True)
    assert {(one.status, one.reason) for one in decided} == {("rejected", "the picture looks mirrored")}


def list_reported(numbers: list[Reading], **changed: float) -> list[Reading]:
    settings = replace(SETTINGS, **changed)
    return list(leave_out_improbable(reject_doubtful(numbers, settings), settings))


def test_rejected_number_of_unsure_digits_is_left_out_beside_others() -> None:
    sure, long, word = make_number(0.99), make_number(*[0.8] * 6), make_number(0.9, 0.3)
    assert [len(r.digits) for r in list_reported([sure, long, word])] == [1, 6]
    assert [r.status for r in list_reported([sure, long, word], report_from=0)] == ["accepted", "rejected", "rejected"]


def test_page_of_nothing_but_improbable_numbers_is_not_blank() -> None:
    assert len(list_reported([make_number(0.4), make_number(0.2, 0.3)])) == 2


def test_whoever_accepts_all_is_told_all() -> None:
    assert len(list_reported([make_number(0.99), make_number(0.1)], reject_below=0.0)) == 2
