"""The score of tables, by hand on one of four cells."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.table import Cell, Table
from train.evaluation.table_score import TableScore, score_table
from train.synthesis.documents.table_photos import TablePhoto, TrueCell

TEXTS = {(1, 1): "12", (1, 2): "", (2, 1): "7", (2, 2): "304"}


def find_corners(row: int, column: int) -> list[tuple[int, int]]:
    x, y = 100 * column, 50 * row
    return [(x, y), (x + 100, y), (x + 100, y + 50), (x, y + 50)]


TRUTH = TablePhoto(
    np.zeros((200, 300), np.uint8),
    tuple(TrueCell(r, c, 1, 1, text, np.array(find_corners(r, c), float)) for (r, c), text in TEXTS.items()),
    "ruled",
)


def read_as(texts: dict[tuple[int, int], str], shift: int = 0) -> Table:
    cells = []
    for (row, column), marked in texts.items():
        text = marked.removesuffix("?")
        status = "empty" if not text else "rejected" if marked.endswith("?") else "accepted"
        cells.append(Cell(row, column, text, status, tuple(find_corners(row, column + shift))))  # type: ignore[arg-type]
    return Table(2, 2, tuple(cells), True)


@pytest.mark.parametrize(
    ("tables", "score"),
    [
        ((), TableScore(4)),
        ((read_as(TEXTS),), TableScore(4, 4, 4, 3, 0)),
        ((read_as({**TEXTS, (2, 1): "1"}),), TableScore(4, 4, 3, 3, 1)),
        ((read_as({**TEXTS, (2, 1): "1?"}),), TableScore(4, 4, 3, 2, 0)),
        ((read_as({**TEXTS, (1, 2): "5"}),), TableScore(4, 4, 3, 4, 1)),
        ((read_as(TEXTS, shift=1),), TableScore(4, 0, 0, 3, 3)),
        ((read_as(TEXTS), read_as({(1, 1): "9"})), TableScore(4, 4, 4, 4, 1)),
    ],
    ids=["no table", "right", "wrong", "doubtful", "filled", "a column off", "a second table"],
)
def test_score_by_hand(tables: tuple[Table, ...], score: TableScore) -> None:
    assert score_table(TRUTH, tables) == score


def test_figures_by_hand() -> None:
    figures = (TableScore(8, 6, 4, 5, 1) + TableScore(2, 2, 2, 0, 0)).figures
    assert figures == {"placed": 80.0, "right": 60.0, "accepted": 50.0, "wrong": 10.0, "risk": 20.0}
