from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import Failure
from pipeline.outputs.form_workbook import write_form_workbook
from pipeline.outputs.records import make_record
from pipeline.outputs.workbook import is_own_workbook

openpyxl = pytest.importorskip("openpyxl")

NAMES = ["code", "amount", "other"]


def make_form_record(**fields: tuple[str, str]) -> dict[str, Any]:
    own = [{"name": name, "text": t, "confidence": 0.9, "status": status} for name, (t, status) in fields.items()]
    return {"file": "=x.jpg", "page": 2, "status": "ok", "form_page": 1, "fields": own, "sums": [], "numbers": []}


def load(tmp_path: Path, *records: dict[str, Any]) -> Any:
    path = tmp_path / "forms.xlsx"
    assert write_form_workbook(path, records, NAMES) == [path]
    assert is_own_workbook(path)
    (sheet,) = openpyxl.load_workbook(path).worksheets
    return sheet


def list_colored(sheet: Any) -> list[str]:
    return [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.fill.fill_type]


def test_row_per_page_and_columns_per_field(tmp_path: Path) -> None:
    record = make_form_record(code=("0012", "accepted"), amount=("907", "rejected"), other=("", "blank"))
    sheet = load(tmp_path, record)
    head, row = sheet.iter_rows(values_only=True)
    assert head[:8] == ("file", "page", "form_page", "status", "reason", "code", "code_confidence", "code_status")
    assert row[:11] == ("./=x.jpg", 2, 1, "rejected", None, "0012", 0.9, "accepted", 907, 0.9, "rejected")
    assert row[11:] == (None, 0.9, "blank")
    assert sheet["F2"].data_type == "s" and sheet["F2"].number_format == "@"
    assert list_colored(sheet) == ["D2", "I2"]
    assert sheet.freeze_panes == "B2"


def test_failed_page_has_its_reason(tmp_path: Path) -> None:
    sheet = load(tmp_path, make_record(Failure("y.jpg", 1, "other-form", "no form", "")), make_form_record())
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert rows[0] == ("y.jpg", 1, None, "failed", "no form", *[None] * 9)
    assert rows[1][:4] == ("./=x.jpg", 2, 1, "accepted")
    assert list_colored(sheet) == []


def test_no_page_is_the_head_alone(tmp_path: Path) -> None:
    assert load(tmp_path).max_row == 1
