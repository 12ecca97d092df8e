from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import Box
from pipeline.outputs.crops import crop_number

ROWS = np.arange(100, dtype=np.uint8)[:, None, None] + np.zeros((1, 80, 3), np.uint8)


@pytest.mark.parametrize(
    ("box", "rows", "width"),
    [
        (Box(20, 40, 50, 60), (30, 69), 50),
        (Box(0, 0, 10, 20), (0, 29), 20),
        (Box(70, 90, 80, 100), (85, 99), 15),
        (Box(200, 200, 210, 220), (99, 99), 1),
    ],
    ids=["inside", "at the corner", "at the other, a small one", "beyond"],
)
def test_box_and_its_margin_within_the_picture(box: Box, rows: tuple[int, int], width: int) -> None:
    crop = crop_number(ROWS, box, None, 0.5, 2)
    assert (crop[0, 0, 0], crop[-1, 0, 0]) == rows
    assert crop.shape[1] == width


def test_least_margin_is_kept() -> None:
    assert crop_number(ROWS, Box(20, 40, 24, 42), None, 0.5, 5).shape == (12, 14, 3)


def test_box_of_a_larger_source_is_mapped() -> None:
    double = np.array([[2, 0, 0.5], [0, 2, 0.5], [0, 0, 1]], np.float64)
    crop = crop_number(ROWS, Box(40, 80, 100, 120), double, 0.0, 0)
    assert crop.shape == (20, 30, 3)
    assert (crop[0, 0, 0], crop[-1, 0, 0]) == (40, 59)
