"""Results of forms as an Excel workbook: a row per page, three columns per field, as in CSV.

Fields that were rejected, and the status of their pages, are colored. Leading zeros stay: such a text is no number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.outputs.form_csv_writer import FORM_COLUMNS, list_columns, make_row
from pipeline.outputs.workbook import convert_text, make_workbook, save_workbook, write_cell

if TYPE_CHECKING:
    from pipeline.outputs.records import Record

_TITLE = "fields"
_STATUS = FORM_COLUMNS.index("status")
_FIRST_FIELD, _PER_FIELD = len(FORM_COLUMNS), 3


def write_form_workbook(path: Path, records: Iterable[Record], names: Sequence[str]) -> list[Path]:
    """Write records of a form's pages as a workbook of one sheet and return its path.

    Parameters
    ----------
    path : of the workbook
    records : of the pages
    names : of the form's fields, on all of its pages, in the order of their columns

    Raises
    ------
    OutputError
        If it cannot be written.
    SetupError
        If the library that writes workbooks is not installed.
    """
    book = make_workbook()
    sheet = book.create_sheet(_TITLE)
    sheet.freeze_panes = sheet.cell(2, 2)
    for column, name in enumerate(list_columns(names), start=1):
        write_cell(sheet.cell(1, column), name, False)
    for at, record in enumerate(records, start=2):
        _write_row(sheet, at, make_row(record, names))
    save_workbook(book, path)
    return [path]


def _write_row(sheet: Any, at: int, row: list[Any]) -> None:
    for column, value in enumerate(row):
        if value is None or value == "":
            continue
        is_text = column >= _FIRST_FIELD and (column - _FIRST_FIELD) % _PER_FIELD == 0
        status = row[column + 2] if is_text else row[_STATUS] if column == _STATUS else None
        write_cell(sheet.cell(at, column + 1), convert_text(value) if is_text else value, status == "rejected")
