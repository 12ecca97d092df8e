"""One ruled table around the numbers of a page, found by what its lines add up to over all of it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box
from pipeline.tables.fragments import find_writing, measure_turn
from pipeline.tables.grid import Grid
from pipeline.tables.mesh import Straightening
from pipeline.tables.ridges import Map, fit_bend, measure_ridges
from pipeline.tables.walls import find_cells

_HEIGHT_PX = 28
"""The digits' height at which lines are looked for: bounds the work, and averages grain out."""

_AROUND_HEIGHTS, _NEAR_HEIGHTS = 7.0, 1.0
"""How far from the numbers a table may reach, and how near to them its lines surely are, of the digits' height."""

_SOLID_HEIGHTS = 0.35, 0.5
"""What is so thick is no line, nor is what is beside it in a window so wide."""

_STEP_PX = 8

_LEAST_DIGITS = 3
_N_ROUNDS = 3

_LEAST_CELL_HEIGHTS = 0.45
_LINE_DEVIATIONS, _LEAST_PROFILE, _LEAST_LINE = 4.5, 0.1, 0.3
"""A line stands out of its profile by so many deviations, and has this share of the strength of most lines."""

_REACH_HEIGHTS, _INSET_HEIGHTS = 0.12, 0.15
_WALL_SHARE, _LEAST_WALL, _SURE = 0.5, 0.4, 0.7
"""A line that goes on, and a wall, is this share as strong as most of its line; how sure a wall is that is just so."""

_BESIDE_HEIGHTS, _BEYOND_HEIGHTS = 0.2, (0.3, 0.8)
_LEAST_SEEN, _LEAST_SEEN_WALL = 0.2, 0.5
_LEAST_WALLS = 0.3
"""Share of the walls across a row or column of squares by which it belongs to the table."""

Edges = NDArray[np.float64]


def find_whole_grid(
    ink: NDArray[np.uint8], darkness: NDArray[np.uint8], digits: Sequence[Box], digit_height_px: float
) -> Grid | None:
    """Return the ruled table around the middle of a page's digits; None if there is none.

    Parameters
    ----------
    ink : uint8 (H, W), 255 ink
    darkness : uint8 (H, W), PAPER_LEVEL paper .. 255 black
    digits : their boxes
    digit_height_px : their usual height
    """
    if len(digits) < _LEAST_DIGITS:
        return None
    writing, solid = find_writing(ink, darkness, digit_height_px), _find_solid(ink, digit_height_px)
    for box in digits:
        writing[box.slices] |= ink[box.slices]
    sides = np.array([box.as_list() for box in digits], np.float64)
    turn = _measure_turn(ink & ~writing & ~solid, sides, digit_height_px)
    scale = min(1.0, _HEIGHT_PX / digit_height_px)
    to_frame, size, core = _frame(sides, turn, scale)
    dark = cv2.warpAffine(darkness, to_frame, size, flags=cv2.INTER_AREA).astype(np.float32)
    around = cv2.dilate(writing | solid, np.ones((5, 5), np.uint8))
    is_bare = cv2.warpAffine(around, to_frame, size, borderValue=255) < 64
    sides_of = (dark, is_bare, core), (dark.T.copy(), is_bare.T.copy(), core[:, ::-1])
    ridges = [measure_ridges(*side, _HEIGHT_PX) for side in sides_of]
    center, reach = core.mean(axis=0), float(np.ptp(core, axis=0).max()) / 2
    bends = [_fit(ridges[at], sides_of[at][2], center[:: 1 - 2 * at], reach) for at in (0, 1)]
    frame = Straightening(center, reach, bends[0], bends[1])
    level, upright = _straighten(ridges[0], frame), _straighten(ridges[1].T.copy(), frame).T
    edges = _find_edges(level, upright, core)
    if edges is None:
        return None
    ys, xs = edges
    inked = [measure_ridges(pixels, np.ones_like(bare), inner, _HEIGHT_PX) for pixels, bare, inner in sides_of]
    level_inked, upright_inked = _straighten(inked[0], frame), _straighten(inked[1].T.copy(), frame).T
    walls = measure_walls(level, level_inked, ys, xs), measure_walls(upright, upright_inked, xs, ys).T
    found = find_cells(ys, xs, *(np.clip(w * _SURE / _LEAST_WALL, 0, 1) for w in walls))
    xs, ys, cells, level_walls, upright_walls = found
    if len(cells) < 2:
        return None
    thickness = float(np.median([_measure_thickness(level, ys, xs), _measure_thickness(upright, xs, ys)]))
    straightening = Straightening(center / scale, reach / scale, *bends)
    return Grid(
        to_frame / scale, straightening, xs / scale, ys / scale, cells, level_walls, upright_walls, thickness / scale
    )


def _find_solid(ink: NDArray[np.uint8], digit_height_px: float) -> NDArray[np.uint8]:
    """Return the ink that is too thick for a line, and what is around it: edges of sheets, bindings and shadows."""
    thick, around = (max(3, round(share * digit_height_px)) | 1 for share in _SOLID_HEIGHTS)
    solid = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((thick, thick), np.uint8))
    wide: NDArray[np.uint8] = cv2.dilate(solid, np.ones((around, around), np.uint8)).astype(np.uint8, copy=False)
    return wide


def _measure_turn(ink: NDArray[np.uint8], sides: NDArray[np.float64], digit_height_px: float) -> float:
    """Return the turn of the lines near the numbers, degrees."""
    low = np.maximum(0, sides[:, :2].min(axis=0) - 2 * digit_height_px).astype(int)
    high = (sides[:, 2:].max(axis=0) + 2 * digit_height_px).astype(int)
    return measure_turn(np.ascontiguousarray(ink[low[1] : high[1], low[0] : high[0]]))


def _frame(
    sides: NDArray[np.float64], turn_deg: float, scale: float
) -> tuple[NDArray[np.float64], tuple[int, int], NDArray[np.float64]]:
    """Return the matrix (2, 3) that turns a page level and scales it, the new size (W, H), and where the digits are."""
    matrix = cv2.getRotationMatrix2D((0, 0), turn_deg, scale)
    corners = np.concatenate([sides[:, [0, 1]], sides[:, [2, 1]], sides[:, [2, 3]], sides[:, [0, 3]]])
    turned = corners @ matrix[:, :2].T
    margin = _AROUND_HEIGHTS * _HEIGHT_PX
    low, high = turned.min(axis=0) - margin, turned.max(axis=0) + margin
    matrix[:, 2] = -low
    width, height = np.ceil(high - low).astype(int).tolist()
    near = _NEAR_HEIGHTS * _HEIGHT_PX
    core = np.array([turned.min(axis=0) - low - near, turned.max(axis=0) - low + near])
    return matrix, (width, height), core


def _fit(ridges: Map, core: NDArray[np.float64], center: NDArray[np.float64], reach_px: float) -> NDArray[np.float64]:
    (left, top), (right, bottom) = np.rint(core).astype(int)
    part = ridges[top:bottom, left:right]
    return fit_bend(part, center - (left, top), reach_px, _HEIGHT_PX)


def _straighten(ridges: Map, straightening: Straightening) -> Map:
    """Return the map as it is on the straight table, of the same size."""
    height, width = ridges.shape
    columns, rows = (np.arange(0, side + 2 * _STEP_PX, _STEP_PX) for side in (width, height))
    points = straightening.bend(np.stack(np.meshgrid(columns, rows), axis=-1).astype(np.float64)).astype(np.float32)
    enlarge = np.array([[_STEP_PX, 0, 0], [0, _STEP_PX, 0]], np.float64)
    x, y = (cv2.warpAffine(np.ascontiguousarray(points[..., at]), enlarge, (width, height)) for at in (0, 1))
    straight: Map = cv2.remap(ridges, x, y, cv2.INTER_LINEAR)
    return straight


def _find_edges(level: Map, upright: Map, core: NDArray[np.float64]) -> tuple[Edges, Edges] | None:
    """Return the edges of the rows and columns of a straight table; None if there are no two of each.

    Parameters
    ----------
    level, upright : ridges of level lines (H, W) and of upright ones (W, H)
    core : the top left and bottom right corner of where the digits are
    """
    maps, middles = (level, upright), core.mean(axis=0)[::-1]
    spans = [(float(low), float(high)) for low, high in core.T]
    edges: list[Edges] = []
    for _ in range(_N_ROUNDS):
        edges = [_find_lines(ridges, span) for ridges, span in zip(maps, spans, strict=True)]
        for at in (0, 1, 0, 1):
            if min(map(len, edges)) < 2:
                return None
            cover = _measure_cover(maps[1 - at], edges[1 - at], edges[at])
            run = _find_run(cover, edges[at], float(middles[at]))
            edges[at] = edges[at][run.start : run.stop + 1]
        spans = [(float(own[0]), float(own[-1])) for own in reversed(edges)]
    edges = [_leave_out_sheet(maps[at], edges[at], spans[at]) for at in (0, 1)]
    return (edges[0], edges[1]) if min(map(len, edges)) >= 2 else None


def _find_lines(ridges: Map, span: tuple[float, float]) -> Edges:
    """Return where level lines are, px: peaks of the mean of the ridges along a span of x."""
    profile = _measure_profile(ridges, span)
    middle = float(np.median(profile))
    grain = 1.4826 * float(np.median(np.abs(profile - middle)))
    least = middle + max(_LINE_DEVIATIONS * grain, _LEAST_PROFILE)
    gap = round(_LEAST_CELL_HEIGHTS * _HEIGHT_PX)
    peaks: list[int] = []
    for at in np.argsort(-profile).tolist():
        if profile[at] < least or (len(peaks) >= 3 and profile[at] < _LEAST_LINE * np.median(profile[peaks])):
            break
        if all(abs(at - other) > gap for other in peaks):
            peaks.append(at)
    return np.array(sorted(peaks), np.float64)


def _measure_profile(ridges: Map, span: tuple[float, float]) -> NDArray[np.float64]:
    left, right = (int(np.clip(round(end), 0, ridges.shape[1])) for end in span)
    part = ridges[:, left:right]
    profile = part.sum(axis=1) / np.maximum(np.count_nonzero(part, axis=1), part.shape[1] / 4 + 1)
    smooth: NDArray[np.float64] = np.convolve(profile, [0.25, 0.5, 0.25], "same")
    return smooth


def _measure_thickness(ridges: Map, lines: Edges, edges: Edges) -> float:
    """Return how thick level lines are between the outer ones of the edges, px."""
    profile = _measure_profile(ridges, (float(edges[0]), float(edges[-1])))
    reach = round(_BESIDE_HEIGHTS * _HEIGHT_PX)
    near = [profile[max(0, line - reach) : line + reach + 1] for line in np.rint(lines).astype(int)]
    return float(np.median([np.count_nonzero(own > own.max() / 2) for own in near]))


def _leave_out_sheet(ridges: Map, lines: Edges, span: tuple[float, float]) -> Edges:
    """Return the level lines of a table but for outer ones that go on at both ends of it, as the edge of a sheet."""
    near, far = (share * _HEIGHT_PX for share in _BEYOND_HEIGHTS)
    starts, ends = np.array([span[0] - far, span[1] + near]), np.array([span[0] - near, span[1] + far])
    sums, _ = _sum_along(ridges, lines, starts, ends)
    within, counts = _sum_along(ridges, lines, np.array(span[:1]), np.array(span[1:]))
    beyond = (sums / (far - near)).min(axis=1) / max(1e-3, float(np.median(within / np.maximum(1, counts))))
    is_sheet = (beyond >= _WALL_SHARE) & (float(np.median(beyond)) < _WALL_SHARE)
    return lines[int(is_sheet[0]) : len(lines) - int(is_sheet[-1])]


def measure_walls(bare: Map, inked: Map, lines: Edges, edges: Edges) -> NDArray[np.float64]:
    """Return how strong the walls along level lines between neighboring edges are, (lines, edges - 1); most are 1.

    Parameters
    ----------
    bare, inked : ridges where there is no writing, 0 elsewhere; and of all, for walls that writing hides
    lines, edges : places of the lines, and along them, px
    """
    inset = _INSET_HEIGHTS * _HEIGHT_PX
    parts = edges[:-1] + inset, edges[1:] - inset
    lengths = np.maximum(1.0, parts[1] - parts[0])
    strengths = []
    for ridges in (bare, inked):
        sums, counts = _sum_along(ridges, lines, *parts)
        means = sums / np.maximum(counts, 1)
        strengths.append((means / max(1e-3, float(np.median(means))), counts))
    (own, seen), (whole, _) = strengths
    return np.where(seen >= _LEAST_SEEN_WALL * lengths, own, whole)


def _sum_along(ridges: Map, lines: Edges, starts: Edges, ends: Edges) -> tuple[NDArray[np.float64], NDArray[np.int_]]:
    """Return the sums of the ridges along each line from starts to ends, and of how many px, both (lines, starts).

    Each part of a line may stray a little.
    """
    reach = round(_REACH_HEIGHTS * _HEIGHT_PX)
    all_sums = np.cumsum(np.pad(ridges, ((0, 0), (1, 0))), axis=1, dtype=np.float64)
    all_counts = np.cumsum(np.pad(ridges != 0, ((0, 0), (1, 0))), axis=1)
    low = np.clip(np.rint(starts).astype(int), 0, ridges.shape[1])
    high = np.clip(np.rint(ends).astype(int), low, ridges.shape[1])
    sums, counts = np.zeros((len(lines), len(low))), np.zeros((len(lines), len(low)), int)
    for at, line in enumerate(np.rint(lines).astype(int)):
        rows = slice(max(0, line - reach), line + reach + 1)
        own = all_sums[rows][:, high] - all_sums[rows][:, low]
        best = own.argmax(axis=0), np.arange(len(low))
        sums[at], counts[at] = own[best], (all_counts[rows][:, high] - all_counts[rows][:, low])[best]
    return sums, counts


def _measure_cover(ridges: Map, lines: Edges, edges: Edges) -> NDArray[np.float64]:
    """Return how strong walls along all level lines are together, at the weakest third between edges; most are 1."""
    inset = _INSET_HEIGHTS * _HEIGHT_PX
    thirds = np.linspace(edges[:-1] + inset, edges[1:] - inset, 4, axis=1)
    sums, counts = _sum_along(ridges, lines, thirds[:, :-1].ravel(), thirds[:, 1:].ravel())
    n_most = len(lines) * np.repeat(np.diff(thirds[:, :2], axis=1).ravel(), 3)
    cover = (sums.sum(axis=0) / np.maximum(counts.sum(axis=0), _LEAST_SEEN * n_most + 1)).reshape(-1, 3)
    weakest: NDArray[np.float64] = cover.min(axis=1) / max(1e-3, float(np.median(cover)))
    return weakest


def _find_run(cover: NDArray[np.float64], edges: Edges, middle: float) -> slice:
    """Return the rows or columns of squares, around a place, that enough walls run along."""
    is_inside = cover >= _LEAST_WALLS
    at = int(np.clip(np.searchsorted(edges, middle) - 1, 0, len(is_inside) - 1))
    start = end = at
    while start > 0 and is_inside[start - 1]:
        start -= 1
    while end < len(is_inside) and is_inside[end]:
        end += 1
    return slice(start, max(end, start + 1))
