"""Results as an Excel workbook: a sheet for each table, and one with the numbers that stand in none.

Numbers are numbers, but those with leading zeros or more digits than a spreadsheet keeps are text; no text is taken for
a formula. Doubtful cells and rejected numbers are colored.
"""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from pipeline.errors import SetupError
from pipeline.outputs.csv_writer import CSV_COLUMNS, make_rows
from pipeline.outputs.grid_writer import list_tables
from pipeline.system.files import write_file
from pipeline.system.terminal import escape_text

if TYPE_CHECKING:
    from pipeline.outputs.records import Record

CREATOR = "handwritten-digits"
"""Whom a workbook names as its creator; by it the program knows its own."""

_NUMBERS = "numbers"
_DOUBTFUL = "FFD9A0"
_LONGEST_TITLE = 31
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']|[^\x20-\uffff]|[\ud800-\udfff]")
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,14})")
_DECIMAL = re.compile(r"-?(?=[\d.]{1,16}$)(0|[1-9]\d*)\.\d+")
"""Numbers that a spreadsheet keeps exactly: of 15 digits at most, without leading zeros."""

_MOST_PROPERTIES_BYTES = 1 << 16


def check_library() -> None:
    """Raise SetupError if the library that writes workbooks is not installed."""
    try:
        import openpyxl  # noqa: F401
    except ModuleNotFoundError as error:
        raise SetupError("openpyxl is not installed, which writes .xlsx", "pip install openpyxl") from error


def write_workbook(path: Path, records: Iterable[Record]) -> list[Path]:
    """Write records as a workbook and return its path.

    Raises
    ------
    OutputError
        If it cannot be written.
    SetupError
        As for `check_library`.
    """
    book = make_workbook()
    rows: list[list[Any]] = []
    titles: set[str] = set()
    for record in records:
        for table in list_tables(record):
            _fill_sheet(book.create_sheet(_make_title(record, titles)), table)
        rows += _list_numbers(record)
    if rows or not titles:
        sheet = book.create_sheet(_choose_free(_NUMBERS, titles))
        _append_rows(sheet, [list(CSV_COLUMNS), *rows])
    save_workbook(book, path)
    return [path]


def make_workbook() -> Any:
    """Return a workbook without a sheet, by this program; raise SetupError as `check_library` does."""
    check_library()
    from openpyxl import Workbook

    book = Workbook()
    book.properties.creator = CREATOR
    book.remove(book.active)
    return book


def save_workbook(book: Any, path: Path) -> None:
    """Write a workbook; raise OutputError if it cannot be written."""
    raw = io.BytesIO()
    book.save(raw)
    write_file(Path(os.path.realpath(path)), raw.getvalue())


def is_own_workbook(path: Path) -> bool:
    """Return whether a file is a workbook of this program, by its creator."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open("docProps/core.xml") as properties:
            return f"creator>{CREATOR}<".encode() in properties.read(_MOST_PROPERTIES_BYTES)
    except (OSError, KeyError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile, EOFError):
        return False


def convert_text(text: str) -> int | float | str:
    """Return the number that a text is, where a spreadsheet would show it as it is written; else the text."""
    if _WHOLE.fullmatch(text) and text != "-0":
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) and str(float(text)) == text else text


def _list_numbers(record: Record) -> list[list[Any]]:
    """Return the rows of a record's numbers that stand in no table; as in CSV one row for a blank or failed page."""
    rows = make_rows(record)
    if not record["numbers"]:
        return [] if list_tables(record) else rows
    return [row for row, number in zip(rows, record["numbers"], strict=True) if not number.get("table")]


def _make_title(record: Record, titles: set[str]) -> str:
    """Return the title of the sheet of a record's next table: its file's name, and page where it is not the first."""
    stem = PurePath(record["file"].replace("\\", "/")).stem or "table"
    page = f" p{record['page']}" if record["page"] > 1 else ""
    return _choose_free(_FORBIDDEN.sub("_", escape_text(stem)) + page, titles)


def _choose_free(name: str, titles: set[str]) -> str:
    """Return a title that no sheet has, in upper or lower case, and add it to `titles`."""
    title, number = name[:_LONGEST_TITLE], 1
    while title.lower() in titles:
        number += 1
        end = f" ({number})"
        title = name[: _LONGEST_TITLE - len(end)] + end
    titles.add(title.lower())
    return title


def _fill_sheet(sheet: Any, table: dict[str, Any]) -> None:
    """Write a table: each cell where it is, those over several rows or columns merged."""
    for cell in table["cells"]:
        row, column = cell["row"], cell["column"]
        down, across = cell["row_span"], cell["column_span"]
        if down > 1 or across > 1:
            last_row, last_column = row + down - 1, column + across - 1
            sheet.merge_cells(start_row=row, start_column=column, end_row=last_row, end_column=last_column)
        if cell["text"]:
            write_cell(sheet.cell(row, column), convert_text(cell["text"]), cell["status"] == "rejected")


def _append_rows(sheet: Any, rows: list[list[Any]]) -> None:
    """Write rows of the CSV table; the numbers that were read are in its fourth column."""
    number, status = CSV_COLUMNS.index("number"), CSV_COLUMNS.index("status")
    for at, values in enumerate(rows, start=1):
        is_rejected = values[status] == "rejected"
        for column, value in enumerate(values):
            if value is not None:
                shown = convert_text(value) if column == number else value
                write_cell(sheet.cell(at, column + 1), shown, is_rejected and column == number)


def write_cell(cell: Any, value: int | float | str, is_doubtful: bool) -> None:
    """Write a value, a text never as a formula; color the cell if it is doubtful."""
    from openpyxl.styles import PatternFill

    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"  # also what begins with =, which would be a formula
        cell.number_format = "@"
    if is_doubtful:
        cell.fill = PatternFill("solid", fgColor=_DOUBTFUL)
