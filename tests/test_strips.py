"""Strips of text lines: level, upright, of one height, whatever the line's size, slope, slant and place on the page."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.illumination import PAPER_LEVEL
from pipeline.strips import cut_strips
from pipeline.types import Box, Component, TextLine


def draw_strokes(slant: float = 0.0, slope: float = 0.0, height_px: int = 60) -> tuple[np.ndarray, TextLine]:
    """Return darkness and the line of five strokes that lean by `slant` and stand 50 px apart, centers at 80, 130 .."""
    page, components = np.zeros((240, 500), np.uint8), []
    for x in range(80, 330, 50):
        own, middle = np.zeros_like(page), 120 + slope * (x - 180)
        for y in range(round(middle - height_px / 2), round(middle + height_px / 2)):
            center = x + slant * (middle - y)
            own[y, round(center - 3) : round(center + 3)] = 255
        left, top, width, height = cv2.boundingRect(own)
        mask = own[top : top + height, left : left + width].copy()
        box = Box(left, top, left + width, top + height)
        components.append(Component(box, mask, np.count_nonzero(mask), 6.0, 0.5))
        page = np.maximum(page, own)
    return np.where(page > 0, 200, PAPER_LEVEL).astype(np.uint8), TextLine(tuple(components))


@pytest.mark.parametrize("slope", [0.0, 0.2, -0.2])
@pytest.mark.parametrize("slant", [0.0, 0.2, 0.5, 0.9, -0.3])
def test_column_of_a_stroke_is_where_the_strip_shows_it(slant: float, slope: float) -> None:
    darkness, line = draw_strokes(slant, slope)
    strip = cut_strips(line, darkness)[0]
    _, _, _, centers = cv2.connectedComponentsWithStats((strip.pixels[:, :, 1] > 127).astype(np.uint8))
    shown = sorted((centers[1:, 0] + 0.5) / 2)
    told = [strip.find_column(x) for x in range(80, 330, 50)]
    assert shown == pytest.approx(told, abs=0.5)
    assert [strip.find_x(column) for column in told] == pytest.approx(range(80, 330, 50))
