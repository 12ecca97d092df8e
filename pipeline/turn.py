"""Pages that lie on their side or stand on their head: turned by quarters, where they are surer read so.

Cameras mark how they were held (EXIF), scanners and messengers often do not. Digits on their side are mostly refused or
read with doubt, so reading itself tells: a page whose digits are sure as it is is not turned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.knobs import DecodeSettings, TurnSettings
from pipeline.trace import Stages
from pipeline.types import Digit, Page, Reading

QUARTERS = (1, 2, 3)
"""Turns that a page may need, in quarters counterclockwise."""


def turn_page(page: Page, n_quarters: int) -> Page:
    """Return the page turned `n_quarters` (1 to 3) quarters counterclockwise, `to_source` carried along."""
    height, width = page.gray.shape
    back = {
        1: [[0, -1, width - 1], [1, 0, 0], [0, 0, 1]],
        2: [[-1, 0, width - 1], [0, -1, height - 1], [0, 0, 1]],
        3: [[0, 1, 0], [-1, 0, height - 1], [0, 0, 1]],
    }[n_quarters]
    gray: NDArray[np.uint8] = np.ascontiguousarray(np.rot90(page.gray, n_quarters))
    turned_deg = (page.turned_deg + 90 * n_quarters) % 360
    return replace(page, gray=gray, to_source=page.to_source @ np.array(back, np.float64), turned_deg=turned_deg)


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
