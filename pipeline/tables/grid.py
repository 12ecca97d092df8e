"""Ruled tables: the lines of a page put together to grids, whose cells may span rows and columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.tables.fragments import Fragment, LineInk, find_lines
from pipeline.tables.mesh import Points, Straightening, fit_straightening
from pipeline.tables.walls import CellSpan, Line, close_ends, find_cells, look_along, measure_walls, prune_lines

_JOIN_FRAC = 0.3
"""Lines this near, of the digits' height, meet; levels this near are one line."""

_LEAST_CELL_FRAC = 0.45
"""A cell is at least so wide and high, of the digits' height; lines that are nearer are a double line."""

_REACH_FRAC, _LEAST_REACH_PX = 0.08, 2
"""How far a line may stray from its place on the straight table, of the digits' height."""


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A ruled table on a page.

    Attributes
    ----------
    from_page : float64 (2, 3), px of the page -> px where lines run level but for their bends
    straightening : takes the bends out
    xs, ys : where the columns' and the rows' edges are on the straight table, ascending
    cells : in reading order
    level_walls, upright_walls : bool, (rows + 1, columns) and (rows, columns + 1): where there are lines
    thickness_px : of its lines
    """

    from_page: NDArray[np.float64]
    straightening: Straightening
    xs: NDArray[np.float64]
    ys: NDArray[np.float64]
    cells: tuple[CellSpan, ...]
    level_walls: NDArray[np.bool_]
    upright_walls: NDArray[np.bool_]
    thickness_px: float

    def straighten(self, points: Points) -> Points:
        """Return where points (..., 2) px of the page lie on the straight table."""
        return self.straightening.straighten(points @ self.from_page[:, :2].T + self.from_page[:, 2])

    def bend(self, points: Points) -> Points:
        """Return where points (..., 2) of the straight table lie on the page, px."""
        turned = self.straightening.bend(points) - self.from_page[:, 2]
        back: Points = turned @ np.linalg.inv(self.from_page[:, :2]).T
        return back

    def holds(self, point: Points) -> bool:
        """Return whether a point (2,) of the straight table lies on it."""
        return bool(self.xs[0] <= point[0] <= self.xs[-1] and self.ys[0] <= point[1] <= self.ys[-1])

    def find_corners(self, cell: CellSpan) -> Points:
        """Return the corners of a cell on the straight table, (4, 2), clockwise from the top left one."""
        left, right = self.xs[cell.column], self.xs[cell.column + cell.column_span]
        top, bottom = self.ys[cell.row], self.ys[cell.row + cell.row_span]
        return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])


def find_grids(ink: NDArray[np.uint8], darkness: NDArray[np.uint8], digit_height_px: float) -> list[Grid]:
    """Return the ruled tables of a page, the smallest first.

    Parameters
    ----------
    ink : uint8 (H, W), 255 ink, with its lines
    darkness : uint8 (H, W), PAPER_LEVEL paper .. 255 black
    digit_height_px : usual height of the digits, by which lines are told from strokes
    """
    lines = find_lines(ink, darkness, digit_height_px)
    grids: list[Grid] = []
    for reach_px in (0.0, digit_height_px):  # what makes no table may be one with gaps in its lines
        for level, upright in _group(lines, digit_height_px, reach_px):
            grid = _build(lines, level, upright, digit_height_px)
            if grid is not None:
                grids.append(grid)
        lines = _leave_out(lines, grids)
    return sorted(grids, key=lambda grid: float(np.ptp(grid.xs) * np.ptp(grid.ys)))


def _leave_out(lines: LineInk, grids: Sequence[Grid]) -> LineInk:
    """Return the lines without the pieces of tables that were found."""

    def is_free(fragment: Fragment) -> bool:
        middle = fragment.points[len(fragment.points) // 2]
        return not any(grid.holds(grid.straightening.straighten(middle)) for grid in grids)

    level, upright = (tuple(filter(is_free, some)) for some in (lines.level_fragments, lines.upright_fragments))
    return replace(lines, level_fragments=level, upright_fragments=upright)


def _group(lines: LineInk, digit_height_px: float, reach_px: float) -> Iterator[tuple[list[Fragment], list[Fragment]]]:
    """Yield level and upright pieces that meet, or would if they were `reach_px` longer; two of each at least."""
    canvas = np.zeros(lines.level.shape, np.uint8)
    reach = max(3, round(_JOIN_FRAC * digit_height_px))
    for fragment in (*lines.level_fragments, *lines.upright_fragments):
        cv2.polylines(canvas, [np.rint(_prolong(fragment.points, reach_px)).astype(np.int32)], False, 255, reach)
    _, labels = cv2.connectedComponents(canvas, connectivity=8, ltype=cv2.CV_32S)
    groups: dict[int, tuple[list[Fragment], list[Fragment]]] = {}
    for at, fragments in enumerate((lines.level_fragments, lines.upright_fragments)):
        for fragment in fragments:
            x, y = np.rint(fragment.points[0]).astype(int)
            groups.setdefault(int(labels[y, x]), ([], []))[at].append(fragment)
    yield from (group for group in groups.values() if min(map(len, group)) >= 2)


def _prolong(points: Points, most_px: float) -> Points:
    """Return the points of a piece with one more at each end, as far out as half of the piece or `most_px`."""
    reach = min(most_px, float(np.ptp(points, axis=0).max()) / 2)
    near = min(len(points) - 1, max(1, len(points) // 4))
    ends = []
    for end, inner in ((points[0], points[near]), (points[-1], points[-1 - near])):
        outward = end - inner
        ends.append(end + reach * outward / max(1e-6, float(np.hypot(*outward))))
    return np.vstack([ends[0], points, ends[1]])


def _build(
    lines: LineInk, level: Sequence[Fragment], upright: Sequence[Fragment], digit_height_px: float
) -> Grid | None:
    """Return the grid of pieces that hang together; None if they make no two cells."""
    straightening = fit_straightening(_choose_long(level), _choose_long(upright))
    pieces = [[straightening.straighten(f.points) for f in fragments] for fragments in (level, upright)]
    reach = max(_LEAST_REACH_PX, round(_REACH_FRAC * digit_height_px))
    rows = _merge(pieces[0], digit_height_px)
    columns = _merge([piece[:, ::-1] for piece in pieces[1]], digit_height_px)
    rows = look_along(rows, columns, straightening, lines.level, reach)
    columns = look_along(columns, rows, straightening, lines.upright, reach, is_upright=True)
    rows, columns = prune_lines(rows, columns)
    if len(rows) < 2 or len(columns) < 1:
        return None
    rows, columns = close_ends(rows, columns, digit_height_px), close_ends(columns, rows, digit_height_px)
    if len(rows) < 2 or len(columns) < 2:
        return None
    ys, xs = np.array([line.at for line in rows]), np.array([line.at for line in columns])
    found = find_cells(ys, xs, measure_walls(rows, xs), measure_walls(columns, ys).T)
    thickness = float(np.median([f.thickness_px for f in (*_choose_long(level), *_choose_long(upright))]))
    return Grid(lines.from_page, straightening, *found, thickness) if len(found[2]) > 1 else None


def _choose_long(fragments: Sequence[Fragment]) -> list[Fragment]:
    """Return the pieces that are no strokes of digits: those at least a quarter as long as the longest."""
    lengths = np.array([np.ptp(f.points, axis=0).max() for f in fragments])
    return [f for f, length in zip(fragments, lengths, strict=True) if length >= 0.25 * lengths.max()]


def _merge(pieces: Sequence[Points], digit_height_px: float) -> list[Line]:
    """Return the lines of straightened pieces (along, across), those at one level being one, in their order."""
    order = sorted(pieces, key=lambda piece: -float(np.ptp(piece[:, 0])))
    groups: list[list[Points]] = []
    levels: list[float] = []
    for piece in order:
        level = float(np.median(piece[:, 1]))
        near = [at for at, other in enumerate(levels) if abs(other - level) <= _LEAST_CELL_FRAC * digit_height_px]
        if near:
            groups[min(near, key=lambda at: abs(levels[at] - level))].append(piece)
        else:
            groups.append([piece])
            levels.append(level)
    merged = []
    for group, level in zip(groups, levels, strict=True):
        along = np.concatenate([piece[:, 0] for piece in group])
        merged.append(Line(level, float(along.min()), float(along.max())))
    return sorted(merged, key=lambda line: line.at)
