from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import OutputError
from pipeline.geometry import Box
from pipeline.outputs.annotate import annotate, write_annotated
from pipeline.table import Cell, Table
from pipeline.types import PageReading, Reading

WHITE = 255


def make_page(*boxes: Box, status: str = "accepted", text: str = "4711") -> PageReading:
    reason = None if status == "accepted" else "unsure"
    readings = tuple(Reading(text, 0.5, box, (), status, reason) for box in boxes)  # type: ignore[arg-type]
    return PageReading("a.jpg", 1, (100, 100), readings, "digits", {})


def make_paper(width: int, height: int) -> np.ndarray:
    return np.full((height, width, 3), WHITE, np.uint8)


def find_drawn(bgr: np.ndarray) -> Box:
    """Return the box around all that is colored."""
    left, top, width, height = cv2.boundingRect(np.ptp(bgr, axis=2).astype(np.uint8))
    return Box(left, top, left + width, top + height)


def test_blank_page_stays_as_it_is() -> None:
    paper = make_paper(900, 700)
    assert np.array_equal(annotate(paper, make_page()), paper)


def test_the_picture_itself_is_left_alone_and_the_digits_stay_free() -> None:
    paper = make_paper(900, 700)
    drawn = annotate(paper, make_page(Box(300, 300, 500, 360)))
    assert (paper == WHITE).all()
    assert (drawn[300:360, 300:500] == WHITE).all()
    assert not (drawn == WHITE).all()


@pytest.mark.parametrize(("status", "channel"), [("accepted", 1), ("rejected", 2)])
def test_color_tells_the_status(status: str, channel: int) -> None:
    drawn = annotate(make_paper(900, 700), make_page(Box(300, 300, 500, 360), status=status))
    frame = drawn[330, 285:300].astype(int)
    assert frame[np.ptp(frame, axis=1).argmax()].argmax() == channel


def test_boxes_are_mapped_from_the_original() -> None:
    to_source = np.array([[2.0, 0, 0.5], [0, 2, 0.5], [0, 0, 1]])  # the page is half the original
    mapped = find_drawn(annotate(make_paper(900, 700), make_page(Box(600, 600, 1000, 720)), to_source))
    direct = find_drawn(annotate(make_paper(900, 700), make_page(Box(300, 300, 500, 360))))
    assert mapped == direct


def test_small_picture_is_enlarged_and_gets_room_for_its_label() -> None:
    drawn = annotate(make_paper(60, 20), make_page(Box(2, 1, 58, 19)))
    factor = drawn.shape[1] // 60
    above = drawn.shape[0] - 20 * factor
    assert factor >= 10
    assert above > 0
    assert (drawn[above + factor * 4 : above + factor * 16, factor * 8 : factor * 52] == WHITE).all()


def test_numbers_close_above_one_another_get_room_at_the_side() -> None:
    rows = [Box(20, top, 880, top + 90) for top in range(0, 700, 100)]
    drawn = annotate(make_paper(900, 700), make_page(*rows))
    assert drawn.shape[1] > 900
    assert all((drawn[row.slices] == WHITE).all() for row in rows)


@pytest.mark.parametrize(
    "box",
    [Box(0, 0, 200, 60), Box(700, 0, 900, 60), Box(0, 640, 200, 700), Box(880, 300, 900, 360), Box(0, 0, 900, 700)],
    ids=["top left", "top right", "bottom left", "narrow at the right", "everything"],
)
def test_label_stays_inside(box: Box) -> None:
    at_rim = annotate(make_paper(900, 700), make_page(box))
    free = annotate(make_paper(900, 700), make_page(Box(300, 300, 500, 360)))
    letters = [int((picture == WHITE).all(axis=2).sum()) for picture in (at_rim, free)]
    assert letters[0] > 0.5 * letters[1] or box.width == 900
    assert at_rim.shape[1] == 900


@given(st.integers(8, 400), st.integers(8, 400), st.lists(st.tuples(st.floats(0, 0.9), st.floats(0, 0.9)), max_size=5))
def test_any_picture_with_any_boxes(width: int, height: int, corners: list[tuple[float, float]]) -> None:
    boxes = [Box(int(x * width), int(y * height), width, height) for x, y in corners]
    drawn = annotate(make_paper(width, height), make_page(*boxes, text="12345678901234567890"))
    assert drawn.dtype == np.uint8
    assert drawn.shape[1] >= width
    assert drawn.shape[0] >= height


def test_written_under_a_name_of_any_letters(tmp_path: Path) -> None:
    for suffix in (".png", ".jpg"):
        path = write_annotated(make_paper(40, 30), tmp_path, "Zähler 数", suffix)
        assert path.name == f"Zähler 数.annotated{suffix}"
        assert cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR).shape == (30, 40, 3)
    with pytest.raises(OutputError, match="cannot be written"):
        write_annotated(make_paper(40, 30), tmp_path / "none", "a", ".png")


def test_cells_of_tables_are_drawn() -> None:
    corners = ((100, 80), (300, 90), (295, 190), (95, 180))
    table = Table(1, 1, (Cell(1, 1, "", "empty", corners),), True)
    drawn = annotate(make_paper(900, 700), replace(make_page(), tables=(table,)))
    box = find_drawn(drawn)
    assert abs(box.left - 95) <= 4 and abs(box.bottom - 191) <= 4
    assert (drawn[140, 200] == WHITE).all()
