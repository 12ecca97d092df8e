"""Skew: a known turn is measured back and taken out, and a turned page still knows where its pixels came from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import load_classifier, load_pages, read_page
from pipeline.ink.components import find_components
from pipeline.layout.skew import deskew, list_turns, measure_direction, measure_rulings_skew, measure_skew
from pipeline.layout.text_lines import find_lines
from pipeline.settings.tree import Settings
from pipeline.types import InkMask, Page, TextLine
from tests.support.drawing import make_line, write_page

SETTINGS = Settings()
TURNS = [-40, -25, -12, -5, -1, 0, 0.7, 4, 9, 17, 30, 40]


def measure(gray: np.ndarray) -> float:
    darkness = 255 - gray
    components = find_components(InkMask(cv2.compare(darkness, 127, cv2.CMP_GT)), darkness, SETTINGS.components)
    return measure_skew(find_lines(components, SETTINGS.text_lines), SETTINGS.skew)


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


def rule(gray: np.ndarray, turn_deg: float, *, is_squared: bool) -> np.ndarray:
    """Draw rulings that run `turn_deg` downhill, uprights as well on a squared sheet, over all of the page."""
    height, width = gray.shape
    for quarter in range(2 if is_squared else 1):
        angle = np.radians(turn_deg + 90 * quarter)
        along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
        for off in range(-600, 601, 60):
            ends = [np.array([width, height]) / 2 + off * across + side * 800 * along for side in (-1, 1)]
            cv2.line(gray, *[np.rint(16 * end).astype(int).tolist() for end in ends], 90, 2, cv2.LINE_AA, 4)
    return gray


def find(gray: np.ndarray) -> tuple[InkMask, tuple[TextLine, ...]]:
    mask = InkMask((gray < 127).astype(np.uint8) * 255)
    return mask, find_lines(find_components(mask, 255 - gray, SETTINGS.components), SETTINGS.text_lines)


STEEP = [-44, -37, -25, -12, -5, 0, 8, 19, 31, 44]


@pytest.mark.parametrize("turn_deg", STEEP)
@pytest.mark.parametrize("is_squared", [False, True], ids=["ruled", "squared"])
def test_turn_of_a_ruled_page_comes_back(turn_deg: float, is_squared: bool) -> None:
    rows = ("4207 1936", "5829 0617", "3061 9284")
    gray = rule(write_page(*rows, size_px=(560, 460), turn_deg=turn_deg), turn_deg, is_squared=is_squared)
    assert measure_rulings_skew(find(gray)[0], SETTINGS.skew) == pytest.approx(turn_deg, abs=0.5)


@pytest.mark.parametrize("turn_deg", STEEP)
def test_turn_of_a_plain_page_comes_back(turn_deg: float) -> None:
    gray = write_page(*["88088 80880"] * 3, size_px=(560, 560), turn_deg=turn_deg)
    mask, lines = find(gray)
    turns = list_turns(mask, lines, SETTINGS.skew)
    if abs(turn_deg) < SETTINGS.skew.least_deg:
        assert all(turn == pytest.approx(turn_deg, abs=0.5) for turn in turns)  # rows of 0 and 8 are lines, in a way
        return
    assert turns[0] == pytest.approx(turn_deg, abs=3)
    leveled = find(deskew(Page(gray), turns[0]).gray)[1]
    assert turns[0] + measure_skew(leveled, SETTINGS.skew) == pytest.approx(turn_deg, abs=0.5)


@pytest.mark.parametrize(
    "gray",
    [
        np.full((300, 400), 255, np.uint8),
        np.zeros((300, 400), np.uint8),
        np.zeros((1, 1), np.uint8),
        np.zeros((1, 500), np.uint8),
        write_page("7", size_px=(300, 300)),
        write_page("4", "2", "0", "7", "1", size_px=(200, 500)),
        rule(np.full((460, 560), 225, np.uint8), 1.0, is_squared=True),
        cv2.line(np.full((400, 400), 255, np.uint8), (0, 100), (400, 250), 0, 2),
    ],
    ids=["blank", "all ink", "1 px", "1 row", "lone digit", "column", "nearly level", "lone line"],
)
def test_page_that_lies_level_or_tells_nothing_is_not_turned(gray: np.ndarray) -> None:
    mask, lines = find(gray)
    assert list_turns(mask, lines, SETTINGS.skew) == []
    assert deskew(Page(gray), 30.0).gray.min() >= gray.min()


def test_rulings_near_45_degrees_may_be_either_way() -> None:
    mask, lines = find(rule(np.full((460, 560), 225, np.uint8), 44.0, is_squared=True))
    assert list_turns(mask, lines, SETTINGS.skew) == pytest.approx([44, -46], abs=0.5)


def test_ink_that_runs_off_the_page_draws_no_streaks() -> None:
    gray = cv2.line(write_page("42", size_px=(400, 400)), (-10, 150), (410, 150), 40, 4)
    turned = deskew(Page(gray), 30.0)
    is_page = cv2.warpAffine(
        np.full_like(gray, 255), np.linalg.inv(turned.to_source)[:2], turned.gray.shape[::-1], flags=cv2.INTER_NEAREST
    )
    assert turned.gray[is_page == 0].min() >= 215


@pytest.mark.slow
def test_ruled_sample_is_read_turned_by_30_degrees() -> None:
    page = next(iter(load_pages(Path(__file__).resolve().parents[3] / "samples" / "ruled.jpg")))
    classifier = load_classifier()
    level = [number.text for number in read_page(page, classifier).readings]
    assert [number.text for number in read_page(Page(deskew(page, -30.0).gray), classifier).readings] == level


def test_direction_of_fewer_components_than_neighbors_asked() -> None:
    few = replace(SETTINGS.skew, least_components=2)
    assert measure_direction(slope(0, 22, 44, step=22).components, few) == pytest.approx(45, abs=2)
