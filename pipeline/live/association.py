"""Association of the numbers of two frames by place, size and text, after the camera's motion is compensated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box, measure_overlap

_MOST_SIZE_RATIO = 1.6
"""A number's height changes by at most this factor between two frames."""

_LEAST_SIMILARITY = 0.5
"""Places whose similarity is lower do not propose a shift."""

_LEAST_OVERLAP = 0.1
"""Boxes that overlap this much may hold the same number at any distance: numbers are merged and split at times."""

_TEXT_GAIN, _DISTANCE_COST = 0.5, 0.25


@dataclass(frozen=True, slots=True)
class Place:
    """A number or a digit in a frame: its box, px, and its text."""

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
    """Return a mapping from the index of a place in `before` to the index of the same number in `now`.

    The association is greedy, the best pair first: numbers on a page are farther apart than they move.

    Parameters
    ----------
    before, now : numbers of two frames; those of the earlier one moved by the shift of the camera
    reach_heights : largest distance between boxes that do not overlap, in heights of the number
    """
    pairs = []
    for i, a in enumerate(before):
        for j, b in enumerate(now):
            gain = _measure_gain(a, b, reach_heights)
            if gain is not None:
                pairs.append((-gain, i, j))
    associated: dict[int, int] = {}
    assigned: set[int] = set()
    for _, i, j in sorted(pairs):
        if i not in associated and j not in assigned:
            associated[i] = j
            assigned.add(j)
    return associated


def estimate_shift(before: Sequence[Place], now: Sequence[Place]) -> tuple[float, float]:
    """Return the shift (x, y), px, between two frames on which most of their places agree; (0, 0) if none is proposed.

    Every pair of similar places, digits or numbers, proposes a shift. Its score is the sum, over the places in
    `before`, of the similarity to the best partner near the shifted place; among equal scores the smallest shift wins.
    """
    similarity = np.array([[_measure_similarity(a, b) for b in now] for a in before]).reshape(len(before), len(now))
    if not similarity.size or similarity.max() < _LEAST_SIMILARITY:
        return 0.0, 0.0
    shifts = _list_centers(now)[None] - _list_centers(before)[:, None]  # (before, now, 2)
    reach = 0.5 * np.array([place.box.height for place in before])[:, None]
    best, chosen = (0.0, 0.0), (0.0, 0.0)
    for proposed in shifts[similarity >= _LEAST_SIMILARITY]:
        near = np.hypot(*(shifts - proposed).transpose(2, 0, 1)) <= reach
        score = (float((similarity * near).max(axis=1).sum()), -float(np.hypot(*proposed)))
        if score > best or best == (0.0, 0.0):
            agreeing = near & (similarity >= _LEAST_SIMILARITY)
            mean = np.average(shifts[agreeing], axis=0, weights=similarity[agreeing])
            best, chosen = score, (float(mean[0]), float(mean[1]))
    return chosen


def _list_centers(places: Sequence[Place]) -> NDArray[np.float64]:
    return np.array([place.box.center for place in places], np.float64).reshape(-1, 2)


def _measure_similarity(a: Place, b: Place) -> float:
    """Return the similarity of two texts, 0..1, by edit distance; 0 if the heights differ too much."""
    ratio = a.box.height / b.box.height
    if max(ratio, 1 / ratio) > _MOST_SIZE_RATIO:
        return 0.0
    return 1 - count_edits(a.text, b.text) / max(len(a.text), len(b.text), 1)


def _measure_gain(a: Place, b: Place, reach_heights: float) -> float | None:
    """Return the gain of associating two places; None if they cannot be the same number."""
    ratio = a.box.height / b.box.height
    if max(ratio, 1 / ratio) > _MOST_SIZE_RATIO:
        return None
    overlap = measure_overlap(a.box, b.box)
    (ax, ay), (bx, by) = a.box.center, b.box.center
    distance = float(np.hypot(ax - bx, ay - by)) / max(a.box.height, b.box.height)
    if overlap < _LEAST_OVERLAP and distance > reach_heights:
        return None
    return overlap + _TEXT_GAIN * _measure_similarity(a, b) - _DISTANCE_COST * distance
