"""Pieces of ruled lines in the ink, level and upright ones, whatever the page's turn."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.page_scale import measure_side
from pipeline.robust_stats import median
from pipeline.types import PAPER_LEVEL

_TURN_SIDE_PX = 1000
"""Long side at which the turn is measured: bounds the work."""

_LEAST_SEGMENT_FRAC, _GAP_PX, _VOTES = 0.05, 4, 40
_BIN_DEG, _SPREAD_DEG = 0.5, 3.0
"""Lines of one table differ by so much in a photo that is not taken from straight above."""

_RUN_FRAC, _LEAST_RUN_PX = 0.5, 11
"""Straight runs at least so long, of the digits' height, are looked for; longer ones would miss sloping lines."""

_LEAST_LENGTH_FRAC = 0.9
"""Shorter pieces, of the digits' height, are strokes of digits."""

_MOST_THICKNESS_FRAC = 0.3
"""Of the digits' height: what is thicker is an edge or a shadow."""

_BESIDE_FRAC = 0.12
"""Distance above and below a faint line at which the paper is looked at, of the digits' height."""

_FAINT_RUN_FRAC = 1.8
"""Length of a faint run, of the digits' height: more than that of a stroke."""

_WRITING_HEIGHTS, _WRITING_WIDTHS = (0.4, 1.7), (0.25, 4.0)
"""Heights and widths of ink that may be a digit or several that touch, of the digits' height."""

_TALLEST_STROKE, _DARK_STROKE = 1.3, 0.75
"""A narrower one that is no taller, and nearly as dark as digits, may be a 1; others are pieces of walls."""

_FAINTEST_INK = 30
"""Gray levels over paper: a faint line is no darker."""

_SLOPES, _STEEPEST = (-0.12, -0.06, 0.0, 0.06, 0.12), 0.2
"""Slopes of faint runs that are looked for; the steepest of a line."""

_BLUR_FRAC = 0.4
"""By how much faint runs are too long at each end, of the digits' height."""

_LEAST_DARKER, _GRAIN_DEVIATIONS, _WEAK_DEVIATIONS = 1.5, 2.5, 1.5
"""Gray levels, and deviations of the grain, by which a faint line is darker than the paper beside it; and a line whose
place is known."""

_STEP_PX = 4


@dataclass(frozen=True, slots=True, eq=False)
class Fragment:
    """A piece of a line: points along its middle, float64 (N, 2), x and y px, and how thick it is, px."""

    points: NDArray[np.float64]
    thickness_px: float


@dataclass(frozen=True, slots=True, eq=False)
class LineInk:
    """The lines of a page that was turned level.

    Attributes
    ----------
    from_page : float64 (2, 3), px of the page -> px of the turned one
    level, upright : uint8 (H, W) of the turned page, 255 where lines of either direction may run: if one does is told
        by how much of it lies there
    level_fragments, upright_fragments : their pieces
    """

    from_page: NDArray[np.float64]
    level: NDArray[np.uint8]
    upright: NDArray[np.uint8]
    level_fragments: tuple[Fragment, ...]
    upright_fragments: tuple[Fragment, ...]


def find_lines(ink: NDArray[np.uint8], darkness: NDArray[np.uint8], digit_height_px: float) -> LineInk:
    """Return the lines of a page, turned so that they run level and upright.

    Parameters
    ----------
    ink : uint8 (H, W), 255 ink
    darkness : uint8 (H, W), of the page without its light: lines too faint to be ink are found in it
    digit_height_px : usual height of the digits
    """
    writing = find_writing(ink, darkness, digit_height_px)
    bare = np.where(cv2.dilate(writing, np.ones((5, 5), np.uint8)) > 0, np.uint8(PAPER_LEVEL), darkness)
    ink = cv2.bitwise_and(ink, cv2.bitwise_not(writing))
    turned, from_page = _turn(ink, measure_turn(ink))
    dark = cv2.warpAffine(bare, from_page, turned.shape[::-1], flags=cv2.INTER_LINEAR, borderValue=PAPER_LEVEL)
    level, level_weak = find_runs(turned, dark, digit_height_px)
    on_side = np.ascontiguousarray(turned.T), np.ascontiguousarray(dark.T)
    upright, upright_weak = find_runs(*on_side, digit_height_px)
    pieces = trace_fragments(level, digit_height_px)
    standing = trace_fragments(upright, digit_height_px)
    flipped = tuple(Fragment(piece.points[:, ::-1].copy(), piece.thickness_px) for piece in standing)
    return LineInk(from_page, level_weak, np.ascontiguousarray(upright_weak.T), pieces, flipped)


def find_writing(ink: NDArray[np.uint8], darkness: NDArray[np.uint8], digit_height_px: float) -> NDArray[np.uint8]:
    """Return the ink that touches no line, as it has the size of digits or of a 1: uint8 (H, W)."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8, ltype=cv2.CV_32S)
    width, height = (stats[:, at] / digit_height_px for at in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT))
    (low, high), (narrow, wide) = _WRITING_HEIGHTS, _WRITING_WIDTHS
    is_writing = (height >= low) & (height <= high) & (width >= narrow) & (width <= wide)
    is_writing[0] = False
    areas = stats[:, cv2.CC_STAT_AREA]
    levels = np.bincount(labels.ravel(), darkness.ravel(), minlength=len(areas)) / areas - PAPER_LEVEL
    if is_writing.any():
        is_dark = levels >= _DARK_STROKE * float(np.median(levels[is_writing]))
        is_writing |= (height >= low) & (height <= _TALLEST_STROKE) & (width < narrow) & is_dark
    writing: NDArray[np.uint8] = is_writing[labels].astype(np.uint8) * 255
    return writing


def measure_turn(ink: NDArray[np.uint8]) -> float:
    """Return by how many degrees, -45..45, straight lines run downhill; upright ones count as if level. 0 for none."""
    scale = min(1.0, _TURN_SIDE_PX / measure_side(ink.shape))
    size = max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale))
    small = (cv2.resize(ink, size, interpolation=cv2.INTER_AREA) > 80).astype(np.uint8)
    least = max(_VOTES, _LEAST_SEGMENT_FRAC * max(size))
    found = cv2.HoughLinesP(small, 1, np.pi / 720, _VOTES, minLineLength=least, maxLineGap=_GAP_PX)
    if found is None:
        return 0.0
    x0, y0, x1, y1 = np.reshape(found, (-1, 4)).astype(np.float64).T  # (N, 1, 4) in OpenCV 4
    angles = (np.degrees(np.arctan2(y1 - y0, x1 - x0)) + 45) % 90 - 45
    weights = (x1 - x0) ** 2 + (y1 - y0) ** 2
    bins = np.arange(-45, 45, _BIN_DEG)
    off = (angles - bins[:, None] + 45) % 90 - 45
    scores = np.clip(1 - np.abs(off) / _SPREAD_DEG, 0, None) @ weights
    best = int(scores.argmax())
    is_near = np.abs(off[best]) <= _SPREAD_DEG
    turn = bins[best] + np.average(off[best][is_near], weights=weights[is_near])
    return float((turn + 45) % 90 - 45)


def _turn(ink: NDArray[np.uint8], turn_deg: float) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return the ink turned level on a sheet that holds all of it, and the matrix (2, 3) that takes its px there."""
    height, width = ink.shape
    if abs(turn_deg) < _BIN_DEG / 2:
        return ink, np.eye(2, 3)
    to_turned = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), turn_deg, 1.0)
    cosine, sine = abs(to_turned[0, 0]), abs(to_turned[0, 1])
    wide, high = int(np.ceil(height * sine + width * cosine)), int(np.ceil(height * cosine + width * sine))
    to_turned[:, 2] += (wide - width) / 2, (high - height) / 2
    turned = cv2.warpAffine(ink, to_turned, (wide, high), flags=cv2.INTER_LINEAR)
    return (turned > 127).astype(np.uint8) * 255, to_turned


def find_runs(
    ink: NDArray[np.uint8], darkness: NDArray[np.uint8], digit_height_px: float
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the ink on nearly level runs with runs too faint to be ink, and where more may be, as under a shadow.

    Both are uint8 (H, W).
    """
    run = max(_LEAST_RUN_PX, round(_RUN_FRAC * digit_height_px)) | 1  # an even kernel shifts what it opens
    taller = cv2.dilate(ink, np.ones((3, 1), np.uint8))
    runs = cv2.bitwise_and(cv2.morphologyEx(taller, cv2.MORPH_OPEN, np.ones((1, run), np.uint8)), ink)
    thick = max(3, round(_MOST_THICKNESS_FRAC * digit_height_px)) | 1
    solid = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((thick, thick), np.uint8))
    bare = np.minimum(darkness, np.uint8(PAPER_LEVEL + _FAINTEST_INK))
    bare[cv2.dilate(cv2.bitwise_and(ink, cv2.bitwise_not(runs)), np.ones((3, 3), np.uint8)) > 0] = PAPER_LEVEL
    faint, weak = _find_faint(bare, digit_height_px)
    thin = cv2.bitwise_and(cv2.bitwise_or(runs, faint), cv2.bitwise_not(cv2.dilate(solid, np.ones((3, 3), np.uint8))))
    return thin, cv2.bitwise_or(cv2.bitwise_or(thin, weak), solid)


def _find_faint(darkness: NDArray[np.uint8], digit_height_px: float) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return where the mean darkness along nearly level runs is more than above and below, by more than grain makes it.

    First where it surely is, on runs that are long and straight, as those of digits are not; then where it may be.
    """
    beside = max(3, round(_BESIDE_FRAC * digit_height_px))
    pixels = darkness.astype(np.float32)
    darker = np.max([_measure_darker(pixels, slope, digit_height_px, beside) for slope in _SLOPES], axis=0)
    middle = float(np.median(darker))
    grain = 1.4826 * float(np.median(np.abs(darker - middle)))
    dark, weak = (
        (darker > max(_LEAST_DARKER, middle + deviations * grain)).astype(np.uint8) * 255
        for deviations in (_GRAIN_DEVIATIONS, _WEAK_DEVIATIONS)
    )
    count, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8, ltype=cv2.CV_32S)
    width, height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    is_line = (width >= _FAINT_RUN_FRAC * digit_height_px) & (height <= beside + _STEEPEST * width)
    is_line[0] = False
    columns = np.arange(dark.shape[1])
    left = stats[:, cv2.CC_STAT_LEFT]
    blur = round(_BLUR_FRAC * digit_height_px)  # a mean along a run goes on behind the end of a line
    is_within = (columns >= left[labels] + blur) & (columns < (left + width)[labels] - blur)
    faint: NDArray[np.uint8] = (is_line[labels] & is_within).astype(np.uint8) * 255
    return faint, weak


def _measure_darker(
    pixels: NDArray[np.float32], slope: float, digit_height_px: float, beside_px: int
) -> NDArray[np.float32]:
    """Return by how much the mean along runs of a slope is more than those above and below, float32 (H, W)."""
    run = round(digit_height_px) | 1
    tall = 2 * math.ceil(abs(slope) * run / 2 + 1) + 1
    kernel = np.zeros((tall, run), np.float32)
    offsets = slope * (np.arange(run) - run // 2) + tall // 2
    for column, offset in enumerate(offsets):
        kernel[:, column] = np.clip(1.5 - np.abs(np.arange(tall) - offset), 0, 1)
    along = cv2.filter2D(pixels, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)
    above = cv2.copyMakeBorder(along, beside_px, 0, 0, 0, cv2.BORDER_REPLICATE)[: along.shape[0]]
    below = cv2.copyMakeBorder(along, 0, beside_px, 0, 0, cv2.BORDER_REPLICATE)[beside_px:]
    darker: NDArray[np.float32] = along - np.maximum(above, below)
    return darker


def trace_fragments(runs: NDArray[np.uint8], digit_height_px: float) -> tuple[Fragment, ...]:
    """Return the pieces of level lines in their runs, uint8 (H, W): joined over small gaps, long, and thin."""
    gap = max(3, round(_RUN_FRAC * digit_height_px / 2)) | 1
    joined = cv2.morphologyEx(runs, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8, ltype=cv2.CV_32S)
    fragments = []
    for label in range(1, count):
        left, top, width, height = (int(n) for n in stats[label][:4])
        if width < _LEAST_LENGTH_FRAC * digit_height_px:
            continue
        rows, columns = slice(top, top + height), slice(left, left + width)
        own = (labels[rows, columns] == label) & (runs[rows, columns] > 0)
        fragment = _trace(own, left, top)
        if fragment is not None and fragment.thickness_px <= _MOST_THICKNESS_FRAC * digit_height_px:
            fragments.append(fragment)
    return tuple(fragments)


def _trace(own: NDArray[np.bool_], left: int, top: int) -> Fragment | None:
    """Return the middle of a piece, (H, W) true on it; None if it has none."""
    counts = np.count_nonzero(own, axis=0)
    if not counts.any():
        return None
    thickness = median(counts[counts > 0])
    usable = np.flatnonzero((counts > 0) & (counts <= 2 * thickness))[::_STEP_PX]
    if len(usable) < 3:
        return None
    middles = (np.arange(own.shape[0]) @ own[:, usable]) / counts[usable]
    return Fragment(np.column_stack([usable + left, middles + top]).astype(np.float64), float(thickness))
