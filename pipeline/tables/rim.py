"""Rows and columns at the rim of a ruled grid that are no part of its table: a sheet's edge or a binding beside it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.tables.grid import Grid
from pipeline.tables.walls import CellSpan

_NARROWEST_HEIGHTS = 0.6
"""Of the digits' height: nobody writes into a narrower row or column."""

_MOST_OPEN, _MOST_WALLS = 0.4, 0.5
"""Share of its rows that are open, by which a table is; an open row lacks a wall at an end, and has fewer than that."""


def trim_rim(
    grid: Grid, numbered: Collection[int], inked: Collection[int], digit_height_px: float
) -> tuple[Grid, list[int]]:
    """Return a grid without the outermost rows and columns that hold no number and that nobody would write one into.

    Such a row is narrower than a digit, or one bare cell from end to end, or, of a table that is closed at its ends,
    open there: what lies between a table and the edge of its sheet. An empty row with cells stays, and a title.

    Parameters
    ----------
    grid : of the table
    numbered, inked : indices of the cells that hold a number, and of those that hold other ink
    digit_height_px : usual height of the digits

    Returns
    -------
    the grid, and for each of its cells the index that it had before
    """
    spans = [(span, 2 if at in numbered else int(at in inked)) for at, span in enumerate(grid.cells)]
    turned = [(CellSpan(s.column, s.row, s.column_span, s.row_span), held) for s, held in spans]
    rows = _find_kept(spans, np.diff(grid.ys) / digit_height_px, grid.upright_walls)
    columns = _find_kept(turned, np.diff(grid.xs) / digit_height_px, grid.level_walls.T)
    cells: list[CellSpan] = []
    before: list[int] = []
    for at, span in enumerate(grid.cells):
        top, bottom = max(span.row, rows.start), min(span.row + span.row_span, rows.stop)
        left, right = max(span.column, columns.start), min(span.column + span.column_span, columns.stop)
        if top < bottom and left < right:
            cells.append(CellSpan(top - rows.start, left - columns.start, bottom - top, right - left))
            before.append(at)
    trimmed = replace(
        grid,
        xs=grid.xs[columns.start : columns.stop + 1],
        ys=grid.ys[rows.start : rows.stop + 1],
        cells=tuple(cells),
        level_walls=grid.level_walls[rows.start : rows.stop + 1, columns.start : columns.stop],
        upright_walls=grid.upright_walls[rows.start : rows.stop, columns.start : columns.stop + 1],
    )
    return trimmed, before


def _find_kept(spans: list[tuple[CellSpan, int]], heights: NDArray[np.float64], walls: NDArray[np.bool_]) -> range:
    """Return the rows that are part of the table.

    Parameters
    ----------
    spans : its cells, and what they hold: 2 a number, 1 other ink, 0 nothing
    heights : of the rows, by the digits'
    walls : (rows, columns + 1), across the rows
    """
    is_open = ~(walls[:, 0] & walls[:, -1]) & (walls.mean(axis=1) <= _MOST_WALLS)
    is_closed = float(is_open.mean()) < _MOST_OPEN

    def is_no_part(row: int) -> bool:
        own = [(span, held) for span, held in spans if span.row <= row < span.row + span.row_span]
        most = max(held for _, held in own)
        is_one = len(own) == 1 and own[0][0].row_span == 1 and own[0][0].column_span == walls.shape[1] - 1 > 1
        is_narrow = bool(heights[row] < _NARROWEST_HEIGHTS)
        return most < 2 and (is_narrow or (is_closed and bool(is_open[row])) or (is_one and most == 0))

    first, last = 0, len(heights)
    while last - first > 1 and is_no_part(first):
        first += 1
    while last - first > 1 and is_no_part(last - 1):
        last -= 1
    return range(first, last)
