"""The walls between the squares of a grid: which lines hold it, and which squares are one cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.tables.mesh import Straightening

_WALL, _WALL_ENDS, _FAINT_WALL = 0.7, 0.5, 0.3
"""Inked share of a wall, of its first and last quarter, and of one without which no cell would be a rectangle."""

_INSET_PX = 3.0
"""The ends of a wall lie on other lines."""

_LEAST_SHARE = 0.3
"""Share of a table's width or height along which a line of it is a wall."""

_OPEN_HEIGHTS, _OPEN_SHARE = 1.2, 0.6
"""Where so many lines of a table run on this far behind its last cross line, there is a column or row more."""

_LEAST_STRIP, _RING_WALLS = 3, 0.3
"""Of so many rows a column at the rim has walls between more than this share of them."""

Walls = NDArray[np.float64]
"""How sure there is each wall, 0..1."""


@dataclass(frozen=True, slots=True)
class CellSpan:
    """A cell: its first row and column, from 0, and over how many it goes."""

    row: int
    column: int
    row_span: int = 1
    column_span: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line of a straight table.

    Attributes
    ----------
    at : where it is, across
    start, end : from where to where its pieces go, along
    first : place along the line of the first of `inked`, which has one item for each px
    inked : bool (N,), whether there is ink
    """

    at: float
    start: float
    end: float
    first: int = 0
    inked: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))


def look_along(
    lines: Sequence[Line],
    crossing: Sequence[Line],
    straightening: Straightening,
    runs: NDArray[np.uint8],
    reach_px: int,
    is_upright: bool = False,
) -> list[Line]:
    """Return the lines with where they are inked, as far as the lines across reach.

    Parameters
    ----------
    lines, crossing : of the table, and those across
    straightening : of the table
    runs : uint8 (H, W) of the page, 255 on runs of lines
    reach_px : how far ink may stray from its line
    is_upright : whether `lines` stand upright
    """
    side = 2 * reach_px + 1
    wide = cv2.dilate(runs, np.ones((1, side) if is_upright else (side, 1), np.uint8))
    ends = [other.at for other in crossing] + [place for line in lines for place in (line.start, line.end)]
    first, last = int(np.floor(min(ends))), int(np.ceil(max(ends)))
    along = np.arange(first, last + 1, dtype=np.float64)
    looked = []
    for line in lines:
        across = np.full_like(along, line.at)
        points = straightening.bend(np.column_stack([across, along] if is_upright else [along, across]))
        x, y = np.rint(points).astype(int).T
        is_inside = (x >= 0) & (y >= 0) & (x < wide.shape[1]) & (y < wide.shape[0])
        inked = np.zeros(len(along), bool)
        inked[is_inside] = wide[y[is_inside], x[is_inside]] > 0
        looked.append(replace(line, first=first, inked=inked))
    return looked


def measure_walls(lines: Sequence[Line], edges: NDArray[np.float64]) -> Walls:
    """Return how sure there is a wall along each line between neighboring edges, (lines, edges - 1).

    That is its inked share; where an end of it is bare, that of the end. All lines were looked along from one place on.
    """
    inked = np.stack([line.inked for line in lines])
    sums = np.concatenate([np.zeros((len(lines), 1), int), np.cumsum(inked, axis=1)], axis=1)
    start, end = edges[:-1] - lines[0].first, edges[1:] - lines[0].first
    inset = np.minimum(_INSET_PX, (end - start) / 4)
    low = np.clip(np.rint(start + inset).astype(int), 0, inked.shape[1])
    high = np.clip(np.rint(end - inset).astype(int), low, inked.shape[1])
    quarter = np.maximum(1, (high - low) // 4)

    def measure(first: NDArray[np.int_], last: NDArray[np.int_]) -> Walls:
        share: Walls = (sums[:, last] - sums[:, first]) / np.maximum(1, last - first)
        return share

    share = measure(low, high)
    ends = np.minimum(measure(low, np.minimum(low + quarter, high)), measure(np.maximum(high - quarter, low), high))
    return np.where(ends >= _WALL_ENDS, share, np.minimum(share, ends))


def prune_lines(rows: Sequence[Line], columns: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """Return the lines that are walls along a good part of the table; others are strokes, or edges of things.

    The worst is left out first, as it makes a mess of what the others bound.
    """
    kept = list(rows), list(columns)
    while min(map(len, kept)) >= 2:
        shares = [_measure_shares(kept[0], kept[1]), _measure_shares(kept[1], kept[0])]
        side = int(shares[1].min() < shares[0].min())
        if shares[side].min() >= _LEAST_SHARE:
            break
        del kept[side][int(shares[side].argmin())]
    return kept


def _measure_shares(lines: Sequence[Line], crossing: Sequence[Line]) -> NDArray[np.float64]:
    edges = np.array([line.at for line in crossing])
    shares: NDArray[np.float64] = (measure_walls(lines, edges) >= _WALL) @ np.diff(edges) / max(1.0, np.ptp(edges))
    return shares


def close_ends(edges: Sequence[Line], crossing: Sequence[Line], digit_height_px: float) -> list[Line]:
    """Return the edges and, where most lines across run on behind the last one, the open end as one more."""
    ends = np.array([(line.start, line.end) for line in crossing])
    reach = _OPEN_HEIGHTS * digit_height_px
    closed = list(edges)
    before, behind = edges[0].at - ends[:, 0], ends[:, 1] - edges[-1].at
    if np.mean(before > reach) >= _OPEN_SHARE:
        closed.insert(0, replace(edges[0], at=edges[0].at - float(np.median(before[before > reach]))))
    if np.mean(behind > reach) >= _OPEN_SHARE:
        closed.append(replace(edges[-1], at=edges[-1].at + float(np.median(behind[behind > reach]))))
    return closed


def find_cells(
    ys: NDArray[np.float64], xs: NDArray[np.float64], level: Walls, upright: Walls
) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[CellSpan, ...], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the edges of columns and of rows, the cells in reading order, and where there is any wall.

    Squares without a wall between them are one cell, if it is a rectangle. Where it is none, faint walls part it; where
    that does not help, all its squares are cells. A ring around the table, as between it and the edge of its sheet, is
    left out.

    Parameters
    ----------
    ys, xs : edges of the rows and of the columns
    level : (rows + 1, columns), walls on the edges of rows
    upright : (rows, columns + 1), walls on the edges of columns
    """
    rows, columns = _leave_out_ring(level, upright)
    level, upright = level[rows.start : rows.stop + 1, columns], upright[rows, columns.start : columns.stop + 1]
    cells = []
    whole = np.ones((level.shape[0] - 1, upright.shape[1] - 1), bool)
    for region in _split(whole, level >= _WALL, upright >= _WALL):
        if _is_rectangle(region):
            cells.append(_make_span(region))
            continue
        for part in _split(region, level >= _FAINT_WALL, upright >= _FAINT_WALL):
            if _is_rectangle(part):
                cells.append(_make_span(part))
            else:
                cells += [CellSpan(int(row), int(column)) for row, column in np.argwhere(part)]
    ordered = tuple(sorted(cells, key=lambda cell: (cell.row, cell.column)))
    edges = xs[columns.start : columns.stop + 1], ys[rows.start : rows.stop + 1]
    return *edges, ordered, level >= _FAINT_WALL, upright >= _FAINT_WALL


def _leave_out_ring(level: Walls, upright: Walls) -> tuple[slice, slice]:
    """Return the rows and columns without a ring around them, as between a table and the edge of its sheet.

    What is outside of a table has hardly any walls: a column at its side without walls between its rows, and, where
    there is one, a row above or below without walls between its columns. Alone, such a row may hold a title.
    """
    top, bottom, left, right = 0, len(level) - 1, 0, level.shape[1]
    has_changed, has_side = True, False
    while has_changed:
        has_changed = False
        inner = level[top + 1 : bottom]
        if len(inner) >= _LEAST_STRIP - 1 and right - left > 1:
            for at, step in ((left, (1, 0)), (right - 1, (0, 1))):
                if right - left > 1 and float((inner[:, at] >= _WALL).mean()) < _RING_WALLS:
                    left, right = left + step[0], right - step[1]
                    has_changed = has_side = True
        between = upright[:, left + 1 : right]
        if has_side and between.shape[1] and bottom - top > 1:
            for at, step in ((top, (1, 0)), (bottom - 1, (0, 1))):
                if bottom - top > 1 and float((between[at] >= _WALL).mean()) < _RING_WALLS:
                    top, bottom = top + step[0], bottom - step[1]
                    has_changed = True
    return slice(top, bottom), slice(left, right)


def _split(
    region: NDArray[np.bool_], level: NDArray[np.bool_], upright: NDArray[np.bool_]
) -> Iterator[NDArray[np.bool_]]:
    """Yield the parts of a region of squares (rows, columns) that walls part."""
    canvas = np.zeros((2 * region.shape[0] - 1, 2 * region.shape[1] - 1), np.uint8)
    canvas[::2, ::2] = region
    canvas[1::2, ::2] = region[:-1] & region[1:] & ~level[1:-1]
    canvas[::2, 1::2] = region[:, :-1] & region[:, 1:] & ~upright[:, 1:-1]
    count, labels = cv2.connectedComponents(canvas, connectivity=4)
    for label in range(1, count):
        yield labels[::2, ::2] == label


def _is_rectangle(region: NDArray[np.bool_]) -> bool:
    rows, columns = np.nonzero(region)
    return bool((rows.max() - rows.min() + 1) * (columns.max() - columns.min() + 1) == len(rows))


def _make_span(region: NDArray[np.bool_]) -> CellSpan:
    rows, columns = np.nonzero(region)
    top, left = int(rows.min()), int(columns.min())
    return CellSpan(top, left, int(rows.max()) - top + 1, int(columns.max()) - left + 1)
