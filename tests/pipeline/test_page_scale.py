"""Digit height and slope of a line, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import Box
from pipeline.page_scale import crop_reduced, fit_middle, measure_digit_height, measure_level, resize_area


def test_digit_height_is_that_of_large_ink() -> None:
    dashes = [Box(30 * i, 0, 30 * i + 4, 2) for i in range(5)]
    assert measure_digit_height([Box(0, 0, 30, 40), Box(40, 0, 70, 42), *dashes]) in (40, 42)
    assert measure_digit_height([Box(0, 0, 1, 1)]) == 1


def test_weights_replace_area() -> None:
    boxes = [Box(0, 0, 30, 40), Box(40, 0, 60, 20)]
    assert measure_digit_height(boxes) == 40
    assert measure_digit_height(boxes, [0.4, 1.0]) == 20


def test_no_box_has_no_height() -> None:
    with pytest.raises(ValueError, match="at least one value"):
        measure_digit_height([])


def test_middle_of_a_line_by_hand() -> None:
    boxes = [Box(100 * i, 50 + 20 * i, 100 * i + 20, 70 + 20 * i) for i in range(5)]
    assert fit_middle(boxes) == (pytest.approx(0.2), pytest.approx(60 - 0.2 * 10))
    assert fit_middle([*boxes, Box(600, 0, 604, 300)])[0] == pytest.approx(0.2, abs=0.05), "a wall at its end"
    assert fit_middle(boxes[:2])[0] == 0, "two boxes are too few"
    steep = [Box(30 * i, 90 * i, 30 * i + 20, 90 * i + 20) for i in range(5)]
    assert fit_middle(steep)[0] == pytest.approx(3)
    assert fit_middle([Box(0, 40 * i, 20, 40 * i + 20) for i in range(4)])[0] == 0, "one above the other"


@pytest.mark.parametrize("slope", np.linspace(-0.5, 0.5, 5))
def test_level_is_that_of_a_box_alone(slope: float) -> None:
    assert measure_level([Box(10, 20, 30, 40)], slope) == pytest.approx(30 - 20 * slope)


@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        ((0, 0, 20, 10), [[0, 1], [2, 3]]),
        ((0, 0, 1, 1), [[0]]),
        ((19, 9, 30, 30), [[3]]),
        ((-50, -50, -9, -9), [[0]]),
        ((12, 0, 18, 1), [[1]]),
    ],
    ids=["all", "first", "beyond the end", "before the start", "right"],
)
def test_part_of_a_reduced_picture(sides: tuple[float, ...], expected: list[list[int]]) -> None:
    reduced = np.array([[0, 1], [2, 3]], np.uint8)
    assert crop_reduced(reduced, sides, (10, 20)).tolist() == expected


def test_both_scales_of_a_thin_page_count() -> None:
    reduced = np.arange(320, dtype=np.uint8)[None]  # 1800 x 9 px, a row of 320
    assert crop_reduced(reduced, (1790, 0, 1799, 8), (9, 1800)).tolist() == [[62, 63]]


@pytest.mark.parametrize("size_px", [(4, 2), (2, 1), (3, 1), (8, 4), (1, 1)])
def test_reduced_px_is_the_mean_of_what_it_covers(size_px: tuple[int, int]) -> None:
    gray = np.arange(32, dtype=np.uint8).reshape(4, 8) * 7
    width, height = size_px
    whole = np.repeat(np.repeat(gray.astype(float), height, axis=0), width, axis=1)
    expected = whole.reshape(height, 4, width, 8).mean(axis=(1, 3))
    assert np.abs(resize_area(gray, size_px) - expected).max() <= 2
