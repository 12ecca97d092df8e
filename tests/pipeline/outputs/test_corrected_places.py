from __future__ import annotations

from typing import Any

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
