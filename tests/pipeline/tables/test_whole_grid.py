"""One table around the digits of a page: faint lines, grain, edges of sheets, walls behind digits."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.geometry import Box
from pipeline.tables.grid import Grid
from pipeline.tables.whole_grid import find_whole_grid, measure_walls
from tests.pipeline.tables.test_fragments import darken, find_ink
from tests.support.tables import PAPER, bend, draw_table, tilt, turn

ROWS = [["47", "", "8"], ["", "905", "1"], ["33", "2", ""], ["6", "", "74"]]


def find(gray: np.ndarray, ink: np.ndarray | None = None) -> Grid | None:
    """Return the grid around the digits, found as ink of their size."""
    mask = find_ink(gray) if ink is None else ink
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
    digits = [Box(x, y, x + w, y + h) for x, y, w, h, _ in stats[1:].tolist() if 20 <= h <= 60 and w <= 60]
    return find_whole_grid(mask, darken(gray), digits, 40)


def measure(grid: Grid | None) -> tuple[int, int, int] | None:
    return grid and (len(grid.ys) - 1, len(grid.xs) - 1, len(grid.cells))


@pytest.mark.parametrize(
    "change",
    [lambda g: g, lambda g: turn(g, 9), lambda g: bend(g, 22), lambda g: tilt(g, 0.1)],
    ids=["level", "slanted", "bent", "tilted"],
)
def test_slanted_and_bent_tables(change: object) -> None:
    assert measure(find(change(draw_table(ROWS)))) == (4, 3, 12)  # type: ignore[operator]


def test_corners_are_where_the_lines_cross() -> None:
    grid = find(draw_table(ROWS))
    assert grid is not None
    corners = grid.bend(grid.find_corners(grid.cells[4]))
    assert np.abs(corners - [(200, 150), (330, 150), (330, 230), (200, 230)]).max() < 3


def test_spanning_cell() -> None:
    grid = find(draw_table(ROWS, joined=[(1, 0)]))
    assert grid is not None
    assert [(s.row, s.column, s.column_span) for s in grid.cells if s.column_span > 1] == [(1, 0, 2)]


def test_lines_fainter_than_the_grain() -> None:
    dark = draw_table(ROWS)
    ink = find_ink(draw_table(ROWS, is_ruled=False))
    faint = np.where(ink > 0, dark, np.where(dark < PAPER - 5, PAPER - 8, dark)).astype(float)
    noisy = np.clip(faint + np.random.default_rng(0).normal(0, 5, dark.shape), 0, 255).astype(np.uint8)
    assert measure(find(noisy, ink)) == (4, 3, 12)


def test_edge_of_a_sheet_is_no_line() -> None:
    gray = draw_table(ROWS)
    cv2.line(gray, (490, 0), (490, gray.shape[0]), 120, 3)
    grid = find(gray)
    assert measure(grid) == (4, 3, 12)


@pytest.mark.parametrize("rows", [ROWS, [["4", ""], ["", ""]]], ids=["numbers alone", "one digit"])
def test_page_without_lines_has_none(rows: list[list[str]]) -> None:
    assert find(draw_table(rows, is_ruled=False)) is None


def test_wall_behind_a_digit_is_seen_through_it() -> None:
    inked = np.zeros((40, 100), np.float32)
    inked[20] = 4
    inked[20, 60:] = 0
    bare = inked.copy()
    bare[:, 20:40] = 0
    walls = measure_walls(bare, inked, np.array([20.0]), np.array([0.0, 20, 40, 60, 80]))
    assert (walls[0] > 0.5).tolist() == [True, True, True, False]
