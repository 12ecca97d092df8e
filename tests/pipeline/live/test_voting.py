from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import move_box
from pipeline.live.voting import count_votes, make_vote
from pipeline.settings.live import TrackSettings
from pipeline.types import Reading
from tests.support.sightings import read_as

SETTINGS = TrackSettings()


def vote(*readings: Reading) -> Reading:
    return count_votes([make_vote(reading, SETTINGS) for reading in readings], SETTINGS)


CASES: list[tuple[str, list[Reading], str]] = [
    ("one frame", [read_as("42")], "42"),
    ("one bad frame among good ones", [read_as("42"), read_as("42"), read_as("47"), read_as("42")], "42"),
    ("the bad frame is the last", [read_as("42"), read_as("42"), read_as("47")], "42"),
    ("unsure frames against sure ones", [read_as("47", sure=0.5), read_as("47", sure=0.5), read_as("42")], "42"),
    ("a digit dropped once", [read_as("123"), read_as("12"), read_as("123")], "123"),
    ("as many of two lengths: the latest", [read_as("12"), read_as("123")], "123"),
    ("rejected ones count little", [*[read_as("1", rejected=True)] * 3, read_as("11")], "11"),
    ("rejected ones alone count", [read_as("5", rejected=True)] * 2, "5"),
    ("each digit is voted on its own", [read_as("12"), read_as("13"), read_as("92"), read_as("12")], "12"),
]


@pytest.mark.parametrize(("readings", "text"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_vote(readings: list[Reading], text: str) -> None:
    voted = vote(*readings)
    assert voted.text == "".join(digit.text for digit in voted.digits) == text
    assert 0 <= voted.confidence <= 1
    assert (voted.status, voted.reason) == ("accepted", None)


def test_rows_are_probabilities_and_the_rest_is_spread_evenly() -> None:
    (row,) = np.exp(make_vote(read_as("3", sure=0.5), SETTINGS).log_probabilities)
    assert row[3] == pytest.approx(0.5)
    assert row[4] == pytest.approx(0.4)
    assert row[[0, 1, 2, 5, 6, 7, 8, 9]] == pytest.approx(0.1 / 8)
    assert row.sum() == pytest.approx(1)


def test_agreeing_frames_make_sure_but_only_up_to_a_point() -> None:
    once, thrice, often = (vote(*[read_as("6", sure=0.7)] * n).confidence for n in (1, 3, 12))
    assert once == pytest.approx(0.7, abs=1e-6)
    assert thrice > 0.9
    assert often == pytest.approx(thrice)


def test_a_dispute_about_the_length_costs_confidence() -> None:
    assert vote(*[read_as("12")] * 5, read_as("123")).confidence > 0.9
    assert vote(*[read_as("12")] * 3, *[read_as("123")] * 2).confidence < 0.9


def test_boxes_are_the_latest_frames() -> None:
    assert vote(read_as("12", left=100), read_as("12", left=140)).box == read_as("12", left=140).box
    moved = vote(read_as("12", left=100), read_as("12", left=100), read_as("123", left=150))
    assert moved.digits[0].box == read_as("12", left=150).digits[0].box
    assert move_box(moved.box, 1.4, -0.6).left == moved.box.left + 1
