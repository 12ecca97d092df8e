"""Skew: a known turn is measured back and taken out, and a turned page still knows where its pixels came from."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.components import find_components
from pipeline.lines import find_lines
from pipeline.settings import Settings
from pipeline.skew import deskew, measure_skew
from pipeline.types import InkMask, Page, TextLine
from tests.drawing import make_line, write_page

SETTINGS = Settings()
TURNS = [-40, -25, -12, -5, -1, 0, 0.7, 4, 9, 17, 30, 40]


def measure(gray: np.ndarray) -> float:
    darkness = 255 - gray
    components = find_components(InkMask(cv2.compare(darkness, 127, cv2.CMP_GT)), darkness, SETTINGS.components)
    return measure_skew(find_lines(components, SETTINGS.lines), SETTINGS.skew)


@pytest.mark.parametrize("turn_deg", TURNS)
def test_turn_of_a_line_comes_back_and_goes(turn_deg: float) -> None:
    gray = write_page("88088 80880", size_px=(560, 560), turn_deg=turn_deg, paper=255, pen=0)
    assert measure(gray) == pytest.approx(turn_deg, abs=0.5)
    assert measure(deskew(Page(gray), turn_deg).gray) == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize("turn_deg", TURNS)
def test_turn_of_a_page_comes_back_well_enough_to_read(turn_deg: float) -> None:
    rows = ("4207 1936", "5829 0617", "3061 9284")
    gray = write_page(*rows, size_px=(560, 560), turn_deg=turn_deg, paper=255, pen=0)
    assert measure(gray) == pytest.approx(turn_deg, abs=4)


@settings(max_examples=30)
@given(st.floats(-40, 40), st.integers(3, 90), st.integers(3, 90))
def test_turned_page_maps_its_pixels_back(skew_deg: float, width: int, height: int) -> None:
    gray = np.zeros((height, width), np.uint8)
    x, y = width // 3, height // 2
    gray[y, x] = 255
    start = np.array([[2.0, 0, 5], [0, 2, -3], [0, 0, 1]])
    turned = deskew(Page(gray, to_source=start, source_size_px=(200, 200)), skew_deg)
    bright = turned.gray.astype(float)
    rows, columns = np.indices(bright.shape)
    spot = np.array([(columns * bright).sum() / bright.sum(), (rows * bright).sum() / bright.sum(), 1])
    assert turned.to_source @ spot == pytest.approx(start @ [x, y, 1], abs=1.0)
    assert turned.source_size_px == (200, 200)
    corners = np.array([(i, j, 1) for i in (0, width - 1) for j in (0, height - 1)])
    held = (np.linalg.inv(turned.to_source) @ start @ corners.T)[:2].T
    assert held.min() >= -1 and (held <= bright.shape[::-1]).all()


def test_new_corners_repeat_the_rim_and_no_turn_changes_nothing() -> None:
    page = Page(write_page("42"))
    assert (deskew(page, 0.0).gray == page.gray).all()
    assert deskew(page, 30.0).gray[[0, 0, -1, -1], [0, -1, 0, -1]].tolist() == [225] * 4


def slope(*ys: int, step: int = 30) -> TextLine:
    return make_line(*[(step * i, y, step * i + 10, y + 20) for i, y in enumerate(ys)])


LEAST = SETTINGS.skew.least_components
LONG = tuple(range(0, 30 * 2 * LEAST, 30))
STRAY = (0, 100) * LEAST


@pytest.mark.parametrize(
    ("lines", "skew_deg"),
    [
        ([], 0),
        ([slope(*LONG[: LEAST - 1])], 0),
        ([slope(*LONG[:LEAST])], 45),
        ([slope(*LONG[LEAST::-1])], -45),
        ([slope(*STRAY)], 0),
        ([slope(*STRAY), slope(*LONG)], 45),
        ([slope(*LONG), slope(*[7] * LEAST)], 45),
        ([slope(*LONG[:LEAST]), slope(*[7] * len(LONG))], 0),
    ],
    ids=["none", "too short", "downhill", "uphill", "strays", "strays beside", "long beats short", "long is level"],
)
def test_skew_by_hand(lines: list[TextLine], skew_deg: float) -> None:
    assert measure_skew(lines, SETTINGS.skew) == pytest.approx(skew_deg, abs=0.01)


def test_limits_hold() -> None:
    assert measure_skew([slope(*LONG)], replace(SETTINGS.skew, least_components=len(LONG) + 1)) == 0
    wavy = [slope(*[y + 3 * (-1) ** i for i, y in enumerate(LONG)])]
    assert measure_skew(wavy, replace(SETTINGS.skew, most_stray_frac=0.0)) == 0
    assert measure_skew(wavy, replace(SETTINGS.skew, most_stray_frac=2.0)) == pytest.approx(45, abs=2)
