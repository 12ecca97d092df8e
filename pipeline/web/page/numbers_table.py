"""A page's numbers -> the rows of the table to edit: added ones, doubtful ones, the others; edits -> corrections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipeline.errors import UsageError
from pipeline.outputs.corrected_places import find_field
from pipeline.outputs.corrections import NO_NUMBER, parse_value
from pipeline.outputs.explain import explain
from pipeline.outputs.records import Record
from pipeline.web.page.session import AddedNumber, OpenedPage

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
    crops : data URIs, one per number that was read and then one per number that was added
    """
    places = _name_places(page.record)
    rows = _make_added_rows(page, crops[len(places) :])
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


def _make_added_rows(page: OpenedPage, crops: Sequence[str]) -> list[dict[str, Any]]:
    if not page.typed:
        return []
    record = page.correct()
    numbers = {tuple(number["box"]): number for number in record["numbers"] if number.get("added")}
    rows = []
    for one, crop in zip(page.typed, crops, strict=True):
        number, at = numbers[tuple(one.box.as_list())], find_field(record.get("fields", ()), one.box.as_list())
        place = _name_place(number) if at is None else record["fields"][at]["name"]
        rows.append({CROP: crop, NUMBER: one.text, IS_RIGHT: True, SURE: None, PLACE: place, REASON: explain(number)})
    return rows


def _name_places(record: Record) -> list[str]:
    """Return where each number is: its field of a form, its row and column of a table, or its line."""
    written = [field["name"] for field in record.get("fields", ()) if field["text"]]
    if len(written) == len(record["numbers"]):
        return written
    return list(map(_name_place, record["numbers"]))


def _name_place(number: Mapping[str, Any]) -> str:
    return f"row {number['row']}, column {number['column']}" if number.get("row") else f"line {number['line']}"


def apply_edits(page: OpenedPage, edits: Mapping[int, Mapping[str, Any]]) -> list[str]:
    """Put what a user has edited into the corrections of a page; return a sentence for each value that is no number.

    A number that was changed counts as corrected, and one whose box *right* was ticked as confirmed. To take the tick
    away, or to empty the cell, takes the correction back, and an added number away.

    Parameters
    ----------
    page : its corrections and added numbers are changed
    edits : by row of `make_rows`, the new values by column
    """
    added, order = page.typed, order_numbers(page.record)
    wrong = []
    for row, edit in edits.items():
        try:
            if 0 <= row < len(added):
                _edit_added(page, added[row], edit, row)
            elif 0 <= row - len(added) < len(order):
                _edit_read(page, order[row - len(added)], edit, row)
        except UsageError as error:
            wrong.append(str(error))
    return wrong


def _edit_added(page: OpenedPage, one: AddedNumber, edit: Mapping[str, Any], row: int) -> None:
    text = str(edit[NUMBER] or "") if NUMBER in edit else one.text
    value = parse_value(f"row {row + 1}", text) if text.strip() and edit.get(IS_RIGHT) is not False else None
    at = page.added.index(one)
    if value is None:
        del page.added[at]
        page.version += 1
    else:
        page.added[at] = replace(one, text=value)


def _edit_read(page: OpenedPage, index: int, edit: Mapping[str, Any], row: int) -> None:
    read = page.record["numbers"][index]["text"]
    text = str(edit[NUMBER] or "") if NUMBER in edit else page.corrections.get(index, read)
    is_right = edit.get(IS_RIGHT)
    page.corrections.pop(index, None)
    if is_right is False or not text.strip() or (text.strip() == read and is_right is None):
        return
    page.corrections[index] = parse_value(f"row {row + 1}", text) or NO_NUMBER
