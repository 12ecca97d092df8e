"""Which way up a page is read best: how sure the digits of each of its turns are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.reading.stages import Stages
from pipeline.settings.decoding import DecodeSettings
from pipeline.settings.layout import TurnSettings
from pipeline.types import Digit, Reading


def measure_sureness(readings: Sequence[Reading]) -> float:
    """Return the mean confidence of the digits that tell which way is up; 0 where there are none.

    A bar is read as a 1 and a ring as a 0 whichever way they lie, so those do not count.
    """
    confidences = [digit.confidence for digit in _list_telling(readings)]
    return float(np.mean(confidences)) if confidences else 0.0


def is_doubtful(readings: Sequence[Reading], settings: TurnSettings) -> bool:
    """Return whether a page read so may have to be turned: it has digits that are not sure, or none at all."""
    confidences = [digit.confidence for reading in readings for digit in reading.digits]
    return (float(np.mean(confidences)) if confidences else 0.0) < settings.doubt_below


def choose_turn(upright: Stages, turns: Sequence[Stages], settings: TurnSettings, decode: DecodeSettings) -> Stages:
    """Return the turn that found most, if it is so much surer than `upright` that the page must lie so."""
    least = max(settings.least_sureness, measure_sureness(upright.readings) + settings.least_gain)
    telling = [turn for turn in turns if len(_list_telling(turn.readings)) >= settings.least_digits]
    sure = [turn for turn in telling if measure_sureness(turn.readings) >= least]
    return max([upright, *sure], key=lambda stages: _measure_evidence(stages.readings, decode))


def _measure_evidence(readings: Sequence[Reading], settings: DecodeSettings) -> float:
    """Return by how much the telling digits are surer than doubtful, summed up."""
    return sum(digit.confidence - settings.doubtful for digit in _list_telling(readings))


def _list_telling(readings: Sequence[Reading]) -> list[Digit]:
    return [digit for reading in readings for digit in reading.digits if digit.text not in "01"]
