"""Whole pages with tables through the spine, read by a reader of the steady hand: rows, columns, what stands where."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.table import Table
from pipeline.tables.read_tables import NO_TABLE, note_tables, read_tables
from pipeline.types import Page, PageReading
from tests.support.drawing import make_reader, write_page
from tests.support.tables import bend, draw_table, turn, write_text

ROWS = [["47", "", "83"], ["", "905", "52"], ["33", "26", ""]]


def read(gray: np.ndarray) -> PageReading:
    return read_tables(Page(gray), make_reader())


def list_texts(table: Table) -> list[list[str]]:
    rows = [[""] * table.n_columns for _ in range(table.n_rows)]
    for cell in table.cells:
        rows[cell.row - 1][cell.column - 1] = cell.text
    return rows


def test_ruled_table() -> None:
    reading = read(draw_table(ROWS))
    (table,) = reading.tables or ()
    assert list_texts(table) == ROWS and table.is_ruled
    assert [r.text for r in reading.readings] == ["47", "83", "905", "52", "33", "26"]
    assert [r.place for r in reading.readings] == [(1, 1, 1), (1, 1, 3), (1, 2, 2), (1, 2, 3), (1, 3, 1), (1, 3, 2)]
    assert [r.line for r in reading.readings] == [1, 1, 2, 2, 3, 3]


@pytest.mark.slow
@pytest.mark.parametrize("change", [lambda g: turn(g, 9), lambda g: turn(g, -14), lambda g: bend(g, 22)])
def test_slanted_and_bent_tables(change: object) -> None:
    (table,) = read(change(draw_table(ROWS))).tables or ()  # type: ignore[operator]
    assert list_texts(table) == ROWS


def test_table_without_lines() -> None:
    rows = [["47", "", "83"], ["15", "905", "52"], ["33", "26", ""]]
    (table,) = read(draw_table(rows, is_ruled=False)).tables or ()
    assert list_texts(table) == rows and not table.is_ruled


def test_boxes_lie_on_the_digits_of_the_page() -> None:
    gray = turn(draw_table(ROWS), 6)
    reading = read(gray)
    assert reading.tables
    for number in reading.readings:
        for digit in number.digits:
            assert (gray[digit.box.slices] < 100).sum() > 20
            assert digit.box.height < 60


def test_number_that_goes_over_a_wall_is_parted() -> None:
    gray = draw_table([["", "", ""], ["", "", ""]])
    write_text(gray, "47", 70 + 130 - 34, 90)  # a digit on each side of the wall
    (table,) = read(gray).tables or ()
    assert list_texts(table)[0] == ["4", "7", ""]


def test_numbers_outside_of_the_table_are_kept() -> None:
    gray = np.vstack([np.full((120, 530), 225, np.uint8), draw_table(ROWS)])
    write_text(gray, "6028", 80, 50)
    reading = read(gray)
    assert [r.text for r in reading.readings if r.place is None] == ["6028"]
    assert reading.readings[-1].line == 4


def test_two_tables() -> None:
    reading = read(np.vstack([draw_table(ROWS), draw_table(ROWS[:2])]))
    assert [list_texts(table) for table in reading.tables or ()] == [ROWS, ROWS[:2]]
    assert {r.place[0] for r in reading.readings if r.place} == {1, 2}


@pytest.mark.parametrize("gray", [write_page("4237 90"), np.full((200, 300), 225, np.uint8)], ids=["a line", "blank"])
def test_page_without_a_table(gray: np.ndarray) -> None:
    reading = read(gray)
    assert reading.tables == () and note_tables(reading) == NO_TABLE
    assert all(r.place is None for r in reading.readings)


def test_record_has_the_place_of_each_number() -> None:
    record = read(draw_table(ROWS)).to_dict()
    assert [(n["table"], n["row"], n["column"]) for n in record["numbers"]][:2] == [(1, 1, 1), (1, 1, 3)]
    assert (record["tables"][0]["rows"], record["tables"][0]["columns"]) == (3, 3)
    outside = read(write_page("4237")).to_dict()
    assert outside["numbers"][0]["table"] is None and outside["tables"] == []
