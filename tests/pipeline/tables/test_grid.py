"""Grids on drawn pages: rows, columns and cells, whatever the slant, the bend and the scale."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.tables.grid import Grid, find_grids
from tests.pipeline.tables.test_fragments import darken, find_ink
from tests.support.tables import bend, draw_table, tilt, turn

ROWS = [["47", "", "8"], ["", "905", "1"], ["33", "2", ""], ["6", "", "74"]]


def find(gray: np.ndarray, height_px: float = 40) -> list[Grid]:
    return find_grids(find_ink(gray), darken(gray), height_px)


def measure(grids: list[Grid]) -> list[tuple[int, int, int]]:
    return [(len(grid.ys) - 1, len(grid.xs) - 1, len(grid.cells)) for grid in grids]


@pytest.mark.parametrize("turn_deg", [0, 2, -6, 10, 15, -15])
def test_slanted_table(turn_deg: float) -> None:
    assert measure(find(turn(draw_table(ROWS), turn_deg))) == [(4, 3, 12)]


@pytest.mark.parametrize("bow_px", [10, 25, -25])
def test_bent_table(bow_px: float) -> None:
    assert measure(find(bend(draw_table(ROWS), bow_px))) == [(4, 3, 12)]


def test_table_in_perspective() -> None:
    assert measure(find(tilt(draw_table(ROWS), 0.12))) == [(4, 3, 12)]


def test_corners_are_where_the_lines_cross() -> None:
    (grid,) = find(draw_table(ROWS))
    corners = grid.bend(grid.find_corners(grid.cells[4]))
    assert np.abs(corners - [(200, 150), (330, 150), (330, 230), (200, 230)]).max() < 2


@pytest.mark.parametrize("scale", [0.75, 1.5])
def test_scale_does_not_count(scale: float) -> None:
    gray = cv2.resize(draw_table(ROWS), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    assert measure(find(gray, 40 * scale)) == [(4, 3, 12)]


def test_spanning_cell() -> None:
    (grid,) = find(draw_table(ROWS, joined=[(1, 0)]))
    assert [(s.row, s.column, s.column_span) for s in grid.cells if s.column_span > 1] == [(1, 0, 2)]
    assert len(grid.cells) == 11


def test_two_tables_on_a_page() -> None:
    both = np.vstack([draw_table(ROWS), draw_table(ROWS[:2])])
    assert measure(find(both)) == [(2, 3, 6), (4, 3, 12)]


@pytest.mark.parametrize("rows", [[["47", "9"], ["8", "3"]]], ids=["numbers alone"])
def test_page_without_lines_has_none(rows: list[list[str]]) -> None:
    assert find(draw_table(rows, is_ruled=False)) == []


def test_single_box_is_no_table() -> None:
    gray = np.full((300, 400), 225, np.uint8)
    cv2.rectangle(gray, (50, 50), (350, 250), 90, 3)
    assert find(gray) == []
