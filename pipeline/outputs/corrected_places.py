"""Corrected and added numbers of a record -> the cells of its tables and the fields of its form that they stand in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.geometry import Box
from pipeline.outputs.added_numbers import ADDED
from pipeline.outputs.records import Record


def carry_over(record: Record) -> None:
    """Put the texts of corrected, added and removed numbers into the tables and fields of their record.

    The sums of a form stay as they were read.

    Parameters
    ----------
    record : changed; its tables and fields are made anew, not changed
    """
    changed = [number for number in record["numbers"] if "corrected_from" in number or number.get(ADDED)]
    removed = record.get("removed", ())
    if changed or removed:
        if record.get("tables"):
            places = {_find_place(number) for number in (*changed, *removed)}
            record["tables"] = [
                _change_table(t, at, places, record["numbers"]) for at, t in enumerate(record["tables"], 1)
            ]
        if record.get("fields"):
            record["fields"] = _change_fields(record["fields"], record["numbers"], [*changed, *removed])


def _find_place(number: dict[str, Any]) -> tuple[Any, ...]:
    return number.get("table"), number.get("row"), number.get("column")


def _change_table(
    table: dict[str, Any], at: int, places: set[tuple[Any, ...]], numbers: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    cells = []
    for cell in table["cells"]:
        place = at, cell["row"], cell["column"]
        if place in places:
            own = sorted((n for n in numbers if _find_place(n) == place), key=lambda n: n["box"][0])
            is_rejected = any(n["status"] == "rejected" for n in own)
            status = "rejected" if is_rejected else "accepted" if own else "empty"
            cell = {**cell, "text": " ".join(n["text"] for n in own), "status": status}
        cells.append(cell)
    return {**table, "cells": cells}


def _change_fields(
    fields: Sequence[dict[str, Any]], numbers: Sequence[dict[str, Any]], touched: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the fields, those that a touched number stands in with the numbers that stand in them now."""
    new = list(fields)
    for at in {at for number in touched if (at := find_field(fields, number["box"])) is not None}:
        own = sorted((n for n in numbers if find_field(fields, n["box"]) == at), key=lambda n: n["box"][0])
        is_rejected = any(n["status"] == "rejected" for n in own)
        status = "rejected" if is_rejected else "accepted" if own else "blank"
        text = " ".join(n["text"] for n in own)
        new[at] = {**fields[at], "text": text, "status": status, "reason": None, "proposal": None}
        if any(n.get(ADDED) for n in own):
            new[at]["confidence"] = min(n["confidence"] for n in own)
    return new


def find_field(fields: Sequence[dict[str, Any]], sides: Sequence[int]) -> int | None:
    """Return the index of the field that a box of these sides shares most with; None if it lies in no field."""
    box = Box(*sides)
    shared = [Box(*field["box"]).measure_shared(box) for field in fields]
    return max(range(len(shared)), key=shared.__getitem__) if any(shared) else None
