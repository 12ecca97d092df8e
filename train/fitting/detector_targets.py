"""What the page network is to answer for a crop of a page: its maps, and how much each of their cells counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.detection.page_network import CELL_PX, N_CHANNELS, UNIT_HEIGHT_PX, Channel
from train.datasets.detector_pages import CUT, DIGIT, Mark

LEAST_HEIGHT_PX = 7.0
"""A digit lower than that in the crop has too few pixels to be known: its cells are ignored."""

_LEAST_SEEN = 0.9
"""Share of a digit's box that the crop must hold; a digit cut more is ignored."""

_WIDER_FRAC, _LEAST_WIDER = 0.08, 0.35
"""By how much a hull is widened: share of the height, and at least so many cells."""

_SIGMA_FRAC, _LEAST_SIGMA = 0.15, 1.0
"""Of the peak at a center: share of the height, and at least so many cells."""

_LINK_FRAC, _LEAST_LINK = 0.35, 1.2
"""Thickness of a link: share of the height, and at least so many cells."""

_FULL_CELLS = 30.0
"""Cells of a digit that count fully for its height, its way up and its kind; all cells of a larger digit count as so
many, so that a few large ones do not decide everything."""


def move_marks(marks: Sequence[Mark], to_crop: NDArray[np.float64]) -> list[Mark]:
    """Return the marks in px of a crop; `to_crop` float64 (2, 3) turns, scales evenly and shifts."""
    turn = to_crop[:, :2].T.astype(np.float32)
    scale = float(np.sqrt(abs(np.linalg.det(to_crop[:, :2]))))
    shift = to_crop[:, 2].astype(np.float32)
    return [
        replace(mark, hull=mark.hull @ turn + shift, up=mark.up @ turn / scale, height_px=mark.height_px * scale)
        for mark in marks
    ]


def make_targets(marks: Sequence[Mark], shape_px: tuple[int, int]) -> NDArray[np.float32]:
    """Return the maps of a crop and their weights.

    Parameters
    ----------
    marks : in px of the crop; what lies outside it is left out
    shape_px : (height, width) of the crop, multiples of 4

    Returns
    -------
    float32 (height / 4, width / 4, 16) : the 8 maps in the order of `Channel`, then the weight of each, 0 where a cell
    is ignored: at digits that are cut, or too low to be known
    """
    shape = shape_px[0] // CELL_PX, shape_px[1] // CELL_PX
    maps = np.zeros((*shape, N_CHANNELS), np.float32)
    weights = np.zeros_like(maps)
    is_ignored = np.zeros(shape, bool)
    digits: list[Mark] = []
    for mark in marks:
        if not _is_near(mark, shape_px):
            continue
        if (
            mark.kind == DIGIT
            and mark.height_px >= LEAST_HEIGHT_PX
            and _measure_seen(mark.hull, shape_px) >= _LEAST_SEEN
        ):
            digits.append(mark)
            continue
        window, inside = _cover(mark.hull, _measure_widening(mark), shape)
        if mark.kind in (DIGIT, CUT):
            is_ignored[window] |= inside
        else:
            maps[(*window, Channel.OTHER)][inside] = 1
    _link_digits([mark for mark in marks if mark.kind in (DIGIT, CUT)], digits, maps, is_ignored)
    weights[..., [Channel.AREA, Channel.CENTER, Channel.LINK, Channel.OTHER]] = 1
    for mark in sorted(digits, key=lambda digit: -digit.height_px):
        _paint_digit(mark, maps, weights)
    weights[is_ignored & (maps[..., Channel.AREA] == 0)] = 0
    return np.concatenate([maps, weights], axis=2)


def _is_near(mark: Mark, shape_px: tuple[int, int]) -> bool:
    (left, top), (right, bottom) = mark.hull.min(axis=0), mark.hull.max(axis=0)
    return bool(right > 0 and bottom > 0 and left < shape_px[1] and top < shape_px[0])


def _measure_seen(hull: NDArray[np.float32], shape_px: tuple[int, int]) -> float:
    """Return the share of the hull's box that lies in the crop."""
    low, high = hull.min(axis=0), hull.max(axis=0)
    seen = np.minimum(high, shape_px[::-1]) - np.maximum(low, 0)
    return float(np.prod(np.maximum(seen, 0) / (high - low)))


def _measure_widening(mark: Mark) -> float:
    """Return by how many cells the hull is widened."""
    return max(_WIDER_FRAC * mark.height_px / CELL_PX, _LEAST_WIDER)


def _find_center(mark: Mark) -> NDArray[np.float32]:
    """Return the center of the hull's box, px."""
    center: NDArray[np.float32] = (mark.hull.min(axis=0) + mark.hull.max(axis=0)) / 2
    return center


def _cover(
    hull: NDArray[np.float32], wider: float, shape: tuple[int, int]
) -> tuple[tuple[slice, slice], NDArray[np.bool_]]:
    """Return a window of the maps, and which of its cells have their center in the hull, px, widened by so many cells.

    The hull is convex; a cell is inside when it is on the inner side of each edge. The window is clipped to `shape`.
    """
    points = hull / CELL_PX
    low = np.maximum(np.floor(points.min(axis=0) - wider), 0).astype(int)
    high = np.minimum(np.ceil(points.max(axis=0) + wider), shape[::-1]).astype(int)
    high = np.maximum(high, low)
    edges = np.roll(points, -1, axis=0) - points
    edges = edges[np.abs(edges).sum(axis=1) > 1e-6]
    starts = points[np.abs(np.roll(points, -1, axis=0) - points).sum(axis=1) > 1e-6]
    normals = np.stack([edges[:, 1], -edges[:, 0]], axis=1) / np.hypot(edges[:, 0], edges[:, 1])[:, None]
    if ((points.mean(axis=0) - starts) * normals).sum(axis=1).max() > 0:
        normals = -normals
    bounds = (normals * starts).sum(axis=1) + wider
    x = np.arange(low[0], high[0], dtype=np.float32) + 0.5
    y = np.arange(low[1], high[1], dtype=np.float32) + 0.5
    beyond = (y[:, None] * normals[:, 1] - bounds)[:, None, :] + x[:, None] * normals[:, 0]
    return (slice(low[1], high[1]), slice(low[0], high[0])), (beyond <= 0).all(axis=2)


def _paint_digit(mark: Mark, maps: NDArray[np.float32], weights: NDArray[np.float32]) -> None:
    shape = maps.shape[0], maps.shape[1]
    window, inside = _cover(mark.hull, _measure_widening(mark), shape)
    center = _find_center(mark) / CELL_PX
    column, row = (int(np.clip(np.floor(at), 0, most - 1)) for at, most in zip(center, shape[::-1], strict=True))
    inside[row - window[0].start, column - window[1].start] = True
    part, weight = maps[window], weights[window]
    answers = (np.log2(mark.height_px / UNIT_HEIGHT_PX), *mark.up, float(mark.is_printed))
    part[inside, Channel.AREA] = 1
    part[inside, Channel.HEIGHT :] = answers
    weight[inside, Channel.HEIGHT :] = min(1.0, _FULL_CELLS / np.count_nonzero(inside))
    sigma = max(_SIGMA_FRAC * mark.height_px / CELL_PX, _LEAST_SIGMA)
    reach = int(np.ceil(3 * sigma))
    top, left = max(0, row - reach), max(0, column - reach)
    spot = maps[top : row + reach + 1, left : column + reach + 1, Channel.CENTER]
    y, x = (
        np.arange(n, dtype=np.float32) + start for n, start in zip(spot.shape, (top - row, left - column), strict=True)
    )
    np.maximum(spot, np.exp(-(y[:, None] ** 2 + x**2) / np.float32(2 * sigma**2)), out=spot)


def _link_digits(
    in_order: Sequence[Mark], whole: Sequence[Mark], maps: NDArray[np.float32], is_ignored: NDArray[np.bool_]
) -> None:
    """Draw the links between consecutive digits of a number; one to a digit that is ignored is ignored itself."""
    known = set(map(id, whole))
    groups: dict[int, list[Mark]] = {}
    for mark in in_order:
        if mark.group >= 0:
            groups.setdefault(mark.group, []).append(mark)
    for members in groups.values():
        for first, second in pairwise(members):
            start, end = _find_center(first), _find_center(second)
            along = (end - start) / max(float(np.hypot(*(end - start))), 1e-6)
            thickness = max(_LINK_FRAC * (first.height_px + second.height_px) / 2, _LEAST_LINK * CELL_PX)
            across = thickness / 2 * np.array([-along[1], along[0]], np.float32)
            corners = np.stack([start + across, end + across, end - across, start - across])
            window, inside = _cover(corners, 0.0, (maps.shape[0], maps.shape[1]))
            if id(first) in known and id(second) in known:
                maps[(*window, Channel.LINK)][inside] = 1
            else:
                is_ignored[window] |= inside
