from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.errors import Failure
from pipeline.outputs.form_csv_writer import FormCsvWriter, describe_page
from pipeline.outputs.overwriting import is_own_result
from pipeline.outputs.records import make_record
from pipeline.outputs.text_writer import format_text


def make_form_record(**texts: str) -> dict[str, Any]:
    fields = [{"name": n, "text": t, "confidence": 0.9, "status": "accepted"} for n, t in texts.items()]
    sums = [{"total": "b", "status": "wrong", "reason": "b is 3, but, 2"}]
    return {"file": "=x.jpg", "page": 2, "status": "ok", "form_page": 1, "fields": fields, "sums": sums, "numbers": []}


def test_row_per_page_and_columns_per_field() -> None:
    writer = FormCsvWriter(["a", "b"])
    assert writer.start({}) == "file,page,form_page,status,reason,a,a_confidence,a_status,b,b_confidence,b_status\n"
    assert writer.format_page(make_form_record(b="07"), True) == (
        './=x.jpg,2,1,rejected,"b is 3, but, 2",,,,07,0.9,accepted\n'
    )
    failed = make_record(Failure("y.jpg", 1, "other-form", "no form", ""))
    assert writer.format_page(failed, False) == "y.jpg,1,,failed,no form,,,,,,\n"
    assert writer.finish() == ""


def test_page_without_doubt_is_accepted() -> None:
    record = make_form_record(a="1")
    record["sums"] = []
    assert describe_page(record) == ("accepted", None)
    record["fields"][0]["status"] = "rejected"
    assert describe_page(record) == ("rejected", None)


def test_own_tables_of_forms_may_be_replaced(tmp_path: Path) -> None:
    record = make_form_record(a="1", b="")
    record["fields"][0]["status"] = "rejected"
    table, text = tmp_path / "a.csv", tmp_path / "a.txt"
    table.write_text(FormCsvWriter(["a"]).start({}), encoding="utf-8")
    text.write_text(format_text(record) + "\n", encoding="utf-8")
    assert text.read_text(encoding="utf-8") == "=x.jpg [2]: a=1? b=\n"
    assert is_own_result(table) and is_own_result(text)
