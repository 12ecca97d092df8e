"""Rulings: lines, grids and boxes go, the digits that cross them keep their strokes, a page without them stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.ink.rulings import Ruling, find_rulings, remove_rulings
from pipeline.settings.ink import RulingSettings
from pipeline.types import PAPER_LEVEL, InkMask
from tests.support.drawing import draw_ink, parse, write_page

SETTINGS = RulingSettings()
TEXT = cv2.compare(
    255 - write_page("4207 1936", "58 0617", size_px=(630, 390), height_px=60, pen_px=6, paper=255, pen=0),
    127,
    cv2.CMP_GT,
)
HEIGHT, WIDTH = TEXT.shape
Line = tuple[tuple[int, int], tuple[int, int]]


def lie(*rows: int, fall: int = 0) -> list[Line]:
    return [((0, y), (WIDTH, y + fall)) for y in rows]


def stand(*columns: int, top: int = 0, bottom: int = HEIGHT) -> list[Line]:
    return [((x, top), (x, bottom)) for x in columns]


def frame(left: int, top: int, right: int, bottom: int) -> list[Line]:
    return [((left, y), (right, y)) for y in (top, bottom)] + stand(left, right, top=top, bottom=bottom)


def find_gaps(ink: np.ndarray) -> list[int]:
    """Return the columns in the middle of the gaps between digits."""
    inked = np.flatnonzero(ink.any(axis=0))
    wide = np.diff(inked) > 8
    return [int(x) for x in (inked[:-1][wide] + inked[1:][wide]) // 2]


def draw_lines(lines: Sequence[Line], thickness_px: int = 2) -> np.ndarray:
    page = np.zeros_like(TEXT)
    for start, end in lines:
        cv2.line(page, start, end, 255, thickness_px)
    return page


def clear(ink: np.ndarray, settings: RulingSettings = SETTINGS) -> np.ndarray:
    return remove_rulings(InkMask(ink.copy()), np.maximum(ink, PAPER_LEVEL), settings).ink


PAPERS = {
    "ruled, between the digits": lie(85, 194, 300),
    "ruled, under the digits": lie(68, 177, 284),
    "ruled, through the digits": lie(148, 250),
    "ruled, slanting": lie(128, 236, fall=18),
    "ruled, slanting up": lie(158, 266, fall=-18),
    "margin": stand(70),
    "ruled, with a margin": [*lie(85, 194, 300), *stand(70)],
    "squared": [*lie(*range(23, HEIGHT, 40)), *stand(*range(20, WIDTH, 40))],
    "comb of boxes": [*frame(45, 90, 585, 195), *stand(*find_gaps(TEXT[90:195]), top=90, bottom=195)],
}


@pytest.mark.parametrize("lines", PAPERS.values(), ids=PAPERS)
@pytest.mark.parametrize("thickness_px", [1, 2])
def test_rulings_go_and_strokes_stay(lines: list[Line], thickness_px: int) -> None:
    rulings = draw_lines(lines, thickness_px)
    cleared = clear(TEXT | rulings)
    assert not cleared[(TEXT | rulings) == 0].any()
    assert (cleared[(rulings > 0) & (cv2.dilate(TEXT, np.ones((7, 7))) == 0)] > 0).mean() <= 0.05
    assert (cleared[(TEXT > 0) & (rulings == 0)] > 0).mean() >= 0.97
    assert (cleared[TEXT > 0] > 0).mean() >= 0.88


UNRULED = {
    "blank": np.zeros((90, 120), np.uint8),
    "all ink": np.full((90, 120), 255, np.uint8),
    "1 px": np.full((1, 1), 255, np.uint8),
    "1 row": np.full((1, 300), 255, np.uint8),
    "1 column": np.full((300, 1), 255, np.uint8),
    "numbers": TEXT,
    "a tall 1": draw_ink((200, 30, 206, 170)),
    "two tall 1": draw_ink((150, 30, 155, 160), (200, 30, 205, 170)),
    "a long dash": draw_ink((150, 90, 250, 95)),
    "a bar for a 7": draw_ink((150, 40, 210, 46), (204, 40, 210, 150)),
}


@pytest.mark.parametrize("ink", UNRULED.values(), ids=UNRULED)
def test_page_without_rulings_comes_back_unchanged(ink: np.ndarray) -> None:
    assert (clear(ink) == ink).all()


@pytest.mark.parametrize(
    ("rows", "columns"),
    [((185,), ()), ((15, 185), ()), (range(5, 200, 40), range(10, 400, 40))],
    ids=["on a line", "between two lines", "on squared paper"],
)
def test_a_lone_1_is_no_ruling(rows: Sequence[int], columns: Sequence[int]) -> None:
    one = draw_ink((192, 50, 198, 155))
    lines = [(0, y, 400, y + 2) for y in rows] + [(x, 0, x + 2, 200) for x in columns]
    cleared = clear(one | draw_ink(*lines))
    assert (cleared[one > 0] > 0).mean() >= 0.97
    assert np.count_nonzero(cleared[one == 0]) <= 0.01 * one.size


def test_line_by_eye() -> None:
    settings = replace(SETTINGS, least_run_px=3, run_frac=0.001, least_slenderness=2)
    inked = parse("........", "...##...", "########", "...##...", "........")
    bare = parse("........", "...##...", "...##...", "...##...", "........")
    assert (clear(inked, settings) == bare).all()


@pytest.mark.parametrize(
    ("knob", "value"), [("least_length_frac", 1.0), ("least_slenderness", 200.0), ("least_run_px", 500)]
)
def test_limits_hold(knob: str, value: float) -> None:
    rulings = draw_ink((20, 100, 380, 104))
    for settings, is_gone in ((SETTINGS, True), (replace(SETTINGS, **{knob: value}), False)):
        assert (np.count_nonzero(clear(rulings, settings)) < 0.05 * np.count_nonzero(rulings)) == is_gone


def test_line_that_bends_is_a_ruling_and_an_arc_is_not() -> None:
    columns = np.arange(400)
    for bow, is_ruling in ((0.4 * SETTINGS.most_bow_frac, True), (3 * SETTINGS.most_bow_frac, False)):
        page = np.zeros((200, 400), np.uint8)
        points = np.column_stack([columns, 100 - 4 * bow * 400 * (columns / 400) * (1 - columns / 400)])
        cv2.polylines(page, [points.astype(np.int32)], False, 255, 2)
        assert (np.count_nonzero(clear(page)) < 0.1 * np.count_nonzero(page)) == is_ruling


def test_ruling_measures_itself() -> None:
    (ruling,) = find_rulings(draw_ink((20, 100, 380, 104)), 100, 15, SETTINGS)
    assert ruling.length_px == pytest.approx(360, abs=2)
    assert ruling.thickness_px == 4
    rows, columns = ruling.slices
    assert rows.start <= 100 < 104 <= rows.stop and columns.start <= 20 < 380 <= columns.stop
    assert Ruling(3, 5, parse("##", "#."), 2).slices == (slice(5, 7), slice(3, 5))


@given(hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=60)), st.integers(1, 6))
def test_ink_only_ever_goes(ink: np.ndarray, times: int) -> None:
    page = np.tile(ink, (1, times)).astype(np.uint8) * 255
    assert not (clear(page) & ~page).any()


def test_pen_along_a_paler_line_stays() -> None:
    one, line = draw_ink((200, 60, 203, 130), (184, 60, 203, 66)), draw_ink((199, 0, 202, 200))
    darkness = np.full(one.shape, PAPER_LEVEL, np.uint8)
    darkness[line > 0], darkness[one > 0] = PAPER_LEVEL + 40, PAPER_LEVEL + 150
    ink = np.maximum(one, line)
    cleared = remove_rulings(InkMask(ink), darkness, SETTINGS).ink
    assert (cleared[one > 0] > 0).mean() >= 0.97
    beside = (line > 0) & (cv2.dilate(one, np.ones((5, 5), np.uint8)) == 0)
    assert (cleared[beside] > 0).mean() <= 0.05
