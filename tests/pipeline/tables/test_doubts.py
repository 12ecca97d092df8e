"""What makes a cell or a table doubtful."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import Box
from pipeline.tables.doubts import find_unread, has_gap, has_lines, is_doubtful, is_frame
from pipeline.types import Digit, Reading


def make_reading(*boxes: Box) -> Reading:
    return Reading("1" * len(boxes), 0.9, Box.around(boxes), tuple(Digit("1", 0.9, box) for box in boxes))


LEFT, RIGHT, FAR, BELOW = Box(0, 0, 10, 20), Box(12, 0, 22, 20), Box(60, 0, 70, 20), Box(0, 30, 10, 50)


def test_unread_ink() -> None:
    ink = np.zeros((60, 100), np.uint8)
    assert find_unread(ink, []) == find_unread(ink, [LEFT]) == []
    ink[LEFT.slices] = ink[FAR.slices] = ink[40:42, 30:90] = 255  # a digit, one that was not read, and a wall
    ink[50:53, 5:8] = 255  # a speck
    assert find_unread(ink, [LEFT]) == [FAR, Box(30, 40, 90, 42)]


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([], False),
        ([make_reading(LEFT, RIGHT)], False),
        ([make_reading(LEFT, FAR)], True),
        ([make_reading(LEFT), make_reading(RIGHT)], True),
    ],
)
def test_gap(readings: list[Reading], expected: bool) -> None:
    assert has_gap(readings) is expected


def test_lines_of_numbers() -> None:
    assert has_lines([make_reading(LEFT), make_reading(BELOW)])
    assert not has_lines([make_reading(LEFT), make_reading(FAR)])


@pytest.mark.parametrize(
    ("n_misfits", "n_filled", "walls", "expected"),
    [(0, 0, [], False), (3, 10, [], False), (4, 10, [], True), (0, 9, [1, 1, 1, 0], False), (0, 9, [1, 0], True)],
)
def test_whole_table(n_misfits: int, n_filled: int, walls: list[int], expected: bool) -> None:
    assert is_doubtful(n_misfits, n_filled, [np.array(walls, bool)]) is expected


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([], True),
        ([[make_reading(LEFT), make_reading(BELOW)]], True),
        ([[make_reading(LEFT), make_reading(BELOW)], [make_reading(FAR)]], True),
        ([[make_reading(LEFT)], [make_reading(FAR)]], False),
        ([[make_reading(LEFT), make_reading(BELOW)]] * 4, False),
    ],
    ids=["nothing", "all numbers in one cell", "half of its cells", "a number a cell", "a table read badly"],
)
def test_frame_around_numbers_is_no_table(cells: list[list[Reading]], expected: bool) -> None:
    assert is_frame(cells) is expected
