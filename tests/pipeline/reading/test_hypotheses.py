"""Which turn of a page is chosen: the one whose digits are surer, where there are enough of them to tell."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import Box
from pipeline.reading.hypotheses import choose_turn, is_doubtful, measure_sureness
from pipeline.reading.stages import Stages
from pipeline.settings.layout import TurnSettings
from pipeline.settings.tree import Settings
from pipeline.types import Digit, InkMask, Page, Reading

TURN = TurnSettings(least_gain=0.05, least_sureness=0.9, least_digits=3)


def make_reading(*confidences: float) -> Reading:
    box = Box(0, 0, 9, 9)
    digits = tuple(Digit("7", confidence, box, ()) for confidence in confidences)
    return Reading("7" * len(digits), float(np.prod(confidences)), box, digits, "accepted", None, 1)


def make_stages(*confidences: float) -> Stages:
    bare = np.full((9, 9), 225, np.uint8)
    readings = (make_reading(*confidences),) if confidences else ()
    return Stages(Page(bare), bare, bare, InkMask(bare), InkMask(bare), readings=readings)


def test_sureness_is_the_mean_over_digits() -> None:
    assert measure_sureness([]) == 0
    assert measure_sureness([make_reading(0.5, 1.0), make_reading(0.9)]) == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("readings", "doubt_below", "doubtful"),
    [([], 0.9, True), ([make_reading(0.95)], 0.9, False), ([make_reading(0.8)], 0.9, True), ([], 0.0, False)],
)
def test_doubt_is_a_low_mean(readings: list[Reading], doubt_below: float, doubtful: bool) -> None:
    assert is_doubtful(readings, TurnSettings(doubt_below=doubt_below)) == doubtful


def test_rings_and_bars_do_not_tell() -> None:
    reading = Reading("0011", 0.9, Box(0, 0, 9, 9), tuple(Digit(d, 0.9, Box(0, 0, 9, 9), ()) for d in "0011"))
    assert measure_sureness([reading]) == 0


@pytest.mark.parametrize(
    ("upright", "turn", "is_turned"),
    [
        ((), (0.95, 0.95, 0.95), True),
        ((0.7, 0.7, 0.7), (0.95, 0.95, 0.95), True),
        ((0.92, 0.92, 0.92), (0.95, 0.95, 0.95), False),
        ((0.7, 0.7, 0.7), (0.8, 0.8, 0.8), False),
        ((0.7, 0.7, 0.7), (0.99, 0.99), False),
        ((0.8,) * 9, (0.95, 0.95, 0.95), False),
    ],
    ids=["nothing read", "surer", "hardly surer", "not sure", "few digits", "more digits before"],
)
def test_turn_must_be_sure_and_surer(upright: tuple[float, ...], turn: tuple[float, ...], is_turned: bool) -> None:
    one, other = make_stages(*upright), make_stages(*turn)
    assert choose_turn(one, [other], TURN, Settings().decode) is (other if is_turned else one)


def test_surest_of_several_turns_is_chosen() -> None:
    turns = [make_stages(*(sure,) * 4) for sure in (0.93, 0.97, 0.95)]
    assert choose_turn(make_stages(), turns, TURN, Settings().decode) is turns[1]
