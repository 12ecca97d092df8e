from __future__ import annotations

from typing import Any

from pipeline.outputs.report_grids import describe_grids
from tests.support.records import BLANK, FAILED, FULL, make_tables


def make_form(**fields: str) -> dict[str, Any]:
    """Return a form's record; a ? behind a text marks a doubtful field."""
    own = [
        {"name": name, "text": text.strip("?"), "confidence": 0.5, "status": "rejected" if "?" in text else "accepted"}
        | {"reason": "unsure" if "?" in text else None}
        for name, text in fields.items()
    ]
    return {
        "status": "ok",
        "form_page": 2,
        "fields": own,
        "sums": [],
        "numbers": [{}] * sum(map(bool, fields.values())),
    }


def test_page_without_any_has_nothing_more() -> None:
    assert [describe_grids(record) for record in (FULL, BLANK, FAILED)] == [{}] * 3


def test_doubtful_cells_have_their_numbers() -> None:
    (first, second) = describe_grids(make_tables([["12", "5 7?"], ["", "8"]], [["3?"]]))["tables"]
    assert first == [
        2,
        2,
        [
            *([1, 1, 1, 1, "12", "accepted", []], [1, 2, 1, 1, "5 7", "rejected", [1, 2]]),
            *([2, 1, 1, 1, "", "empty", []], [2, 2, 1, 1, "8", "accepted", []]),
        ],
    ]
    assert second == [1, 1, [[1, 1, 1, 1, "3", "rejected", [4]]]]


def test_doubtful_fields_have_their_numbers() -> None:
    page, status, reason, fields = describe_grids(make_form(a="07", b="", c="9?"))["form"]
    assert (page, status, reason) == (2, "rejected", None)
    assert fields[0] == ["a", "07", 0.5, "accepted", None, []]
    assert fields[2] == ["c", "9", 0.5, "rejected", "unsure", [1]]


def test_fields_whose_numbers_were_removed_have_none() -> None:
    record = make_form(a="07?", c="9?")
    record["numbers"] = record["numbers"][1:]
    assert [field[-1] for field in describe_grids(record)["form"][3]] == [[], []]
