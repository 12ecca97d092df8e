"""Tables: a number to a cell, none in two; heads and labels are parted from the numbers."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.papers import find_centers, list_numbers, make_style
from train.synthesis.documents import tables
from train.synthesis.documents.sheet import Sheet
from train.synthesis.documents.tables import Grid, fill_table


def draw_table(seed: int, monkeypatch: pytest.MonkeyPatch) -> tuple[Sheet, Grid]:
    """Return a filled table, and where its cells are."""
    grids: list[Grid] = []
    rule = tables._rule
    monkeypatch.setattr(tables, "_rule", lambda sheet, grid, *rest: (grids.append(grid), rule(sheet, grid, *rest)))
    sheet = Sheet.of_size((500, 360))
    fill_table(sheet, 16, make_style(), np.random.default_rng(seed))
    monkeypatch.undo()
    return sheet, grids[0]


def test_cell_by_eye() -> None:
    grid = Grid((0, 10, 30), (5, 15, 25))
    assert grid.cell(0, 0) == (0, 5, 10, 15) and grid.cell(1, 1) == (10, 15, 30, 25)


@pytest.mark.parametrize("seed", range(8))
def test_numbers_in_neighboring_cells_are_others(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    sheet, grid = draw_table(seed, monkeypatch)
    xs, ys = find_centers(sheet.pen.owner, len(sheet.pen.labels)).T
    cells: dict[int, set[tuple[int, int]]] = {}
    for x, y, kind, group in zip(xs, ys, sheet.pen.kinds, sheet.pen.groups, strict=True):
        if kind == "digit" and y > grid.rows[0] and np.isfinite(x):
            at = int(np.searchsorted(grid.rows, y)), int(np.searchsorted(grid.columns, x))
            cells.setdefault(group, set()).add(at)
    assert cells and all(len(of_number) == 1 for of_number in cells.values())


def test_tables_are_of_many_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    sheets = [draw_table(seed, monkeypatch)[0] for seed in range(12)]
    assert {bool(sheet.printed) for sheet in sheets} == {True, False}
    assert {bool(sheet.lines.any()) for sheet in sheets} == {True, False}
    assert {bool((sheet.stains < 1).any()) for sheet in sheets} == {True, False}
    lengths = {len(text) for sheet in sheets for text in list_numbers(sheet).values()}
    assert {1, 2, 3, 4} <= lengths
    assert all(len(sheet.pen.labels) == len(sheet.pen.kinds) == len(sheet.pen.groups) for sheet in sheets)


def test_table_on_a_scrap_of_paper_is_a_cell() -> None:
    sheet = Sheet.of_size((30, 20))
    fill_table(sheet, 22, make_style(), np.random.default_rng(0))
    assert sheet.pen.owner.max() <= len(sheet.pen.labels) <= 4
