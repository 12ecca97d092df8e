"""Which number of one frame is which of the next: by place, size and text, the camera's motion taken out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box, measure_overlap

_MOST_SIZE_RATIO = 1.6
"""A number's height changes by no more between two frames."""

_LEAST_ALIKE = 0.5
"""Texts less alike tell nothing of how the camera moved."""

_LEAST_OVERLAP = 0.1
"""Boxes that overlap so much may hold the same number, wherever their centers are: numbers get joined and parted."""

_TEXT_GAIN, _DISTANCE_COST = 0.5, 0.25


@dataclass(frozen=True, slots=True)
class Place:
    """A number or a digit in a frame: where it stands, px, and what it says."""

    box: Box
    text: str


@lru_cache(maxsize=4096)
def count_edits(a: str, b: str) -> int:
    """Return the edit distance of two texts (Levenshtein 1966)."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        before, row = row, [i]
        for j, y in enumerate(b, start=1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y)))
    return row[-1]


def associate_places(before: Sequence[Place], now: Sequence[Place], reach_heights: float) -> dict[int, int]:
    """Return, for places in `before`, moved along with the camera, the index of the same number in `now`.

    The best pairs are taken first, each place once (greedy: numbers on a page are farther apart than they move).

    Parameters
    ----------
    before, now : numbers of two frames
    reach_heights : how far a number may stray, of its height, where the boxes do not overlap
    """
    pairs = []
    for i, a in enumerate(before):
        for j, b in enumerate(now):
            gain = _measure_gain(a, b, reach_heights)
            if gain is not None:
                pairs.append((-gain, i, j))
    matched: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in sorted(pairs):
        if i not in matched and j not in taken:
            matched[i] = j
            taken.add(j)
    return matched


def estimate_shift(before: Sequence[Place], now: Sequence[Place]) -> tuple[float, float]:
    """Return by how many px (x, y) what two frames share has moved, most of it agreeing; else (0, 0).

    Every pair of alike places, digits or numbers, proposes a shift; each place in `before` then speaks for it as much
    as its best partner near the proposed place is alike. Of equals the smallest shift counts.
    """
    alike = np.array([[_measure_likeness(a, b) for b in now] for a in before]).reshape(len(before), len(now))
    if not alike.size or alike.max() < _LEAST_ALIKE:
        return 0.0, 0.0
    shifts = _list_centers(now)[None] - _list_centers(before)[:, None]  # (before, now, 2)
    reach = 0.5 * np.array([place.box.height for place in before])[:, None]
    best, chosen = (0.0, 0.0), (0.0, 0.0)
    for proposed in shifts[alike >= _LEAST_ALIKE]:
        near = np.hypot(*(shifts - proposed).transpose(2, 0, 1)) <= reach
        score = (float((alike * near).max(axis=1).sum()), -float(np.hypot(*proposed)))
        if score > best or best == (0.0, 0.0):
            agreeing = near & (alike >= _LEAST_ALIKE)
            mean = np.average(shifts[agreeing], axis=0, weights=alike[agreeing])
            best, chosen = score, (float(mean[0]), float(mean[1]))
    return chosen


def _list_centers(places: Sequence[Place]) -> NDArray[np.float64]:
    return np.array([place.box.center for place in places], np.float64).reshape(-1, 2)


def _measure_likeness(a: Place, b: Place) -> float:
    """Return how alike two numbers are, 0..1; 0 where their heights differ too much."""
    ratio = a.box.height / b.box.height
    if max(ratio, 1 / ratio) > _MOST_SIZE_RATIO:
        return 0.0
    return 1 - count_edits(a.text, b.text) / max(len(a.text), len(b.text), 1)


def _measure_gain(a: Place, b: Place, reach_heights: float) -> float | None:
    """Return how well two places fit to be one number's, or None where they cannot be."""
    ratio = a.box.height / b.box.height
    if max(ratio, 1 / ratio) > _MOST_SIZE_RATIO:
        return None
    overlap = measure_overlap(a.box, b.box)
    (ax, ay), (bx, by) = a.box.center, b.box.center
    distance = float(np.hypot(ax - bx, ay - by)) / max(a.box.height, b.box.height)
    if overlap < _LEAST_OVERLAP and distance > reach_heights:
        return None
    return overlap + _TEXT_GAIN * _measure_likeness(a, b) - _DISTANCE_COST * distance
