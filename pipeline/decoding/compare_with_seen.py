"""What the page network saw of a number that was read: whether it is printed, whole, and one at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.detection.detection import Detection
from pipeline.detection.page_network import Channel
from pipeline.settings.detection import DetectionSettings
from pipeline.types import Reading, Writing

REMAINS = "a digit that belongs to it could not be read"
OTHER = "the page network takes it for letters or signs"
UNSEEN = "the page network sees no digit there"
"""Flaws: the number lost a digit; or it is none."""

_LEAST_AREA = 0.35
"""Probability of a digit that the page network must see in one of a number's, or none of them is one."""

_INSIDE_HEIGHTS = 0.25
"""A digit that is seen so near to the box of one that was read is that digit."""

_FAR_HEIGHTS = 3.0
"""Digits of one number stand no farther apart, by their heights."""

_STROKE = "1"
"""The digit that is one stroke."""

_SURELY_SEEN = 0.5


def compare_with_seen(
    readings: Sequence[Reading], detection: Detection, settings: DetectionSettings
) -> tuple[Reading, ...]:
    """Return the numbers, each told to be printed or by hand, and its flaw; those that are wanted.

    What is on the whole more probably letters or signs is no number, and left out beside numbers; a page where all is
    such is not called blank for that.

    Parameters
    ----------
    readings : boxes in px of the page that `detection` looked at
    detection : the digits seen
    settings : from which link a digit belongs to a number, and whether numbers by hand and printed ones are wanted
    """
    boxes = np.array([d.box.as_list() for r in readings for d in r.digits], np.float64).reshape(-1, 4)
    missing = [
        at for at, score in enumerate(detection.scores) if score >= _SURELY_SEEN and not _is_read(detection, at, boxes)
    ]
    compared: list[Reading] = []
    left_out: list[Reading] = []
    for reading in readings:
        seen = np.array([detection.measure(digit.box) for digit in reading.digits])
        writing: Writing = "printed" if seen[:, Channel.PRINTED].mean() > 0.5 else "hand"
        if not (settings.is_print_read if writing == "printed" else settings.is_hand_read):
            continue
        others = _measure_others(seen, reading)
        is_part = any(_belongs(detection, at, reading, settings.least_link) for at in missing)
        is_seen = seen[:, Channel.AREA].max() >= _LEAST_AREA
        flaw = OTHER if others.max() > 0 else REMAINS if is_part else reading.flaw if is_seen else UNSEEN
        (left_out if others.mean() > 0 else compared).append(replace(reading, writing=writing, flaw=flaw))
    return tuple(compared or left_out)


def _measure_others(seen: NDArray[np.float64], reading: Reading) -> NDArray[np.float64]:
    """Return by how much other writing is more probable than a digit, -1..1, for each digit of a number that can tell.

    A bare stroke is a 1 among digits and a sign elsewhere: where there are other digits, they tell. `seen` (digits, 8)
    is what the page network sees of each.
    """
    others: NDArray[np.float64] = seen[:, Channel.OTHER] - seen[:, Channel.AREA]
    tells = np.array([digit.text != _STROKE for digit in reading.digits])
    return others[tells] if tells.any() else others


def _is_read(detection: Detection, at: int, boxes: NDArray[np.float64]) -> bool:
    x, y = detection.centers[at]
    reach = _INSIDE_HEIGHTS * detection.heights_px[at]
    left, top, right, bottom = boxes.T
    return bool(((left - reach <= x) & (x <= right + reach) & (top - reach <= y) & (y <= bottom + reach)).any())


def _belongs(detection: Detection, at: int, reading: Reading, least_link: float) -> bool:
    center, height = detection.centers[at], detection.heights_px[at]
    for digit in (reading.digits[0], reading.digits[-1]):
        apart = float(np.hypot(*(np.array(digit.box.center) - center)))
        if apart > _FAR_HEIGHTS * max(height, digit.box.height):
            continue
        if detection.measure_link((float(center[0]), float(center[1])), digit.box.center) >= least_link:
            return True
    return False
