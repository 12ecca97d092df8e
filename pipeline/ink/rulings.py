"""Ruled lines, grids, boxes and margins: found, and taken out without cutting the digits that cross them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.robust_stats import median
from pipeline.settings.ink import RulingSettings
from pipeline.types import PAPER_LEVEL, InkMask

_STEP_PX = 0.5
"""A sloping line climbs in steps of a pixel, so that it strays from itself by half of one."""

_BRIDGE_PX = 3
"""How far to each side a slanting stroke may come out of the line that it went into."""

_STROKE_THICKNESSES = 2
"""Ink beside a line as large as a square of so many of its thicknesses is a stroke, less is its ragged edge."""

_NEAR_PX = 8
"""A wall that ends this near a ruling meets it."""


def remove_rulings(mask: InkMask, darkness: NDArray[np.uint8], settings: RulingSettings) -> InkMask:
    """Return the mask without its ruled lines.

    Horizontal rulings are long, thin and reach across much of the page. Upright ones could be the digit 1: they count
    only when they cross the whole page, reach from one horizontal ruling to another, or come in rows of equals. Ink
    much darker than the ruling that it lies on is the pen's, and stays.

    Parameters
    ----------
    mask : the ink, (H, W)
    darkness : uint8 (H, W), PAPER_LEVEL paper .. 255 black
    settings : what a ruling looks like
    """
    if not settings.is_enabled:
        return mask
    height, width = mask.ink.shape
    lying = find_rulings(mask.ink, settings.least_length_frac * width, settings.least_slenderness, settings)
    if len(lying) < settings.least_parallels:
        lying = [r for r in lying if r.length_px >= settings.lone_length_frac * width]
    upright = _find_upright(cv2.transpose(mask.ink), darkness, lying, settings)
    if not lying and not upright:
        return mask
    cleared = mask.ink.copy()
    for ruling in lying:
        _erase(cleared, mask.ink, darkness, ruling, settings)
    crossed = cleared.copy()
    for ruling in upright:
        _erase(cleared.T, crossed.T, darkness.T, ruling, settings)
    for ruling in lying:
        _bridge(cleared, ruling, settings)
    for ruling in upright:
        _bridge(cleared.T, ruling, settings)
    return InkMask(cleared)


class Ruling:
    """A line found in the ink: its pixels within a box, its length and its median thickness in px."""

    __slots__ = ("left", "length_px", "pixels", "thickness_px", "top")

    def __init__(self, left: int, top: int, pixels: NDArray[np.uint8], length_px: int) -> None:
        self.left, self.top, self.pixels, self.length_px = left, top, pixels, length_px
        per_column = np.count_nonzero(pixels, axis=0)
        self.thickness_px = median(per_column[per_column > 0])

    @property
    def slices(self) -> tuple[slice, slice]:
        """Row and column slices of the box that holds the line."""
        height, width = self.pixels.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)


def find_rulings(
    ink: NDArray[np.uint8], least_length_px: float, least_slenderness: float, settings: RulingSettings
) -> list[Ruling]:
    """Return the long thin lines of `ink`, uint8 (H, W), that run within a few degrees of the horizontal.

    Short horizontal runs are opened out of the ink, after one pixel of widening so that a sloping line keeps its runs,
    and chained: a ruling may bend, slope and break, a digit's bar ends soon.
    """
    run = max(settings.least_run_px, round(ink.shape[1] * settings.run_frac)) | 1  # an even kernel shifts what it opens
    if ink.shape[1] < 2 * run:
        return []
    taller = cv2.dilate(ink, np.ones((3, 1), np.uint8))
    runs = cv2.bitwise_and(cv2.morphologyEx(taller, cv2.MORPH_OPEN, np.ones((1, run), np.uint8)), ink)
    if np.count_nonzero(runs.max(axis=0)) < settings.least_cover_frac * least_length_px:
        return []
    found = []
    for left, top, pixels in _chain(runs, run // 2 | 1, least_length_px):
        ruling = Ruling(left, top, pixels, pixels.shape[1])
        is_thin = ruling.thickness_px <= min(settings.thickest_px, ruling.length_px / least_slenderness)
        if is_thin and _is_straight(ruling, settings):
            found.append(ruling)
    return found


def _chain(
    runs: NDArray[np.uint8], gap_px: int, least_length_px: float
) -> Iterator[tuple[int, int, NDArray[np.uint8]]]:
    """Yield the left, the top and the pixels of each chain of runs no farther apart than `gap_px` that is long enough.

    Chains are as wide as their gaps are, so that every few columns suffice to tell them apart.
    """
    step = max(1, gap_px // 3)
    chained = np.ascontiguousarray(cv2.dilate(runs, np.ones((3, gap_px), np.uint8))[:, ::step])
    count, labels, stats, _ = cv2.connectedComponentsWithStats(chained, connectivity=8, ltype=cv2.CV_32S)
    for label in range(1, count):
        left, top, width, height, _ = (int(n) for n in stats[label])
        if width * step - gap_px < least_length_px:
            continue
        own = cv2.compare(labels[top : top + height, left : left + width], float(label), cv2.CMP_EQ)
        pixels = runs[top : top + height, left * step : (left + width) * step]
        pixels = cv2.bitwise_and(pixels, np.repeat(own, step, axis=1)[:, : pixels.shape[1]])
        inked = np.flatnonzero(pixels.any(axis=0))
        if len(inked):
            yield left * step + int(inked[0]), top, np.ascontiguousarray(pixels[:, inked[0] : inked[-1] + 1])


def _is_straight(ruling: Ruling, settings: RulingSettings) -> bool:
    """Return whether the line is nearly unbroken and follows a smooth bow, as bars of neighboring digits do not."""
    per_column = np.count_nonzero(ruling.pixels, axis=0)
    if np.count_nonzero(per_column) < settings.least_cover_frac * ruling.length_px:
        return False
    columns = np.flatnonzero((per_column > 0) & (per_column <= 2 * ruling.thickness_px))  # no bar of a digit on it
    inked = ruling.pixels[:, columns] > 0
    centers = (np.arange(len(inked)) @ inked) / inked.sum(axis=0)
    bow = _fit_bow(columns, centers)
    chord = np.linspace(bow[0], bow[-1], len(bow))
    stray_px = median(np.abs(centers - bow)) - _STEP_PX
    is_smooth = stray_px <= settings.roughness_thicknesses * ruling.thickness_px
    return bool(is_smooth and np.abs(bow - chord).max() <= settings.most_bow_frac * ruling.length_px)


def _fit_bow(x: NDArray[np.intp], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return at each x the parabola that fits the points best; the straight line, or their mean, where they are few."""
    powers = np.vander(2 * (x - x[0]) / max(1, x[-1] - x[0]) - 1.0, min(3, len(x)))
    fit: NDArray[np.float64] = powers @ np.linalg.solve(powers.T @ powers, powers.T @ y)
    return fit


def _find_upright(
    transposed: NDArray[np.uint8], darkness: NDArray[np.uint8], lying: list[Ruling], settings: RulingSettings
) -> list[Ruling]:
    """Return the upright rulings, in the coordinates of the transposed page.

    Walls between two horizontal rulings may be short; but so tall is also a 1 on ruled paper, so that they count only
    where there are several, no broader and no darker than the rulings.
    """
    height = transposed.shape[1]
    least = settings.least_length_frac * height
    rows = sorted(r.top for r in lying)
    spacings = [b - a for a, b in zip(rows[:-1], rows[1:], strict=True) if b - a >= settings.least_run_px]
    shortest = min([least, *(spacing / 2 for spacing in spacings)])
    found = find_rulings(transposed, shortest, settings.least_slenderness / 3, settings)
    slender = [r for r in found if r.length_px >= max(least, settings.least_slenderness * r.thickness_px)]
    rulings = [r for r in slender if _count_equals(r, slender) >= settings.least_equals]
    rulings += [r for r in slender if r.length_px >= settings.whole_page_frac * height]
    walls = _find_walls(found, lying)
    if walls:
        broadest = settings.pen_thicknesses * median([r.thickness_px for r in lying])
        darkest = settings.pen_darkness * median([median(_measure_levels(r, darkness)) for r in lying])
        walls = [r for r in walls if r.thickness_px <= broadest and median(_measure_levels(r, darkness.T)) <= darkest]
    return list({id(r): r for r in rulings + (walls if len(walls) >= settings.least_equals else [])}.values())


def _measure_levels(ruling: Ruling, darkness: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return how much darker than paper the line is along its columns, float32 (w,), 0..200.

    The median over the left and that over the right half of it, and straight on between them: the light changes along a
    line, and what digits cover of it is the smaller part.
    """
    counts = np.count_nonzero(ruling.pixels, axis=0)
    inked = np.where(ruling.pixels > 0, darkness[ruling.slices], 0).sum(axis=0, dtype=np.float32)
    per_column, columns = inked / np.maximum(counts, 1), np.flatnonzero(counts)
    halves = np.array_split(columns, 2) if len(columns) > 1 else [columns, columns]
    x0, x1 = (float(half.mean()) for half in halves)
    y0, y1 = (median(per_column[half]) for half in halves)
    slope = (y1 - y0) / max(1.0, x1 - x0)
    along = y0 + slope * (np.arange(len(per_column), dtype=np.float32) - x0)
    levels: NDArray[np.float32] = np.maximum(along - PAPER_LEVEL, 0)
    return levels


def _count_equals(ruling: Ruling, others: list[Ruling]) -> int:
    return sum(abs(r.length_px - ruling.length_px) <= 0.1 * ruling.length_px for r in others)


def _find_walls(upright: list[Ruling], lying: list[Ruling]) -> list[Ruling]:
    """Return the upright lines (transposed) that end on a horizontal ruling at both ends, or cross two."""
    if not upright or len(lying) < 2:
        return []
    xs = np.array([r.top + r.pixels.shape[0] // 2 for r in upright])
    tops = np.array([r.left for r in upright], np.float64)
    lengths = np.array([r.pixels.shape[1] for r in upright], np.float64)
    near = np.maximum(2.0, 0.05 * np.array([r.length_px for r in upright]))
    rows = np.array([_measure_heights(r, xs) for r in lying])
    is_met = (rows >= tops - near) & (rows <= tops + lengths + near)  # none where there is no ink: NaN is in no range
    span = np.where(is_met, rows, -np.inf).max(axis=0) - np.where(is_met, rows, np.inf).min(axis=0)
    is_wall = (np.count_nonzero(is_met, axis=0) >= 2) & (span >= 0.5 * np.array([r.length_px for r in upright]))
    return [r for r, is_one in zip(upright, is_wall, strict=True) if is_one]


def _measure_heights(ruling: Ruling, xs: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the rows at which a horizontal ruling passes columns, its ends prolonged; NaN where it has no ink."""
    wider = cv2.dilate((ruling.pixels > 0).astype(np.uint8), np.ones((1, 2 * _NEAR_PX + 1), np.uint8))
    counts = wider.sum(axis=0)
    means = np.full(len(counts), np.nan)
    np.divide(np.arange(len(wider)) @ wider, counts, out=means, where=counts > 0)
    heights: NDArray[np.float64] = ruling.top + means[np.clip(xs - ruling.left, 0, len(counts) - 1)]
    return heights


def _erase(
    cleared: NDArray[np.uint8],
    ink: NDArray[np.uint8],
    darkness: NDArray[np.uint8],
    ruling: Ruling,
    settings: RulingSettings,
) -> None:
    """Clear the line's pixels in `cleared`, except in taller ink that crosses or touches it, and in darker ink."""
    tallest = max(3, round(settings.crossing_thicknesses * ruling.thickness_px)) | 1
    around, own = _widen(ruling, tallest)
    strokes = cv2.morphologyEx(np.ascontiguousarray(ink[around]), cv2.MORPH_OPEN, np.ones((tallest, 1), np.uint8))
    view = cleared[ruling.slices]
    view[(ruling.pixels > 0) & (strokes[own] == 0) & ~_find_pen(darkness, ink, ruling, settings)] = 0


def _find_pen(
    darkness: NDArray[np.uint8], ink: NDArray[np.uint8], ruling: Ruling, settings: RulingSettings
) -> NDArray[np.bool_]:
    """Return which pixels of the line's box are the pen's: darker than the line, and joined to ink beside it."""
    darker = darkness[ruling.slices] > PAPER_LEVEL + settings.pen_darkness * _measure_levels(ruling, darkness)
    pen = cv2.dilate(darker.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if not (pen & (ruling.pixels > 0)).any():
        return np.zeros_like(pen)
    around, own = _widen(ruling, math.ceil(2 * _STROKE_THICKNESSES * ruling.thickness_px))
    joined = (ink[around] > 0).astype(np.uint8)
    joined[own][(ruling.pixels > 0) & ~pen] = 0
    beside = joined > 0
    beside[own] &= ruling.pixels == 0
    _, labels = cv2.connectedComponents(joined, connectivity=8)
    least = (_STROKE_THICKNESSES * ruling.thickness_px) ** 2
    is_stroke = np.bincount(labels[beside], minlength=int(labels.max()) + 1) >= least
    is_stroke[0] = False
    crossing: NDArray[np.bool_] = pen & is_stroke[labels[own]]
    return crossing


def _bridge(cleared: NDArray[np.uint8], ruling: Ruling, settings: RulingSettings) -> None:
    """Give back the line's pixels that have ink on both sides: a stroke as thin as the line crosses there.

    A line with ink along much of both its sides lies in a hatching or on an edge, and is not crossed by digits.
    """
    reach = round(ruling.thickness_px) + _BRIDGE_PX
    around, own = _widen(ruling, reach)
    bridge = np.ones((reach, _BRIDGE_PX), np.uint8)
    bridged = cv2.morphologyEx(np.ascontiguousarray(cleared[around]), cv2.MORPH_CLOSE, bridge)
    crossings = (ruling.pixels > 0) & (bridged[own] > 0)
    if np.count_nonzero(crossings) <= settings.most_crossed_frac * cv2.countNonZero(ruling.pixels):
        cleared[ruling.slices][crossings] = 255


def _widen(ruling: Ruling, by_px: int) -> tuple[tuple[slice, slice], slice]:
    """Return the line's box with `by_px` rows above and below it, and which of those rows are its own."""
    rows, columns = ruling.slices
    above = max(0, rows.start - by_px)
    return (slice(above, rows.stop + by_px), columns), slice(rows.start - above, rows.stop - above)
