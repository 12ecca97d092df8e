"""Small ink beside digits: its shape, by eye."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.decoding.marks import LabeledInk, find_marks, label_marks, measure_body, measure_mark, measure_reach
from pipeline.geometry import Box
from pipeline.types import PAPER_LEVEL, InkMask
from tests.support.drawing import draw_ink, parse


def label(ink: np.ndarray) -> LabeledInk:
    return label_marks(InkMask(ink), np.maximum(ink, PAPER_LEVEL))


SHAPES = {
    "one pixel": (["#"], 1, 1, None),
    "square": (["###", "###", "###"], 3, 3, None),
    "level bar": (["######", "######"], 6, 2, 0),
    "upright bar": (["#", "#", "#", "#"], 4, 1, 90),
    "falling": (["#....", ".#...", "..#..", "...#.", "....#"], 7.07, 1, 45),
    "rising": (["....#", "...#.", "..#..", ".#...", "#...."], 7.07, 1, 45),
}


@pytest.mark.parametrize(("rows", "length_px", "breadth_px", "tilt_deg"), SHAPES.values(), ids=SHAPES)
def test_shape_of_a_mark(rows: list[str], length_px: float, breadth_px: float, tilt_deg: float | None) -> None:
    ink = np.pad(parse(*rows), 2)
    mark = measure_mark(label(ink), 1)
    assert (mark.length_px, mark.breadth_px) == pytest.approx((length_px, breadth_px), abs=0.1)
    assert mark.elongation == pytest.approx(length_px / breadth_px, rel=0.1)
    assert mark.box == Box(2, 2, 2 + len(rows[0]), 2 + len(rows))
    assert mark.contrast == 1
    assert tilt_deg is None or mark.tilt_deg == pytest.approx(tilt_deg)


def test_blank_page_has_no_marks() -> None:
    ink = label(np.zeros((20, 30), np.uint8))
    assert ink.boxes.shape == (0, 4)
    assert find_marks(ink, (0, 0, 30, 20), 50) == []


def test_marks_are_small_whole_and_in_the_zone() -> None:
    ink = label(draw_ink((20, 10, 24, 14), (60, 10, 64, 14), (20, 40, 60, 44), (0, 10, 4, 14), size_px=(80, 60)))
    boxes = {i: ink.boxes[i - 1].tolist() for i in find_marks(ink, (0, 0, 50, 60), 10)}
    assert list(boxes.values()) == [[20, 10, 24, 14]]
    assert len(find_marks(ink, (0, 0, 80, 60), 50)) == 3


def test_body_leaves_the_point_in_its_box_out() -> None:
    ink = label(draw_ink((10, 10, 16, 50), (22, 44, 28, 50), size_px=(60, 60)))
    body = measure_body(ink, Box(10, 10, 28, 50))
    assert body.box == Box(10, 10, 16, 50)
    assert len(body.labels) == 1 and body.contrast == 1
    assert 4 < body.stroke_width_px < 8


def test_body_keeps_both_halves_of_a_broken_digit() -> None:
    ink = label(draw_ink((10, 10, 16, 28), (10, 32, 16, 50), size_px=(60, 60)))
    assert measure_body(ink, Box(10, 10, 16, 50)).box == Box(10, 10, 16, 50)


def test_body_without_ink_is_its_box() -> None:
    body = measure_body(label(np.zeros((60, 60), np.uint8)), Box(10, 10, 16, 50))
    assert (body.box, body.labels) == (Box(10, 10, 16, 50), frozenset())


def test_reach_of_a_seven_is_less_at_its_foot() -> None:
    ink = label(draw_ink((10, 10, 40, 16), (10, 10, 16, 50), size_px=(60, 60)))
    body = measure_body(ink, Box(10, 10, 40, 50))
    assert measure_reach(ink, body, slice(10, 14)) == (10, 39)
    assert measure_reach(ink, body, slice(44, 50)) == (10, 15)
    assert measure_reach(ink, body, slice(52, 55)) is None
