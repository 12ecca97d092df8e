"""A table as it was read: its cells, where they are, and what stands in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.geometry import Box, expect

CellStatus = Literal["empty", "accepted", "rejected"]
Place = tuple[int, int, int]
"""Table, row and column, from 1."""

Corners = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table.

    Attributes
    ----------
    row, column : its first ones, from 1
    text : the numbers in it, left to right, a space between two; empty where there is none
    status : "empty"; "rejected" if one of its numbers was; "accepted"
    corners : px (x, y) of the upright original, clockwise from the top left one
    row_span, column_span : over how many rows and columns it goes
    """

    row: int
    column: int
    text: str
    status: CellStatus
    corners: Corners
    row_span: int = 1
    column_span: int = 1

    def __post_init__(self) -> None:
        spans = min(self.row, self.column, self.row_span, self.column_span)
        expect(spans >= 1, self, "rows, columns and spans from 1", spans)
        expect(len(self.corners) == 4, self, "four corners", len(self.corners))
        expect((self.status == "empty") == (not self.text), self, "a text unless it is empty", (self.status, self.text))

    @property
    def box(self) -> Box:
        """The smallest box that holds its corners."""
        xs, ys = ([corner[at] for corner in self.corners] for at in (0, 1))
        return Box(min(xs), min(ys), max(max(xs), min(xs) + 1), max(max(ys), min(ys) + 1))

    def to_dict(self) -> dict[str, Any]:
        """Return the cell as JSON has it."""
        place = {"row": self.row, "column": self.column, "row_span": self.row_span, "column_span": self.column_span}
        corners = [list(corner) for corner in self.corners]
        return {**place, "text": self.text, "status": self.status, "box": self.box.as_list(), "corners": corners}


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a page, its cells in reading order; `is_ruled` where its lines tell them, not alignment alone."""

    n_rows: int
    n_columns: int
    cells: tuple[Cell, ...]
    is_ruled: bool

    def __post_init__(self) -> None:
        ends = [(cell.row + cell.row_span, cell.column + cell.column_span) for cell in self.cells]
        is_inside = all(row <= self.n_rows + 1 and column <= self.n_columns + 1 for row, column in ends)
        expect(is_inside, self, f"cells within {self.n_rows} rows and {self.n_columns} columns", ends)

    def to_dict(self) -> dict[str, Any]:
        """Return the table as JSON has it."""
        cells = [cell.to_dict() for cell in self.cells]
        return {"rows": self.n_rows, "columns": self.n_columns, "ruled": self.is_ruled, "cells": cells}


def describe_tables(
    tables: Sequence[Table], numbers: Sequence[dict[str, Any]], places: Sequence[Place | None]
) -> dict[str, Any]:
    """Return what the JSON of a page says of its tables; add its place to each number, None where it has none."""
    for number, place in zip(numbers, places, strict=True):
        number |= dict(zip(("table", "row", "column"), place or (None,) * 3, strict=True))
    return {"tables": [table.to_dict() for table in tables]}
