"""Components -> the numbers that the page network links, each a text line of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.detection.detect import Detection
from pipeline.settings.layout import TextLineSettings
from pipeline.types import Component, TextLine

_REACH_HEIGHTS = 3.0
"""Digits of one number stand no farther apart, by the height of the taller."""

_OWN_HEIGHTS = 0.75
"""Ink belongs to the digit whose center is nearest, if it is no farther, by the digit's height."""


def link_lines(
    lines: Sequence[TextLine], detection: Detection, least_link: float, settings: TextLineSettings
) -> tuple[TextLine, ...]:
    """Return the components of text lines as lines of what is linked, in reading order.

    Parameters
    ----------
    lines : as they were found by their components' places; they tell the reading order
    detection : the digits seen on their page
    least_link : probability from which two digits belong together
    settings : lowest line
    """
    components = [c for line in lines for c in line.components]
    rows = np.array([line.number for line in lines for _ in line.components])
    if not components or not len(detection.scores):
        return tuple(lines)
    roots = _join_digits(detection, least_link)
    owners = [_find_digits(c, detection) for c in components]
    for digits in owners:
        for other in digits[1:]:
            _join(roots, digits[0], other)
    groups: dict[int, list[int]] = {}
    for at, digits in enumerate(owners):
        if digits:
            groups.setdefault(_find_root(roots, digits[0]), []).append(at)
    ordered = sorted(
        groups.values(), key=lambda own: (int(np.median(rows[own])), min(components[i].box.left for i in own))
    )
    return tuple(
        TextLine(tuple(sorted((components[i] for i in own), key=lambda c: c.box.left)), int(np.median(rows[own])))
        for own in ordered
        if max(components[i].box.height for i in own) >= settings.least_height_px
    )


def _join_digits(detection: Detection, least_link: float) -> NDArray[np.int64]:
    """Return a forest over the digits: those that are linked have one root."""
    n = len(detection.scores)
    roots = np.arange(n)
    for i in range(n):
        away = np.hypot(*(detection.centers[i + 1 :] - detection.centers[i]).T)
        reach = _REACH_HEIGHTS * np.maximum(detection.heights_px[i + 1 :], detection.heights_px[i])
        for j in i + 1 + np.flatnonzero(away <= reach):
            (x, y), (u, v) = detection.centers[i].tolist(), detection.centers[j].tolist()
            if detection.measure_link((x, y), (u, v)) >= least_link:
                _join(roots, i, int(j))
    return roots


def _find_root(roots: NDArray[np.int64], at: int) -> int:
    while roots[at] != at:
        roots[at] = roots[roots[at]]
        at = int(roots[at])
    return at


def _join(roots: NDArray[np.int64], one: int, other: int) -> None:
    roots[_find_root(roots, one)] = _find_root(roots, other)


def _find_digits(component: Component, detection: Detection) -> list[int]:
    """Return the digits whose center lies in the component's box; if none does, the nearest, if it is near."""
    box = component.box
    x, y = detection.centers.T
    inside = np.flatnonzero((x >= box.left) & (x < box.right) & (y >= box.top) & (y < box.bottom))
    if len(inside):
        return [int(at) for at in inside]
    away = np.hypot(
        np.maximum(np.maximum(box.left - x, x - box.right), 0), np.maximum(np.maximum(box.top - y, y - box.bottom), 0)
    )
    near = away / detection.heights_px
    nearest = int(np.argmin(near))
    return [nearest] if near[nearest] <= _OWN_HEIGHTS else []
