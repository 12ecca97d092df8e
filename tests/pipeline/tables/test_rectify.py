"""The flat table: its lines gone, its digits whole, its pixels mapped back."""

from __future__ import annotations

import numpy as np

from pipeline.tables.grid import find_grids
from pipeline.tables.rectify import FlatTable
from pipeline.types import Page
from tests.pipeline.tables.test_fragments import darken, find_ink
from tests.support.tables import LINE, PAPER, draw_table, turn

ROWS = [["47", "", "8"], ["", "905", "1"], ["33", "2", ""]]


def flatten(gray: np.ndarray) -> FlatTable:
    (grid,) = find_grids(find_ink(gray), darken(gray), 40)
    return FlatTable(Page(gray.copy()), grid, 40)


def test_lines_are_painted_out() -> None:
    bare = flatten(turn(draw_table([["", "", ""]] * 3), 8)).page.gray
    assert np.mean(bare < (PAPER + LINE) / 2) < 0.002


def test_digits_stay() -> None:
    flat = flatten(turn(draw_table(ROWS), 8)).page.gray
    drawn = draw_table(ROWS, is_ruled=False)
    assert np.count_nonzero(flat < 130) > 0.85 * np.count_nonzero(drawn < 130)


def test_px_are_mapped_back() -> None:
    gray = turn(draw_table(ROWS), -5)
    table = flatten(gray)
    ys, xs = np.nonzero(table.page.gray < 100)
    x, y = np.rint(table.to_source(np.column_stack([xs, ys]).astype(float))).astype(int).T
    assert np.mean(gray[y, x] < 150) > 0.95
