"""Boxes by eye: their sides, what they share, what lies within another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.geometry import Box, is_within, measure_overlap, move_box

BOX = Box(2, 3, 6, 10)
BOXES = st.tuples(*[st.integers(-50, 50)] * 2, *[st.integers(1, 60)] * 2).map(
    lambda n: Box(n[0], n[1], n[0] + n[2], n[1] + n[3])
)


def test_box_by_eye() -> None:
    picture = np.arange(120).reshape(10, 12)
    assert (BOX.width, BOX.height, BOX.center, BOX.as_list()) == (4, 7, (4.0, 6.5), [2, 3, 6, 10])
    assert picture[BOX.slices].shape == (7, 4)
    assert picture[BOX.slices][0, 0] == picture[3, 2]
    assert Box.around([Box(0, 0, 3, 4), BOX]) == Box(0, 0, 6, 10)


@given(BOXES, BOXES)
def test_around_is_the_smallest_box_that_holds_both(a: Box, b: Box) -> None:
    both = Box.around([a, b])
    assert both == Box.around([b, a]) == Box.around([both, a])
    assert {both.left, both.top} <= {a.left, b.left, a.top, b.top}
    for box in (a, b):
        assert both.left <= box.left and both.top <= box.top
        assert both.right >= box.right and both.bottom >= box.bottom


@pytest.mark.parametrize(
    ("other", "shared"),
    [(Box(0, 0, 4, 4), 16), (Box(2, 1, 9, 9), 6), (Box(4, 0, 8, 4), 0), (Box(9, 9, 10, 10), 0), (Box(1, 1, 2, 3), 2)],
    ids=["itself", "a corner", "side by side", "apart", "inside"],
)
def test_shared_area_by_hand(other: Box, shared: int) -> None:
    box = Box(0, 0, 4, 4)
    assert box.measure_shared(other) == other.measure_shared(box) == shared


def test_box_around_by_hand() -> None:
    assert Box.around([Box(3, 4, 5, 6), Box(0, 5, 4, 9)]) == Box(0, 4, 5, 9)
    with pytest.raises(ValueError, match="Box: expected at least one box"):
        Box.around([])


def test_box_moves_by_whole_pixels() -> None:
    assert move_box(BOX, 1.4, -2.6) == Box(3, 0, 7, 7)
    assert move_box(BOX, 0, 0) == BOX


@pytest.mark.parametrize(
    ("other", "overlap"),
    [(Box(0, 0, 4, 4), 1), (Box(2, 0, 6, 4), 1 / 3), (Box(4, 0, 8, 4), 0), (Box(0, 0, 2, 2), 1 / 4)],
    ids=["itself", "half", "side by side", "inside"],
)
def test_overlap_by_hand(other: Box, overlap: float) -> None:
    assert measure_overlap(Box(0, 0, 4, 4), other) == measure_overlap(other, Box(0, 0, 4, 4)) == pytest.approx(overlap)


@pytest.mark.parametrize(
    ("part", "expected"),
    [(Box(4, 4, 8, 8), True), (Box(8, 4, 12, 8), False), (Box(7, 0, 12, 1), True), (Box(0, 0, 90, 9), False)],
    ids=["whole", "half", "three fifths", "larger"],
)
def test_part_lies_within_where_most_of_it_does(part: Box, expected: bool) -> None:
    assert is_within(part, Box(0, 0, 10, 10)) is expected
