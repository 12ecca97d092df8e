"""Components -> text lines in reading order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.page_scale import PageScale, fit_middle, measure_digit_height
from pipeline.robust_stats import median, weighted_median
from pipeline.settings.layout import TextLineSettings
from pipeline.types import Component, TextLine

_NEXT = 3
"""Components at a chain's end that give its height there: one may be a comma, or stand out of line."""

_COVERED_FRAC = 0.8
"""What lies over or under another for so much of its width stands in no row with it, unless both are one digit."""

_TOWERS = 4.0
"""What is so many times taller than the writing beside it is none."""


def find_lines(components: Sequence[Component], settings: TextLineSettings) -> tuple[TextLine, ...]:
    """Return text lines top to bottom, the components of each left to right.

    Components are chained to their nearest neighbor on the right when they share enough of their height, so a line
    may slant or bend; chains that continue one another across a wide gap are one line.
    """
    chains = _chain(sorted(components, key=lambda c: c.box.left), settings)
    slope = measure_slope(chains)
    lines: list[list[Component]] = []
    ends: list[tuple[float, float]] = []
    for chain in chains:
        top, bottom = _measure_extent(chain[:_NEXT], slope)
        near = [i for i, (end_top, end_bottom) in enumerate(ends) if top <= end_bottom and end_top <= bottom]
        follows = [i for i in near if _continues(lines[i], chain, slope, settings)]
        if follows:
            at = min(follows, key=lambda i: chain[0].box.left - lines[i][-1].box.right)
            lines[at].extend(chain)
            ends[at] = _measure_extent(lines[at][-_NEXT:], slope)
        else:
            lines.append(list(chain))
            ends.append(_measure_extent(chain[-_NEXT:], slope))
    lines = [line for line in lines if max(c.box.height for c in line) >= settings.least_height_px]
    lines.sort(key=lambda line: _measure_middle(line, slope))
    return tuple(TextLine(tuple(line), number) for number, line in enumerate(lines, start=1))


def measure_slope(chains: Sequence[Sequence[Component]]) -> float:
    """Return how many px the writing falls per px to the right: the median over chains of at least three components."""
    long = [chain for chain in chains if len(chain) >= _NEXT]
    slopes = [fit_middle([c.box for c in chain])[0] for chain in long]
    return weighted_median(slopes, [len(chain) for chain in long]) if long else 0.0


def measure_scale(lines: Sequence[TextLine]) -> PageScale:
    """Return the usual height, stroke width and slope of a page's lines."""
    components = [component for line in lines for component in line.components]
    if not components:
        return PageScale()
    areas = [component.area_px for component in components]
    stroke_width_px = weighted_median([component.stroke_width_px for component in components], areas)
    height_px = measure_digit_height([component.box for component in components])
    return PageScale(height_px, stroke_width_px, measure_slope([line.components for line in lines]))


def _chain(ordered: Sequence[Component], settings: TextLineSettings) -> list[list[Component]]:
    """Return chains of components, each linked to its nearest neighbor on the right that chose it as well."""
    if not ordered:
        return []
    distance = _measure_distances(np.array([c.box.as_list() for c in ordered], np.float64), settings)
    rights, lefts = distance.argmin(axis=1), distance.argmin(axis=0)
    linked = np.isfinite(distance.min(axis=1)) & (lefts[rights] == np.arange(len(ordered)))
    starts = sorted(set(range(len(ordered))) - set(rights[linked].tolist()))
    chains = []
    for at in starts:
        chain = [ordered[at]]
        while linked[at]:
            at = int(rights[at])
            chain.append(ordered[at])
        chains.append(chain)
    return chains


def _measure_distances(boxes: NDArray[np.float64], settings: TextLineSettings) -> NDArray[np.float64]:
    """Return how far component j lies to the right of i, (N, N): infinite where j is no neighbor of i in a line.

    `boxes` are (N, 4), sorted by their left edge. Distance is white space, plus a little for each px between the
    centers, more for one downward or upward than for one along the line.
    """
    left, top, right, bottom = boxes.T
    heights = bottom - top
    shared = np.minimum(bottom[:, None], bottom) - np.maximum(top[:, None], top)
    gap = np.maximum(left - right[:, None], 0)
    across = np.abs((left + right) - (left + right)[:, None]) / 2
    down = np.abs((top + bottom) - (top + bottom)[:, None]) / 2
    distance = gap + 0.1 * across + 0.5 * down
    tallest = np.maximum(heights[:, None], heights)
    is_neighbor = shared >= settings.least_overlap_frac * np.minimum(heights[:, None], heights)
    is_neighbor &= down <= settings.steepest * across
    is_neighbor &= ~_find_covers(boxes, settings)
    is_neighbor &= np.triu(np.ones(is_neighbor.shape, bool), 1) & (distance <= settings.reach_heights * tallest)
    return np.where(is_neighbor, distance, np.inf)


def _find_covers(boxes: NDArray[np.float64], settings: TextLineSettings) -> NDArray[np.bool_]:
    """Return whether one of i and j lies over or under the other, too wide to be part of the same digit, (N, N)."""
    left, top, right, bottom = boxes.T
    widths, heights = right - left, bottom - top
    covered = np.minimum(right[:, None], right) - np.maximum(left[:, None], left)
    is_covered = covered >= _COVERED_FRAC * np.minimum(widths[:, None], widths)
    tallest = np.maximum(heights[:, None], heights)
    found: NDArray[np.bool_] = is_covered & (np.maximum(widths[:, None], widths) > settings.widest_cover_frac * tallest)
    return found


def _continues(line: Sequence[Component], chain: Sequence[Component], slope: float, settings: TextLineSettings) -> bool:
    """Return whether the chain begins to the right of the line's end and at its height."""
    if chain[0].box.left < line[-1].box.left:
        return False
    ends, begins = line[-_NEXT:], chain[:_NEXT]
    top, bottom = _measure_band(ends, begins, slope)
    next_top, next_bottom = _measure_band(begins, ends, slope)
    shared = min(bottom, next_bottom) - max(top, next_top)
    if shared < settings.join_overlap_frac * min(bottom - top, next_bottom - next_top):
        return False
    neighbors = np.array([line[-1].box.as_list(), chain[0].box.as_list()], np.float64)
    return not _find_covers(neighbors, settings)[0, 1]


def _measure_band(components: Sequence[Component], others: Sequence[Component], slope: float) -> tuple[float, float]:
    """Return the mean top and bottom in px of components, the slope taken out, short ones beside tall ones left out.

    The edge of a sheet, far taller than the `others` that may follow it or go before it, is left out as well, unless
    nothing else is there.
    """
    most = _TOWERS * median([c.box.height for c in others])
    boxes = [c.box for c in components if c.box.height <= most] or [c.box for c in components]
    tallest = max(box.height for box in boxes)
    tall = [box for box in boxes if 2 * box.height >= tallest]
    falls = [slope * b.center[0] for b in tall]
    top = sum(b.top - fall for b, fall in zip(tall, falls, strict=True))
    bottom = sum(b.bottom - fall for b, fall in zip(tall, falls, strict=True))
    return top / len(tall), bottom / len(tall)


def _measure_extent(components: Sequence[Component], slope: float) -> tuple[float, float]:
    """Return the highest top and the lowest bottom in px of components, the slope taken out; the band lies between."""
    falls = [slope * c.box.center[0] for c in components]
    top = min(c.box.top - fall for c, fall in zip(components, falls, strict=True))
    return top, max(c.box.bottom - fall for c, fall in zip(components, falls, strict=True))


def _measure_middle(line: Sequence[Component], slope: float) -> float:
    return float(np.mean([c.box.center[1] - slope * c.box.center[0] for c in line]))
