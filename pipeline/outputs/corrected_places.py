"""Corrected numbers of a record -> the cells of its tables and the fields of its form that they stand in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.geometry import Box
from pipeline.outputs.records import Record


def carry_over(record: Record) -> None:
    """Put the texts of corrected and removed numbers into the tables and fields of their record.

    The sums of a form stay as they were read.

    Parameters
    ----------
    record : changed; its tables and fields are made anew, not changed
    """
    changed = [number for number in record["numbers"] if "corrected_from" in number]
    removed = record.get("removed", ())
    if changed or removed:
        if record.get("tables"):
            places = {_find_place(number) for number in (*changed, *removed)}
            record["tables"] = [
                _change_table(t, at, places, record["numbers"]) for at, t in enumerate(record["tables"], 1)
            ]
        if record.get("fields"):
            record["fields"] = _change_fields(record["fields"], changed, removed)


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
    fields: Sequence[dict[str, Any]], changed: Sequence[dict[str, Any]], removed: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    new = list(fields)
    for number, text in [*((n, n["text"]) for n in changed), *((n, "") for n in removed)]:
        box = Box(*number["box"])
        at = max(range(len(new)), key=lambda i: Box(*fields[i]["box"]).measure_shared(box))
        if Box(*fields[at]["box"]).measure_shared(box):
            status = "accepted" if text else "blank"
            new[at] = {**new[at], "text": text, "status": status, "reason": None, "proposal": None}
    return new
