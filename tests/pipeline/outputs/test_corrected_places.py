from __future__ import annotations

from typing import Any

from pipeline.geometry import Box
from pipeline.outputs.added_numbers import add_number
from pipeline.outputs.corrected_places import carry_over
from tests.support.records import make_page, make_reading, make_tables


def correct(record: dict[str, Any], at: int, text: str | None) -> dict[str, Any]:
    """Return the record with a number corrected, or removed."""
    numbers = list(record["numbers"])
    number = numbers.pop(at)
    changed = {**record, "numbers": numbers}
    if text is None:
        changed["removed"] = [number]
    else:
        numbers.insert(at, {**number, "text": text, "status": "accepted", "corrected_from": number["text"]})
    carry_over(changed)
    return changed


def list_cells(record: dict[str, Any]) -> list[tuple[str, str]]:
    return [(cell["text"], cell["status"]) for cell in record["tables"][0]["cells"]]


def test_cell_has_the_right_value() -> None:
    record = make_tables([["1", "2"], ["", "3"]])
    before = list_cells(record)
    cells = list_cells(correct(record, 1, "77"))
    assert cells[1] == ("77", "accepted") and cells[0] == before[0] and cells[2:] == before[2:]
    assert list_cells(record) == before


def test_cell_without_its_number_is_empty() -> None:
    assert list_cells(correct(make_tables([["1", "2"]]), 0, None))[0] == ("", "empty")


def test_field_has_the_right_value() -> None:
    record = make_page(make_reading("12", 1, "unsure"))
    own, other = record["numbers"][0]["box"], [900, 900, 950, 950]
    field = {"name": "a", "text": "12", "status": "rejected", "reason": "unsure", "proposal": "17", "box": own}
    record["fields"] = [{**field, "name": "b", "box": other}, field]
    assert correct(record, 0, "17")["fields"][1] == {
        **field, "text": "17", "status": "accepted", "reason": None, "proposal": None
    }  # fmt: skip
    removed = correct(record, 0, None)["fields"]
    assert (removed[1]["text"], removed[1]["status"]) == ("", "blank")
    assert removed[0] == record["fields"][0]


def test_record_without_corrections_stays() -> None:
    record = make_tables([["1"]])
    tables = record["tables"]
    carry_over(record)
    assert record["tables"] is tables


def test_added_number_is_in_its_cell() -> None:
    record = make_tables([["1", ""]])
    record["tables"][0]["cells"][1]["corners"] = [[100, 0], [200, 0], [200, 90], [100, 90]]
    add_number(record, Box(110, 10, 140, 40), "5")
    carry_over(record)
    assert list_cells(record) == [("1", "accepted"), ("5", "accepted")]


def test_added_number_is_in_its_field_with_what_is_there() -> None:
    record = make_page(make_reading("12"))
    blank = {"name": "a", "text": "", "confidence": 0.4, "status": "blank", "reason": None, "proposal": None}
    record["fields"] = [
        {**blank, "box": [0, 0, 50, 50]},
        {**blank, "box": [60, 250, 900, 330], "text": "12", "status": "accepted"},
    ]
    add_number(record, Box(10, 10, 40, 40), "7")
    add_number(record, Box(700, 255, 800, 325), "3")
    carry_over(record)
    assert [(one["text"], one["status"], one["confidence"]) for one in record["fields"]] == [
        ("7", "accepted", 1.0),
        ("12 3", "accepted", 0.1235),
    ]


def test_number_in_no_field_changes_none() -> None:
    record = make_page()
    record["fields"] = [{"name": "a", "text": "", "status": "blank", "box": [0, 0, 50, 50]}]
    before = record["fields"][:]
    add_number(record, Box(100, 100, 140, 140), "7")
    carry_over(record)
    assert record["fields"] == before
