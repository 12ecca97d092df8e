from __future__ import annotations

import base64

import pytest

from pipeline.web.page.components.components import decode_drawing, read_boxes

PNG = "data:image/png;base64," + base64.b64encode(b"\x89PNG").decode()


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (PNG, b"\x89PNG"),
        (None, None),
        (7, None),
        ("data:image/svg+xml;base64,AAAA", None),
        ("data:image/png;base64,%%%", None),
        ("data:image/png;base64,", None),
        (PNG + "A" * 9_000_000, None),
    ],
    ids=["png", "none", "number", "svg", "no base64", "empty", "too long"],
)
def test_drawing_is_taken_from_what_a_browser_sends(sent: object, expected: bytes | None) -> None:
    assert decode_drawing(sent) == expected


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ([{"name": "a", "box": [1, 2, 30, 40]}], [{"name": "a", "box": [1, 2, 30, 40]}]),
        ([{"name": "a", "box": [1, 2, 30, 40], "text": "7"}], [{"name": "a", "box": [1, 2, 30, 40], "text": "7"}]),
        ([{"box": [30, 40, 1, 2]}], [{"name": "", "box": [1, 2, 30, 40]}]),
        ([{"name": "a", "box": [-5, -5, 500, 500]}], [{"name": "a", "box": [0, 0, 100, 50]}]),
        ([{"name": "a", "box": [5, 5, 5, 20]}], []),
        ([], []),
        ([{"name": "a", "box": [1, 2, 3]}], None),
        ([{"name": "a", "box": [1, 2, 3, "x"]}], None),
        (["a"], None),
        ("boxes", None),
        ([{"box": [1, 2, 3, 4]}] * 1001, None),
    ],
    ids=[
        "sent",
        "typed",
        "turned round",
        "beyond the picture",
        "flat",
        "none",
        "3 sides",
        "text",
        "no box",
        "no list",
        "many",
    ],
)
def test_boxes_are_taken_from_what_a_browser_sends(sent: object, expected: object) -> None:
    assert read_boxes({"boxes": sent}, (100, 50)) == expected


def test_state_without_boxes() -> None:
    assert read_boxes(None, (100, 50)) is None
