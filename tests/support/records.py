"""Records of pages that the tests of several outputs write: read, blank, and failed."""

from __future__ import annotations

from dataclasses import replace

from pipeline.errors import Failure, MissingInputError
from pipeline.geometry import Box
from pipeline.outputs.records import Record, make_record
from pipeline.table import Cell, Table
from pipeline.types import Digit, PageReading, Reading

BOX = Box(62, 255, 680, 325)


def make_reading(text: str, line: int = 1, reason: str | None = None) -> Reading:
    digits = tuple(Digit(t, 0.98765, BOX, (("6", 0.00412345),)) for t in text)
    status = "accepted" if reason is None else "rejected"
    return Reading(text, 0.123456, BOX, digits, status, reason, line)


def make_page(*readings: Reading, number: int = 1, source: str = "a.jpg", note: str | None = None) -> Record:
    seconds = {"decode": 0.0212345, "total": 0.0581}
    return make_record(PageReading(source, number, (3024, 4032), readings, "digits", seconds), note)


FULL = make_page(make_reading("05", 1), make_reading("7", 1, "unsure"), make_reading("12", 2))
BLANK = make_page()
FAILED = make_record(Failure.of(MissingInputError("there is no such file"), "b.jpg"))
FAILED_PAGE = make_record(Failure("c.tif", 3, "damaged", "cut", ""))


def make_tables(*grids: list[list[str]], source: str = "a.jpg", number: int = 1) -> Record:
    """Return the record of a page with tables of these texts; a ? behind a text marks it as doubtful."""
    tables, readings = [], []
    for at, grid in enumerate(grids, start=1):
        cells = []
        for row, texts in enumerate(grid, start=1):
            for column, marked in enumerate(texts, start=1):
                text, status = marked.removesuffix("?"), "rejected" if marked.endswith("?") else "accepted"
                cells.append(Cell(row, column, text, status if text else "empty", ((0, 0), (9, 0), (9, 9), (0, 9))))
                for one in text.split():
                    reading = make_reading(one, row, "unsure" if status == "rejected" else None)
                    readings.append(replace(reading, place=(at, row, column)))
        tables.append(Table(len(grid), len(grid[0]), tuple(cells), True))
    reading = PageReading(source, number, (3024, 4032), tuple(readings), "digits", {}, tables=tuple(tables))
    return make_record(reading)
