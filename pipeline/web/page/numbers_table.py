"""A page's numbers -> the rows of the table to edit, doubtful ones first; what was edited -> corrections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.errors import UsageError
from pipeline.outputs.corrections import NO_NUMBER, parse_value
from pipeline.outputs.records import Record
from pipeline.web.page.session import OpenedPage

CROP, NUMBER, IS_RIGHT, SURE, PLACE, REASON = "picture", "number", "right", "sure", "place", "reason"
"""The columns."""


def order_numbers(record: Record) -> list[int]:
    """Return the indices of a record's numbers: rejected ones by their confidence, then the others in reading order."""
    numbers = record["numbers"]

    def rank(index: int) -> tuple[bool, float]:
        is_accepted = numbers[index]["status"] == "accepted"
        return is_accepted, 0.0 if is_accepted else numbers[index]["confidence"]

    return sorted(range(len(numbers)), key=rank)


def make_rows(page: OpenedPage, crops: Sequence[str]) -> list[dict[str, Any]]:
    """Return the rows of a page's table, with its corrections in them.

    Parameters
    ----------
    page : that was read
    crops : data URIs, one per number
    """
    places = _name_places(page.record)
    rows = []
    for index in order_numbers(page.record):
        number = page.record["numbers"][index]
        rows.append(
            {
                CROP: crops[index],
                NUMBER: page.corrections.get(index, number["text"]),
                IS_RIGHT: index in page.corrections,
                SURE: 100 * number["confidence"],
                PLACE: places[index],
                REASON: number["reason"] or "",
            }
        )
    return rows


def _name_places(record: Record) -> list[str]:
    """Return where each number is: its field of a form, its row and column of a table, or its line."""
    written = [field["name"] for field in record.get("fields", ()) if field["text"]]
    if len(written) == len(record["numbers"]):
        return written
    return [f"row {n['row']}, column {n['column']}" if n.get("row") else f"line {n['line']}" for n in record["numbers"]]


def apply_edits(page: OpenedPage, edits: Mapping[int, Mapping[str, Any]]) -> list[str]:
    """Put what a user has edited into the corrections of a page; return a sentence for each value that is no number.

    A number that was changed counts as corrected, and one whose box *right* was ticked as confirmed. To take the tick
    away, or to empty the cell, takes the correction back.

    Parameters
    ----------
    page : its corrections are changed
    edits : by row of `make_rows`, the new values by column
    """
    order = order_numbers(page.record)
    wrong = []
    for row, edit in edits.items():
        if not 0 <= row < len(order):
            continue
        index = order[row]
        read = page.record["numbers"][index]["text"]
        text = str(edit[NUMBER] or "") if NUMBER in edit else page.corrections.get(index, read)
        is_right = edit.get(IS_RIGHT)
        if is_right is False or not text.strip() or (text.strip() == read and is_right is None):
            page.corrections.pop(index, None)
            continue
        try:
            page.corrections[index] = parse_value(f"row {row + 1}", text) or NO_NUMBER
        except UsageError as error:
            wrong.append(str(error))
            page.corrections.pop(index, None)
    return wrong
