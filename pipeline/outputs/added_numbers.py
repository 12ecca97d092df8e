"""Numbers that a person has added to a page, where reading found none: into its record, in reading order.

Such a number has ``"added": true``, no digits, and a confidence of 1. With tables it belongs to the cell that its
center lies in. It joins the text line of the numbers in the row of that cell, or of the number beside it; where there
is none, it makes a line of its own, and the lines below it count one more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from pipeline.geometry import Box
from pipeline.outputs.records import Record

ADDED = "added"
"""The key that is added to a number."""

_LEAST_BESIDE = 0.5
"""Share of the lower one's height that two numbers of one text line have in common."""

_PLACE = ("table", "row", "column")


def add_number(record: Record, box: Box, text: str) -> None:
    """Put a number into the record of a page that was read.

    Parameters
    ----------
    record : changed; its numbers are made anew, not changed
    box : of the number, px of the upright original
    text : its digits and signs

    Raises
    ------
    ValueError
        If the page was not read, or the box is not within it.
    """
    width, height = record["size_px"] or (0, 0)
    if box.left < 0 or box.top < 0 or box.right > width or box.bottom > height:
        raise ValueError(f"box: expected one within {width} x {height} px, received {box.as_list()}")
    numbers: list[dict[str, Any]] = record["numbers"]
    place = dict(zip(_PLACE, _find_cell(record["tables"], box), strict=True)) if "tables" in record else {}
    boxes = [_turn(Box(*n["box"]), record) for n in numbers]
    at, line, is_new = _find_line(boxes, numbers, _turn(box, record), _list_row(numbers, place))
    own = {
        **{"text": text, "confidence": 1.0, "status": "accepted", "reason": None, "line": line, "box": box.as_list()},
        **{"writing": None, "digits": [], ADDED: True, **place},
    }
    after = [{**n, "line": n["line"] + 1} if is_new and n["line"] >= line else n for n in numbers]
    record["numbers"] = [*after[:at], own, *after[at:]]


def _turn(box: Box, record: Record) -> Box:
    """Return a box of the upright original as it lies on the page that was read, which may have been turned."""
    width, height = record["size_px"]
    for _ in range(record["turned_deg"] // 90):  # counterclockwise
        box = Box(box.top, width - box.right, box.bottom, width - box.left)
        width, height = height, width
    return box


def _list_row(numbers: Sequence[dict[str, Any]], place: dict[str, Any]) -> list[int]:
    """Return the indices of the numbers that stand in the same row of a table; none for a place in no table."""
    if place.get("table") is None:
        return []
    return [i for i, n in enumerate(numbers) if (n.get("table"), n.get("row")) == (place["table"], place["row"])]


def _find_line(
    boxes: Sequence[Box], numbers: Sequence[dict[str, Any]], own: Box, row: Sequence[int]
) -> tuple[int, int, bool]:
    """Return where a number goes among the numbers of a page, its text line, and whether that is a new one.

    `row` holds the indices of those in its row of a table.
    """
    beside = row or [i for i, box in enumerate(boxes) if _share_height(box, own) >= _LEAST_BESIDE]
    if beside:
        nearest = min(beside, key=lambda i: max(boxes[i].left - own.right, own.left - boxes[i].right))
        line = numbers[nearest]["line"]
        before = [i for i, n in enumerate(numbers) if n["line"] == line and boxes[i].left <= own.left]
        first = next(i for i, n in enumerate(numbers) if n["line"] == line)
        return before[-1] + 1 if before else first, line, False
    above = [i for i, box in enumerate(boxes) if box.center[1] <= own.center[1]]
    line = 1 + max((numbers[i]["line"] for i in above), default=0)
    at = next((i for i, n in enumerate(numbers) if n["line"] >= line), len(numbers))
    return at, line, True


def _share_height(a: Box, b: Box) -> float:
    """Return how much of the lower one's height two boxes have in common, 0 to 1."""
    shared = min(a.bottom, b.bottom) - max(a.top, b.top)
    return max(0, shared) / min(a.height, b.height)


def _find_cell(tables: Sequence[dict[str, Any]], box: Box) -> tuple[int, int, int] | tuple[None, None, None]:
    """Return the table, row and column, from 1, of the cell that the center of a box lies in; Nones without one."""
    for at, table in enumerate(tables, 1):
        for cell in table["cells"]:
            outline = np.array(cell["corners"], np.float32)
            if cv2.pointPolygonTest(outline, box.center, False) >= 0:
                return at, cell["row"], cell["column"]
    return None, None, None
