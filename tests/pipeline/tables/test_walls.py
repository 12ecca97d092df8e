"""Walls and cells, by eye on grids of a few squares."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.tables.walls import CellSpan, Line, close_ends, find_cells, measure_walls, prune_lines

FULL = np.ones


def find(level: np.ndarray, upright: np.ndarray) -> tuple[int, int, tuple[CellSpan, ...]]:
    ys, xs = np.arange(len(level)) * 50.0, np.arange(upright.shape[1]) * 100.0
    xs, ys, cells, *_ = find_cells(ys, xs, level, upright)
    return len(ys) - 1, len(xs) - 1, cells


def test_every_square_is_a_cell_where_all_walls_stand() -> None:
    assert find(FULL((3, 3)), FULL((2, 4))) == (2, 3, tuple(CellSpan(r, c) for r in (0, 1) for c in (0, 1, 2)))


def test_cell_goes_over_two_columns_or_rows() -> None:
    level, upright = FULL((4, 2)), FULL((3, 3))
    upright[0, 1] = 0
    level[2, 1] = 0
    spans = find(level, upright)[2]
    assert spans == (CellSpan(0, 0, 1, 2), CellSpan(1, 0), CellSpan(1, 1, 2, 1), CellSpan(2, 0))


@pytest.mark.parametrize("faint", [0.4, 0.0], ids=["faint walls", "no walls"])
def test_what_is_no_rectangle_falls_apart(faint: float) -> None:
    level, upright = FULL((4, 3)), FULL((3, 4))
    upright[1, 1] = level[2, 1] = faint  # squares (1, 0), (1, 1) and (2, 1) would be one
    assert len(find(level, upright)[2]) == 9


def test_ring_between_a_table_and_its_sheet_is_left_out() -> None:
    level, upright = FULL((6, 5)), FULL((5, 6))
    level[1:5, [0, -1]] = 0
    level[0, :] = level[5, :] = 1
    upright[[0, -1], 1:5] = 0
    n_rows, n_columns, cells = find(level, upright)
    assert (n_rows, n_columns, len(cells)) == (3, 3, 9)


def make_line(at: float, *inked: tuple[int, int], length: int = 300) -> Line:
    ink = np.zeros(length + 1, bool)
    for start, end in inked:
        ink[start : end + 1] = True
    return Line(at, float(min(a for a, _ in inked)), float(max(b for _, b in inked)), 0, ink)


def test_stroke_that_reaches_no_wall_is_no_line() -> None:
    rows = [make_line(0, (0, 300)), make_line(40, (120, 170)), make_line(100, (0, 300))]
    columns = [make_line(x, (0, 100), length=100) for x in (0, 100, 200, 300)]
    kept, crossing = prune_lines(rows, columns)
    assert [line.at for line in kept] == [0, 100] and len(crossing) == 4


@pytest.mark.parametrize(("end", "n_edges"), [(220, 3), (300, 4)], ids=["overhang", "open column"])
def test_open_end_is_a_column(end: int, n_edges: int) -> None:
    rows = [make_line(y, (0, end)) for y in (0, 50, 100)]
    columns = [make_line(x, (0, 100), length=100) for x in (0, 100, 200)]
    assert len(close_ends(columns, rows, 40)) == n_edges


def test_wall_with_a_bare_end_is_none() -> None:
    lines = [make_line(0, (0, 300)), make_line(0, (90, 210)), make_line(0, (0, 140), (155, 300))]
    whole, middle, broken = measure_walls(lines, np.array([0.0, 300.0]))[:, 0]
    assert (whole, middle) == (1.0, 0.0) and 0.9 < broken < 1
