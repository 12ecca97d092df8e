"""Skew of the page: measured on its rulings and on the writing, taken out by turning the page. Two acts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.page_scale import fit_middle, measure_side, resize_area
from pipeline.robust_stats import weighted_median
from pipeline.settings.layout import SkewSettings
from pipeline.types import Component, InkMask, Page, TextLine

_STEEPEST_DEG = 45.0
"""A page that lies more aslant is one on its side that lies less so."""

_HOUGH_DEG = 0.5
"""Steps of the Hough transform; the mean over several lines is finer."""

_SPREAD_DEG = 1.5
"""Parallel lines of one sheet differ by no more: perspective, curl, and the steps of the Hough transform."""

_APART_PX = 4
"""Lines closer than this on the shrunk page are one line found twice."""

_MOST_LINES = 100
"""Strongest lines that are looked at."""

_LEAST_SHEET_PX = 160
_MOST_STRAY_FRAC = 0.2
"""Of the height: a line whose components stray more has no sure slope."""
_LEAST_LENGTH_PX = 20
"""No line is long that is shorter on the shrunk page."""

_MOST_INK_FRAC = 0.4
"""With more ink on the shrunk page there are lines everywhere."""

_DIRECTION_DEG = 12
"""Directions from digit to digit scatter about the line's by so much."""

_NEAREST = 3
"""Neighbors of each component that are looked at: one each way along the line, and one to spare."""

_FILL_SIDE_PX, _FILL_WINDOW = 160, 15
"""Long side of the picture that tells what the corners of a turned page are painted with, and its median's window."""

_SIZE_RATIO = 2.5
"""Neighbors in a line are of one size, but for a 1."""


def list_turns(ink: InkMask, lines: Sequence[TextLine], settings: SkewSettings) -> list[float]:
    """Return the skews in degrees downhill that the page may have, the surest first; none where it lies level.

    Rulings tell the skew but for quarter turns, so that near 45 degrees either way is possible. Where the writing runs
    another way than the rulings, or there are none, its direction counts as well.
    """
    if min(settings.least_deg, settings.least_ruled_deg) >= _STEEPEST_DEG:
        return []
    turns = []
    ruled = measure_rulings_skew(ink, settings)
    if abs(ruled) >= settings.least_ruled_deg:
        turns.append(ruled)
        if abs(ruled) > settings.steepest_deg - settings.least_deg:
            turns.append(ruled - float(np.copysign(90, ruled)))
    components = [component for line in lines for component in line.components]
    for written in (measure_direction(components, settings), measure_skew(lines, settings)):
        if abs(written) >= settings.least_deg and all(abs(written - turn) >= settings.least_deg for turn in turns):
            turns.append(written)
    return turns


def measure_rulings_skew(ink: InkMask, settings: SkewSettings) -> float:
    """Return the angle in degrees, -45..45, by which long straight lines run downhill; 0 where too few are parallel.

    Lines of one grid stand at right angles, so that angles count modulo 90 degrees. They are voted for by the shrunk
    ink (Hough transform, Duda and Hart 1972). On a crop of one line of writing a pattern is parallel, too: it tells
    nothing.
    """
    if min(ink.ink.shape) < _LEAST_SHEET_PX:
        return 0.0
    votes, angles = _find_long_lines(ink.ink, settings)
    best, skew_deg = 0.0, 0.0
    for angle in angles:
        off = (angles - angle + 45) % 90 - 45
        is_near = np.abs(off) <= _SPREAD_DEG
        n_parallels = np.count_nonzero(np.abs(angles - angle) <= _SPREAD_DEG)
        if n_parallels >= settings.least_parallels and votes[is_near].sum() > best:
            best = float(votes[is_near].sum())
            skew_deg = float(angle + np.average(off[is_near], weights=votes[is_near] ** 2))
    return (skew_deg + 45) % 90 - 45


def _find_long_lines(ink: NDArray[np.uint8], settings: SkewSettings) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return votes and downhill angles in degrees, -90..90, of the longest straight lines, strongest first."""
    scale = min(1.0, settings.hough_side_px / measure_side(ink.shape))
    height, width = (max(1, round(n * scale)) for n in ink.shape)
    small = resize_area(ink, (width, height))
    dots = (small > 255 * settings.least_dot_frac).astype(np.uint8)
    least = max(_LEAST_LENGTH_PX, round(settings.least_ruling_frac * max(height, width)))
    kept: list[tuple[float, float, float]] = []
    if 0 < cv2.countNonZero(dots) <= _MOST_INK_FRAC * dots.size:
        found = cv2.HoughLinesWithAccumulator(dots, 1, np.radians(_HOUGH_DEG), least)
        lines = [] if found is None else np.reshape(found, (-1, 3))[:_MOST_LINES].tolist()  # (N, 1, 3) in OpenCV 4
        for rho, theta, votes in lines:
            angle = float(np.degrees(theta)) - 90
            if all(abs(rho - r) >= _APART_PX or abs(angle - a) > 2 * _SPREAD_DEG for r, a, _ in kept):
                kept.append((rho, angle, votes))
    _, angles, weights = np.reshape(np.array(kept, np.float64), (-1, 3)).T
    return weights, angles


def measure_direction(components: Sequence[Component], settings: SkewSettings) -> float:
    """Return the downhill angle in degrees that most components see their nearest neighbors at; 0 where none is sure.

    Digits stand closer to the next digit of their number than to other lines, however the page lies (the docstrum of
    O'Gorman 1993, doi:10.1109/34.244677). Needs no lines; good to a few degrees.
    """
    if len(components) < settings.least_components:
        return 0.0
    boxes = np.array([c.box.as_list() for c in components], np.float64)
    centers, sizes = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    across = centers - centers[:, None]
    ratio = sizes / sizes[:, None]
    distances = np.hypot(across[..., 0], across[..., 1])
    distances[(np.maximum(ratio, 1 / ratio) > _SIZE_RATIO) | np.eye(len(sizes), dtype=bool)] = np.inf
    nearest = np.argsort(distances, axis=1)[:, :_NEAREST]
    rows = np.arange(len(sizes))[:, None]
    is_near = distances[rows, nearest] <= settings.reach_sizes * sizes[:, None]
    steps = across[rows, nearest][is_near]
    if len(steps) < settings.least_components:
        return 0.0
    angles = np.degrees(np.arctan2(steps[:, 1], steps[:, 0])) % 180
    weights = np.broadcast_to(sizes[:, None], is_near.shape)[is_near] / np.hypot(steps[:, 0], steps[:, 1])
    off = (angles - np.arange(180)[:, None] + 90) % 180 - 90  # (180, pairs)
    score = np.clip(1 - np.abs(off) / _DIRECTION_DEG, 0, None) @ weights
    peak = int(score.argmax())
    near = np.abs(off[peak]) <= _DIRECTION_DEG
    direction = (peak + float(np.average(off[peak][near], weights=weights[near])) + 90) % 180 - 90
    return direction if abs(direction) <= settings.steepest_deg else 0.0


def measure_skew(lines: Sequence[TextLine], settings: SkewSettings) -> float:
    """Return the angle in degrees by which the writing runs downhill to the right; 0 where no line is sure.

    Each line of enough components is fitted by a straight line through their middle; lines that wander more than a
    fraction of their height (mixed sizes, scattered digits) do not count. The answer is the median, weighted by the
    number of components.
    """
    slopes, weights = [], []
    for line in lines:
        centers = np.array([c.box.center for c in line.components])
        if len(centers) < settings.least_components:
            continue
        slope, level = fit_middle([c.box for c in line.components])
        stray_px = np.abs(centers[:, 1] - slope * centers[:, 0] - level).mean()
        if stray_px <= _MOST_STRAY_FRAC * line.height_px:
            slopes.append(slope)
            weights.append(len(centers))
    if not slopes:
        return 0.0
    return float(np.degrees(np.arctan(weighted_median(slopes, weights))))


def deskew(page: Page, skew_deg: float) -> Page:
    """Return the page turned so that writing that ran `skew_deg` downhill runs level.

    The sheet grows to hold all of the turned page; the new corners get the blurred brightness of the rim beside them,
    so that ink that runs off the page draws no streaks. `to_source` is carried along.
    """
    height, width = page.gray.shape
    turn = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), skew_deg, 1.0)
    cos, sin = abs(turn[0, 0]), abs(turn[0, 1])
    size_px = (round(width * cos + height * sin), round(width * sin + height * cos))
    turn[:, 2] += (size_px[0] - width) / 2, (size_px[1] - height) / 2
    gray = cv2.warpAffine(page.gray, turn, size_px, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    back = np.linalg.inv(np.vstack([turn, [0, 0, 1]]))
    _fill_corners(gray, page.gray, turn)
    return replace(page, gray=gray, to_source=page.to_source @ back)


def rescale(page: Page, factor: float) -> Page:
    """Return the page `factor` times as large; `to_source` is carried along."""
    height, width = (max(1, round(side * factor)) for side in page.gray.shape)
    if factor < 1:
        gray = resize_area(page.gray, (width, height))
    else:
        gray = cv2.resize(page.gray, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.uint8, copy=False)
    across, down = page.gray.shape[1] / width, page.gray.shape[0] / height
    back = np.array([[across, 0, across / 2 - 0.5], [0, down, down / 2 - 0.5], [0, 0, 1]])
    return replace(page, gray=gray, to_source=page.to_source @ back)


def _fill_corners(turned: NDArray[np.uint8], gray: NDArray[np.uint8], turn: NDArray[np.float64]) -> None:
    """Paint what of `turned` lies outside the page, in place, with the median brightness near the rim beside it."""
    is_page = cv2.warpAffine(np.full_like(gray, 255), turn, turned.shape[::-1], flags=cv2.INTER_NEAREST)
    scale = min(1.0, _FILL_SIDE_PX / max(gray.shape))
    height, width = (max(1, round(n * scale)) for n in gray.shape)
    coarse = cv2.medianBlur(resize_area(gray, (width, height)), _FILL_WINDOW)
    to_coarse = np.diag([width / gray.shape[1], height / gray.shape[0]])
    back = cv2.invertAffineTransform(turn)
    shift = 0.5 * np.diag(to_coarse) - 0.5
    back = np.column_stack([to_coarse @ back[:, :2], to_coarse @ back[:, 2] + shift])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    fill = cv2.warpAffine(coarse, back, turned.shape[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE)
    cv2.copyTo(fill, cv2.bitwise_not(is_page), turned)
