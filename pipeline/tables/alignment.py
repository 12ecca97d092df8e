"""Tables without lines: numbers that stand in rows and columns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.tables.mesh import Points
from pipeline.types import Reading

_STEEPEST, _N_SLOPES = 0.35, 71
_TURNS, _N_TURNS = 0.15, 13
"""Slopes of rows and columns that are tried, and by how much they may change across the page, as in a photo that is not
taken from straight above."""

_SLOPE_SPREAD, _TURN_SPREAD = 0.2, 0.1
"""Deviations of a column's slope from a right angle to the rows, and of changes, in most photos."""

_BIN_HEIGHTS = 0.2
_CORE_FRAC = 0.4
"""Rows are told by the middle of their digits, of their height: ends of long strokes reach into other rows."""

_PART_HEIGHTS, _MOST_JOINED = 0.3, 0.75
"""Digits of one number with more space between them, of their height, may be of two columns; unless numbers reach over
both in more than this share of the rows that have digits in both."""

_WIDER, _LEAST_SPACE = 1.6, 0.15
"""Times the space within numbers, or this share of the digits' height if it is less, by which space parts columns."""

_AROUND_HEIGHTS = 0.4
_LEAST_FILLED, _LEAST_NUMBERS = 0.3, 4
"""Share of the cells that hold a number, and how many numbers there are, at least."""

_LEAST_GAIN = 1.005
"""By how much another slope must be better."""

_SEVERAL = 3
"""Rows or columns of so many numbers are not one because another number reaches over both."""

_N_STEPS = 20
_MOST_BINS = 4000


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """The rows and columns that digits stand in.

    Attributes
    ----------
    level, upright : slope of rows and of columns, and by how much it changes from px to px across
    xs, ys : edges of columns and rows, straightened px
    """

    level: tuple[float, float]
    upright: tuple[float, float]
    xs: NDArray[np.float64]
    ys: NDArray[np.float64]

    def straighten(self, points: Points) -> Points:
        """Return where points (..., 2) px of the page lie when rows are level and columns upright."""
        x, y = points[..., 0], points[..., 1]
        level = self.level[0] + self.level[1] * y
        upright = self.upright[0] + self.upright[1] * x
        return np.stack([x - y * upright, y - x * level], axis=-1)

    def bend(self, points: Points) -> Points:
        """Return where straightened points (..., 2) lie on the page, px."""
        page = points
        for _ in range(_N_STEPS):
            page = page + points - self.straighten(page)
        return page

    def find_cell(self, point: Points) -> tuple[int, int]:
        """Return the row and column, from 0, that a straightened point (2,) lies in or is nearest to."""
        column = int(np.clip(np.searchsorted(self.xs, point[0]) - 1, 0, len(self.xs) - 2))
        return int(np.clip(np.searchsorted(self.ys, point[1]) - 1, 0, len(self.ys) - 2)), column

    def holds(self, point: Points) -> bool:
        """Return whether a straightened point (2,) lies on the table."""
        return bool(self.xs[0] <= point[0] <= self.xs[-1] and self.ys[0] <= point[1] <= self.ys[-1])

    def find_corners(self, row: int, column: int) -> Points:
        """Return the corners of a cell, straightened px (4, 2), clockwise from the top left one."""
        (left, right), (top, bottom) = self.xs[column : column + 2], self.ys[row : row + 2]
        return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])


def align_numbers(readings: Sequence[Reading], digit_height_px: float) -> Alignment | None:
    """Return the rows and columns that numbers stand in; None if they are no table.

    Parameters
    ----------
    readings : boxes in px of their page
    digit_height_px : usual height of the digits
    """
    if len(readings) < _LEAST_NUMBERS:
        return None
    digits = [[digit.box.as_list() for digit in reading.digits] for reading in readings]
    boxes = np.array([box for own in digits for box in own], np.float64)
    middle = (boxes[:, 1] + boxes[:, 3]) / 2
    core = _CORE_FRAC * (boxes[:, 3] - boxes[:, 1]) / 2
    bins = _BIN_HEIGHTS * digit_height_px
    level = _fit_slope(middle - core, middle + core, (boxes[:, 0] + boxes[:, 2]) / 2, bins)
    pieces = np.array([piece for own in digits for piece in _join(own, digit_height_px)], np.float64)
    square = -level[0] - level[1] * float(middle.mean())
    upright = _fit_slope(pieces[:, 0], pieces[:, 2], (pieces[:, 1] + pieces[:, 3]) / 2, bins, square)
    rows = _cluster(*_shear(middle - core, middle + core, (boxes[:, 0] + boxes[:, 2]) / 2, level))
    columns = _cluster(*_shear(pieces[:, 0], pieces[:, 2], (pieces[:, 1] + pieces[:, 3]) / 2, upright))
    columns = _join_columns(columns, readings, upright, digit_height_px)
    around = _AROUND_HEIGHTS * digit_height_px
    aligned = Alignment(level, upright, _find_edges(columns, around), _find_edges(rows, 1.5 * around))
    return aligned if _is_table(aligned, readings) else None


def _is_table(aligned: Alignment, readings: Sequence[Reading]) -> bool:
    """Return whether numbers fill enough of two rows and two columns, and two of each hold several."""
    n_rows, n_columns = len(aligned.ys) - 1, len(aligned.xs) - 1
    if min(n_rows, n_columns) < 2:
        return False
    filled = np.zeros((n_rows, n_columns), bool)
    for reading in readings:
        filled[aligned.find_cell(aligned.straighten(np.array(reading.box.center) - 0.5))] = True
    has_several = [np.count_nonzero(filled.sum(axis=axis) >= 2) >= 2 for axis in (0, 1)]
    return bool(filled.mean() >= _LEAST_FILLED and all(has_several))


def _join_columns(
    columns: Sequence[tuple[float, float]],
    readings: Sequence[Reading],
    slope: tuple[float, float],
    digit_height_px: float,
) -> list[tuple[float, float]]:
    """Return the columns; two neighbors are one where most numbers reach over both: its digits stand far apart.

    They are two where the space between them is more than that between digits within them.
    """
    sides = [np.array([digit.box.as_list() for digit in reading.digits], np.float64) for reading in readings]
    extents = [_shear(own[:, 0], own[:, 2], (own[:, 1] + own[:, 3]) / 2, slope) for own in sides]
    middles = [(left + right) / 2 for left, right in extents]
    joined = [columns[0]]
    for before, after in zip(columns[:-1], columns[1:], strict=True):
        edge = (before[1] + after[0]) / 2
        n_over = sum(bool((own < edge).any() and (own > edge).any()) for own in middles)
        n_left, n_right = (
            sum(bool(((own >= start) & (own <= end)).any()) for own in middles) for start, end in (before, after)
        )
        is_over = n_over > _MOST_JOINED * min(n_left, n_right)
        if is_over and not _is_wider(edge, before[0], after[1], extents, digit_height_px):
            joined[-1] = joined[-1][0], after[1]
        else:
            joined.append(after)
    return joined


def _is_wider(
    edge: float,
    start: float,
    end: float,
    extents: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]],
    digit_height_px: float,
) -> bool:
    """Return whether numbers that reach over an edge have more space there than elsewhere from `start` to `end`."""
    over: list[float] = []
    within: list[float] = []
    for lefts, rights in extents:
        middles = (lefts + rights) / 2
        for at in range(len(middles) - 1):
            if start <= middles[at] and middles[at + 1] <= end:
                is_over = middles[at] < edge < middles[at + 1]
                (over if is_over else within).append(lefts[at + 1] - rights[at])
    if len(within) < _SEVERAL or not over:
        return False
    return float(np.median(over)) > _WIDER * max(_LEAST_SPACE * digit_height_px, float(np.median(within)))


def _join(boxes: Sequence[Sequence[int]], digit_height_px: float) -> list[list[int]]:
    """Return the boxes of the pieces of a number that have little space within them."""
    pieces: list[list[int]] = []
    for left, top, right, bottom in sorted(map(list, boxes)):
        if pieces and left - pieces[-1][2] <= _PART_HEIGHTS * digit_height_px:
            last = pieces[-1]
            pieces[-1] = [last[0], min(last[1], top), max(last[2], right), max(last[3], bottom)]
        else:
            pieces.append([left, top, right, bottom])
    return pieces


def _shear(
    low: NDArray[np.float64], high: NDArray[np.float64], along: NDArray[np.float64], slope: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the ends of extents across when what runs along a slope runs straight."""
    moved = along * (slope[0] + slope[1] * (low + high) / 2)
    return low - moved, high - moved


def _fit_slope(
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    along: NDArray[np.float64],
    bin_px: float,
    usual: float | None = None,
) -> tuple[float, float]:
    """Return the slope, and its change across, under which extents across lie most one over the other.

    What is farther from the usual slope, if there is one, or changes more, must fit better: few numbers fit many.
    """
    span, middle = max(1.0, float(np.ptp((low + high) / 2))), float(np.mean((low + high) / 2))
    best, found = -np.inf, (0.0, 0.0)
    for start in sorted(np.linspace(-_STEEPEST, _STEEPEST, _N_SLOPES), key=abs):
        for turn in sorted(np.linspace(-_TURNS, _TURNS, _N_TURNS), key=abs):
            slope = start - turn / span * middle, turn / span
            off = (turn / _TURN_SPREAD) ** 2
            if usual is not None:
                off += ((start - usual) / _SLOPE_SPREAD) ** 2
            score = _measure_overlap(*_shear(low, high, along, slope), bin_px) * math.exp(-off / 2)
            if score > best * _LEAST_GAIN:
                best, found = score, slope
    return found


def _measure_overlap(low: NDArray[np.float64], high: NDArray[np.float64], bin_px: float) -> float:
    """Return the sum of the squares of how many extents cover each bin."""
    first = float(low.min())
    starts = np.minimum(((low - first) / bin_px).astype(int), _MOST_BINS)
    ends = np.minimum(((high - first) / bin_px).astype(int) + 1, _MOST_BINS + 1)
    steps = np.bincount(starts, minlength=_MOST_BINS + 2) - np.bincount(ends, minlength=_MOST_BINS + 2)
    return float(np.sum(np.cumsum(steps).astype(np.float64) ** 2))


def _cluster(low: NDArray[np.float64], high: NDArray[np.float64]) -> list[tuple[float, float]]:
    """Return the ends of the clusters of extents that overlap, in their order.

    A single extent does not hold two clusters together that have several each.
    """
    first = float(low.min())
    n_bins = int(high.max() - first) + 2
    starts, ends = ((side - first).astype(int) for side in (low, high))
    steps = np.bincount(starts, minlength=n_bins + 1) - np.bincount(ends + 1, minlength=n_bins + 1)
    cover = np.cumsum(steps)[:n_bins]
    clusters: list[tuple[float, float]] = []
    for start, end in find_runs(cover > 0):
        solid = [run for run in find_runs(cover[start:end] > 1) if cover[start:end][slice(*run)].max() >= _SEVERAL]
        cuts = [start + (before[1] + after[0]) // 2 for before, after in zip(solid[:-1], solid[1:], strict=True)]
        inner = [start, *cuts, end]
        clusters += [(first + a, first + b - 1) for a, b in zip(inner[:-1], inner[1:], strict=True)]
    return clusters


def find_runs(is_on: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the first and the end of each run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_on, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _find_edges(clusters: Sequence[tuple[float, float]], around_px: float) -> NDArray[np.float64]:
    """Return the edges between clusters, halfway, and those around all of them."""
    between = [(before[1] + after[0]) / 2 for before, after in zip(clusters[:-1], clusters[1:], strict=True)]
    return np.array([clusters[0][0] - around_px, *between, clusters[-1][1] + around_px])
