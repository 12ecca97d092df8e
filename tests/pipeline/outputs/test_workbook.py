"""Workbooks, read back: cells, types, colors, titles, and how the program knows its own."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import SetupError
from pipeline.outputs.workbook import convert_text, is_own_workbook, write_workbook
from tests.support.records import BLANK, FAILED, FULL, make_tables

openpyxl = pytest.importorskip("openpyxl")


def load(path: Path) -> Any:
    return openpyxl.load_workbook(path)


def list_rows(sheet: Any) -> list[list[Any]]:
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def test_sheet_for_each_table(tmp_path: Path) -> None:
    path = tmp_path / "marks.xlsx"
    records = [make_tables([["12", "", "007"], ["", "5?", ""]], [["8"]]), make_tables([["9"]], number=2)]
    assert write_workbook(path, records) == [path]
    book = load(path)
    assert book.sheetnames == ["a", "a (2)", "a p2"]
    assert list_rows(book["a"]) == [[12, None, "007"], [None, 5, None]]
    assert book["a"]["B2"].fill.fgColor.rgb.endswith("FFD9A0") and book["a"]["A1"].fill.fill_type is None


def test_numbers_without_tables(tmp_path: Path) -> None:
    path = tmp_path / "read.xlsx"
    write_workbook(path, [FULL, BLANK, FAILED])
    (sheet,) = load(path).worksheets
    rows = list_rows(sheet)
    assert sheet.title == "numbers" and rows[0][:4] == ["file", "page", "line", "number"]
    assert [row[3] for row in rows[1:]] == ["05", 7, 12, None, None]
    assert [row[5] for row in rows[1:]] == ["accepted", "rejected", "accepted", "blank", "failed"]
    assert sheet["D3"].fill.fgColor.rgb.endswith("FFD9A0")


def test_numbers_outside_of_tables_have_a_sheet(tmp_path: Path) -> None:
    record = make_tables([["12"]])
    record["numbers"][0] |= {"table": None, "row": None, "column": None}
    write_workbook(tmp_path / "a.xlsx", [record, make_tables([["3"]], source="Numbers.jpg")])
    book = load(tmp_path / "a.xlsx")
    assert book.sheetnames == ["a", "Numbers", "numbers (2)"]
    assert [row[3] for row in list_rows(book["numbers (2)"])] == ["number", 12]


def test_spanning_cells_are_merged(tmp_path: Path) -> None:
    record = make_tables([["12", ""], ["3", "4"]])
    record["tables"][0]["cells"][0]["column_span"] = 2
    del record["tables"][0]["cells"][1]
    write_workbook(tmp_path / "a.xlsx", [record])
    assert [str(one) for one in load(tmp_path / "a.xlsx")["a"].merged_cells.ranges] == ["A1:B1"]


@pytest.mark.parametrize("name", ["=1+1.jpg", "+a.jpg", "-a.jpg", "@a.jpg", "\x07bell.jpg", "a:b*c?[d].jpg", "x" * 90])
def test_no_name_is_a_formula_or_too_long(name: str, tmp_path: Path) -> None:
    write_workbook(tmp_path / "a.xlsx", [make_tables([["1"]], source=name), {**BLANK, "file": name}])
    book = load(tmp_path / "a.xlsx")
    assert len(book.sheetnames[0]) <= 31
    assert {cell.data_type for row in book["numbers"].iter_rows() for cell in row} <= {"s", "n"}


def test_formula_in_a_cell_stays_text(tmp_path: Path) -> None:
    write_workbook(tmp_path / "a.xlsx", [make_tables([["=1+1", "+5", "-3", "@x"]])])
    row = load(tmp_path / "a.xlsx")["a"][1]
    assert [(cell.value, cell.data_type) for cell in row] == [("=1+1", "s"), ("+5", "s"), (-3, "n"), ("@x", "s")]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("0", 0), ("12", 12), ("-3", -3), ("12.5", 12.5), ("123456789012345", 123456789012345)),
        *(("007", "007"), ("00", "00"), ("1234567890123456", "1234567890123456"), ("-0", "-0"), ("12.50", "12.50")),
        *(("12/03", "12/03"), ("1,5", "1,5"), ("", ""), ("5 7", "5 7")),
    ],
)
def test_what_is_a_number(text: str, value: float | str) -> None:
    assert convert_text(text) == value and type(convert_text(text)) is type(value)


def test_own_workbook_is_known(tmp_path: Path) -> None:
    write_workbook(tmp_path / "own.xlsx", [FULL])
    openpyxl.Workbook().save(tmp_path / "other.xlsx")
    with zipfile.ZipFile(tmp_path / "any.zip", "w") as archive:
        archive.writestr("a.txt", "a")
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04 and no more")
    known = {path.name: is_own_workbook(path) for path in tmp_path.iterdir()}
    assert known == {"own.xlsx": True, "other.xlsx": False, "any.zip": False, "broken.xlsx": False}


def test_missing_library_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(SetupError, match=r"openpyxl is not installed, which writes \.xlsx; pip install openpyxl"):
        write_workbook(tmp_path / "a.xlsx", [FULL])
