"""The components as functions of Streamlit: each is a file of HTML, of CSS and of JavaScript beside this one."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import streamlit as st

_PNG_URI = "data:image/png;base64,"
_MOST_DRAWING_CHARS, _MOST_BOXES, _MOST_TEXT_CHARS = 8_000_000, 1000, 1000


def _read(name: str) -> str:
    return files("pipeline.web.page.components").joinpath(name).read_text("utf-8")


_drawing = st.components.v2.component(
    "digits_drawing", html=_read("drawing.html"), css=_read("drawing.css"), js=_read("drawing.js")
)
_boxes = st.components.v2.component(
    "digits_boxes", html=_read("boxes.html"), css=_read("boxes.css"), js=_read("boxes.js")
)


def draw_sheet(key: str) -> bytes | None:
    """Show a sheet to draw on; return the drawing as PNG in the run in which its user asks to read it, else None."""
    result = _drawing(key=key, on_drawn_change=_do_nothing)
    return decode_drawing(result.drawn)


def decode_drawing(uri: object) -> bytes | None:
    """Return the bytes of a data URI of a PNG; None for anything else that a browser may send."""
    if not isinstance(uri, str) or not uri.startswith(_PNG_URI) or len(uri) > _MOST_DRAWING_CHARS:
        return None
    try:
        return base64.b64decode(uri.removeprefix(_PNG_URI), validate=True) or None
    except binascii.Error:
        return None


@dataclass(frozen=True, slots=True)
class BoxWords:
    """What is said about a picture with boxes: its name, what to do with it, what to type; "" for nothing to type."""

    label: str
    hint: str
    entry: str = ""


FORM_WORDS = BoxWords("Blank form with its fields", "Drag over the form to draw a box; tap a box to choose it")


def edit_boxes(
    key: str,
    picture: str,
    size_px: tuple[int, int],
    boxes: Sequence[Mapping[str, Any]],
    on_change: Callable[[], None],
    fixed: Sequence[Mapping[str, Any]] = (),
    words: BoxWords = FORM_WORDS,
) -> None:
    """Show a picture with boxes to drag; what was dragged is in the session's state of this key, as `read_boxes` takes.

    Parameters
    ----------
    key : of the widget
    picture : data URI
    size_px : (width, height) of the original, whose px the boxes are in
    boxes : each with its ``name`` and ``box``, and with its ``text`` where one is to be typed
    on_change : called when a box was moved, drawn or deleted, or a text was typed
    fixed : boxes that are shown alone, each with its ``box`` and ``status``
    words : what is said about it
    """
    data = {"picture": picture, "width": size_px[0], "height": size_px[1], "boxes": list(boxes)}
    data |= {"fixed": list(fixed), "label": words.label, "hint": words.hint, "entry": words.entry}
    _boxes(key=key, data=data, on_boxes_change=on_change)


def read_boxes(state: object, size_px: tuple[int, int]) -> list[dict[str, Any]] | None:
    """Return the boxes that a browser has sent, within the picture; None if they are not such.

    Parameters
    ----------
    state : of the widget, with ``boxes``
    size_px : (width, height) of the original
    """
    sent = state.get("boxes") if isinstance(state, Mapping) else getattr(state, "boxes", None)
    if not isinstance(sent, list) or len(sent) > _MOST_BOXES:
        return None
    boxes = []
    for one in sent:
        box, name = (one.get("box"), one.get("name")) if isinstance(one, Mapping) else (None, None)
        if not (isinstance(box, list) and len(box) == 4 and all(isinstance(side, int | float) for side in box)):
            return None
        left, right = sorted(min(max(0, side), size_px[0]) for side in box[::2])
        top, bottom = sorted(min(max(0, side), size_px[1]) for side in box[1::2])
        if right - left >= 1 and bottom - top >= 1:
            text = {"text": str(one["text"])[:_MOST_TEXT_CHARS]} if "text" in one else {}
            boxes.append({"name": str(name or ""), "box": [left, top, right, bottom], **text})
    return boxes


def _do_nothing() -> None:
    """Let Streamlit know that a value is expected."""
