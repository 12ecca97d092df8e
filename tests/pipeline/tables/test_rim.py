"""What lies between a table and the edge of its sheet is no row of it."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from pipeline.tables.grid import Grid
from pipeline.tables.mesh import Straightening
from pipeline.tables.rim import trim_rim
from pipeline.tables.walls import CellSpan

HEIGHT_PX = 20.0
STRAIGHT = Straightening(np.zeros(2), 100.0, np.zeros(5), np.zeros(5))


def make_grid(xs: list[float], ys: list[float], cells: list[CellSpan] | None = None) -> Grid:
    n_rows, n_columns = len(ys) - 1, len(xs) - 1
    own = cells or [CellSpan(row, column) for row, column in product(range(n_rows), range(n_columns))]
    walls = np.ones((n_rows + 1, n_columns), bool), np.ones((n_rows, n_columns + 1), bool)
    return Grid(np.eye(2, 3), STRAIGHT, np.array(xs), np.array(ys), tuple(own), *walls, 2.0)


def test_empty_row_of_one_cell_at_the_rim_is_no_row() -> None:
    cells = [CellSpan(0, 0, 1, 3), *(CellSpan(row, column) for row in (1, 2) for column in range(3))]
    grid, before = trim_rim(make_grid([0, 50, 100, 150], [0, 40, 80, 120], cells), {1, 5}, set(), HEIGHT_PX)
    assert grid.ys.tolist() == [40, 80, 120] and grid.level_walls.shape == (3, 3)
    assert grid.cells == tuple(CellSpan(row, column) for row in (0, 1) for column in range(3))
    assert before == [1, 2, 3, 4, 5, 6]


def test_column_narrower_than_a_digit_is_no_column() -> None:
    grid, before = trim_rim(make_grid([0, 10, 60, 110, 115], [0, 40, 80]), {1}, {0, 4}, HEIGHT_PX)
    assert grid.xs.tolist() == [10, 60, 110] and grid.upright_walls.shape == (2, 3)
    assert before == [1, 2, 5, 6]


@pytest.mark.parametrize(("numbered", "inked"), [({0}, set()), ({1}, {0})], ids=["a number", "a word"])
def test_title_over_all_columns_stays(numbered: set[int], inked: set[int]) -> None:
    cells = [CellSpan(0, 0, 1, 2), CellSpan(1, 0), CellSpan(1, 1)]
    grid, before = trim_rim(make_grid([0, 50, 100], [0, 40, 80], cells), numbered, inked, HEIGHT_PX)
    assert (len(grid.ys), before) == (3, [0, 1, 2])


def test_empty_row_with_cells_stays() -> None:
    grid, _ = trim_rim(make_grid([0, 50, 100], [0, 40, 80]), {2, 3}, set(), HEIGHT_PX)
    assert len(grid.cells) == 4


@pytest.mark.parametrize(
    ("open_rows", "expected"), [([0], 3), ([0, 1, 2, 3], 4)], ids=["closed table", "table without sides"]
)
def test_row_that_is_open_at_an_end_lies_beside_a_closed_table(open_rows: list[int], expected: int) -> None:
    grid = make_grid([0, 50, 100, 150], [0, 40, 80, 120, 160])
    grid.upright_walls[open_rows, 0] = grid.upright_walls[open_rows, 2] = False
    trimmed, _ = trim_rim(grid, {4, 9}, {0, 1}, HEIGHT_PX)
    assert len(trimmed.ys) - 1 == expected


def test_cell_over_a_row_that_goes_is_shorter() -> None:
    cells = [CellSpan(0, 0, 2, 1), CellSpan(0, 1), CellSpan(1, 1), CellSpan(2, 0), CellSpan(2, 1)]
    grid, before = trim_rim(make_grid([0, 50, 100], [0, 8, 50, 90], cells), {2, 3}, set(), HEIGHT_PX)
    assert grid.cells == (CellSpan(0, 0), CellSpan(0, 1), CellSpan(1, 0), CellSpan(1, 1))
    assert before == [0, 2, 3, 4]


def test_table_of_nothing_keeps_a_cell() -> None:
    grid, _ = trim_rim(make_grid([0, 5, 10], [0, 5, 10]), set(), set(), HEIGHT_PX)
    assert len(grid.cells) == 1
