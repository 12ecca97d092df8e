"""Which cell of a ruled table a digit lies in; numbers parted at the walls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from pipeline.geometry import Box
from pipeline.tables.grid import Grid
from pipeline.tables.mesh import Points
from pipeline.tables.rectify import FlatTable, map_to_source
from pipeline.types import Page, Reading

_SLACK_HEIGHTS = 0.35
"""A digit so near outside of a table, by its own height, belongs to it."""

_INSET_DIGIT = 0.25
"""So much of a digit's width and height at each side may lie over a wall."""


class CellFinder:
    """Finds the cell of a digit, and parts numbers at the walls.

    Parameters
    ----------
    flat, grid : the table

    Attributes
    ----------
    cells : those of the grid
    """

    def __init__(self, flat: FlatTable, grid: Grid) -> None:
        self._flat, self._grid = flat, grid
        self.cells = grid.cells
        self._owner = np.zeros((len(grid.ys) - 1, len(grid.xs) - 1), int)
        for at, span in enumerate(grid.cells):
            self._owner[span.row : span.row + span.row_span, span.column : span.column + span.column_span] = at

    def find(self, box: Box, page: Page) -> int | None:
        """Return the index of the cell of a digit with this box, px of a page made of the flat table; None outside."""
        center, height = np.array(box.center) - 0.5, np.array([0.0, box.height])
        slack = _SLACK_HEIGHTS * float(np.abs(page.to_source[:2, :2] @ height).max())
        return self._find(self._flat.straighten(map_to_source(center, page)), slack)

    def part_seen(self, readings: Sequence[tuple[Reading, Reading]]) -> dict[int, list[Reading]]:
        """Return numbers by cell, those that go over a wall parted at it.

        Parameters
        ----------
        readings : each twice: its boxes in px of the page that the table is on, and as it is returned
        """
        found: dict[int, list[Reading]] = {}
        for reading, returned in readings:
            digits = [digit.box for digit in reading.digits]
            cells = [
                self._find(self._grid.straighten(np.array(box.center) - 0.5), _SLACK_HEIGHTS * box.height)
                for box in digits
            ]
            starts = [at for at in range(len(cells)) if at == 0 or cells[at] != cells[at - 1]]
            for at, part in zip(starts, part_number(returned, cells), strict=True):
                if (cell := cells[at]) is not None:
                    found.setdefault(cell, []).append(part)
        return found

    def find_touched(self, box: Box, page: Page) -> set[int]:
        """Return the cells that a good part of a digit lies in; its box in px of a page made of the flat table."""
        low, high = np.array([box.left, box.top]), np.array([box.right, box.bottom])
        inset = _INSET_DIGIT * (high - low)
        corners = product(*zip(low + inset, high - inset, strict=True))
        places = self._flat.straighten(map_to_source(np.array(list(corners)) - 0.5, page))
        found = (self._find(place, 0.0) for place in places)
        return {at for at in found if at is not None}

    def _find(self, point: Points, slack: float) -> int | None:
        (x, y) = point
        xs, ys = self._grid.xs, self._grid.ys
        if not (xs[0] - slack <= x <= xs[-1] + slack and ys[0] - slack <= y <= ys[-1] + slack):
            return None
        column = int(np.clip(np.searchsorted(xs, x) - 1, 0, len(xs) - 2))
        row = int(np.clip(np.searchsorted(ys, y) - 1, 0, len(ys) - 2))
        return int(self._owner[row, column])

    def part(self, readings: Sequence[Reading], page: Page) -> list[Reading]:
        """Return the numbers, those that go over a wall parted at it."""
        parted = []
        for reading in readings:
            parted += part_number(reading, [self.find(digit.box, page) for digit in reading.digits])
        return parted


def part_number(reading: Reading, cells: Sequence[object]) -> list[Reading]:
    """Return a number in parts, each as long as its digits, from left to right, are in one cell.

    Parameters
    ----------
    reading : the number
    cells : the cell of each of its digits
    """
    if len(set(cells)) == 1:
        return [reading]
    starts = [0, *(at for at in range(1, len(cells)) if cells[at] != cells[at - 1]), len(cells)]
    parts = []
    for start, end in zip(starts[:-1], starts[1:], strict=True):
        digits = reading.digits[start:end]
        text, sure = "".join(digit.text for digit in digits), float(np.prod([digit.confidence for digit in digits]))
        box = Box.around([digit.box for digit in digits])
        parts.append(replace(reading, text=text, confidence=sure, digits=digits, box=box, signs=()))
    return parts
