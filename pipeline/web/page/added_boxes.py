"""The boxes that a user drags over a page and the numbers typed into them -> the added numbers of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.errors import UsageError
from pipeline.geometry import Box
from pipeline.outputs.corrections import parse_value
from pipeline.web.page.session import AddedNumber, OpenedPage


def list_boxes(page: OpenedPage) -> list[dict[str, Any]]:
    """Return the added numbers of a page as boxes to drag, each with its name and text."""
    return [{"name": one.name, "box": one.box.as_list(), "text": one.text} for one in page.added]


def list_read(page: OpenedPage) -> list[dict[str, Any]]:
    """Return the numbers that were read on a page as boxes that stay, each with its status."""
    read = [number for number in page.correct()["numbers"] if not number.get("added")]
    return [{"box": number["box"], "status": number["status"]} for number in read]


def apply_boxes(page: OpenedPage, boxes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Put the boxes as they were dragged, drawn and deleted into the added numbers of a page.

    Parameters
    ----------
    page : its added numbers are changed
    boxes : all of them, each with ``name``, "" for a new one, ``box``, px of the upright original, and ``text``

    Returns
    -------
    a sentence for each text that is no number; its box stays and waits for another one
    """
    known = {one.name: one for one in page.added}
    taken = {tuple(number["box"]) for number in page.record["numbers"]}
    page.added, wrong = [], list[str]()
    for one in boxes:
        sides = tuple(round(side) for side in one["box"])
        name = one["name"] or _choose_name([*known, *(added.name for added in page.added)])
        if sides in taken or (one["name"] and name not in known):
            continue
        text: str | None = known[name].text if name in known else ""
        if one.get("text", text) != text:
            try:
                text = parse_value("the number that you added", str(one["text"])) if one["text"].strip() else ""
            except UsageError as error:
                wrong.append(str(error))
        if text is not None:
            taken.add(sides)
            page.added.append(AddedNumber(name, Box(*sides), text))
    page.version += 1
    return wrong


def _choose_name(taken: Sequence[str]) -> str:
    number = 1
    while f"added {number}" in taken:
        number += 1
    return f"added {number}"
