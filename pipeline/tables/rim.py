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


def trim_rim(grid: Grid, used: Collection[int], digit_height_px: float) -> tuple[Grid, list[int]]:
    """Return a grid without the outermost rows and columns that hold nothing and that nobody would write into.

    Such a row is narrower than a digit, or one cell from end to end: what lies between a table and the edge of its
    sheet. An empty row with cells stays.

    Parameters
    ----------
    grid : of the table
    used : indices of the cells that hold anything
    digit_height_px : usual height of the digits

    Returns
    -------
    the grid, and for each of its cells the index that it had before
    """
    spans = [(span, at in used) for at, span in enumerate(grid.cells)]
    turned = [(CellSpan(s.column, s.row, s.column_span, s.row_span), is_used) for s, is_used in spans]
    rows = _find_kept(spans, np.diff(grid.ys) / digit_height_px, len(grid.xs) - 1)
    columns = _find_kept(turned, np.diff(grid.xs) / digit_height_px, len(grid.ys) - 1)
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


def _find_kept(spans: list[tuple[CellSpan, bool]], heights: NDArray[np.float64], n_across: int) -> range:
    """Return the rows that are part of the table; `heights` of all rows, by the digits', `n_across` columns."""

    def is_no_part(row: int) -> bool:
        own = [(span, is_used) for span, is_used in spans if span.row <= row < span.row + span.row_span]
        if any(is_used for _, is_used in own):
            return False
        is_bare = len(own) == 1 and own[0][0].row_span == 1 and own[0][0].column_span == n_across > 1
        return bool(heights[row] < _NARROWEST_HEIGHTS) or is_bare

    first, last = 0, len(heights)
    while last - first > 1 and is_no_part(first):
        first += 1
    while last - first > 1 and is_no_part(last - 1):
        last -= 1
    return range(first, last)
