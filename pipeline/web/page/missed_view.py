"""The picture of a page on which its user drags a box over a number that was missed, and types it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pipeline.web.page.added_boxes import apply_boxes, list_boxes, list_read
from pipeline.web.page.components.components import BoxWords, edit_boxes, read_boxes
from pipeline.web.page.pictures import decode_picture, make_uri, shrink_picture
from pipeline.web.page.session import OpenedPage
from pipeline.web.page.user import User, escape

_HINT = "Drag over a number that was missed; tap a box to choose it"
_WORDS = BoxWords("Page with its numbers", _HINT, "Number in this box")

_WRONG = "missed-wrong"
"""Key of the sentences about what was last typed."""


def show_missed(user: User, page: OpenedPage, take_edits: Callable[[], list[str]]) -> bool:
    """Show the picture to add numbers on, if its user wants to; return whether it is shown.

    Parameters
    ----------
    user : sees the page
    page : that was read; its added numbers are changed
    take_edits : takes in what was edited in the table of numbers, before it gets other rows; returns what is wrong
    """
    if not st.toggle("Add a number that was missed", key=f"add-{page.key}"):
        return False
    size_px = page.record["size_px"][0], page.record["size_px"][1]
    key = f"missed-{user.generation}-{page.key}"

    def take_in() -> None:
        boxes = read_boxes(st.session_state.get(key), size_px)
        if boxes is not None:
            st.session_state[_WRONG] = [*take_edits(), *apply_boxes(page, boxes)]

    picture = make_uri(shrink_picture(decode_picture(page.picture)))
    edit_boxes(key, picture, size_px, list_boxes(page), take_in, list_read(page), _WORDS)
    for sentence in st.session_state.pop(_WRONG, ()):
        st.error(escape(sentence))
    return True
