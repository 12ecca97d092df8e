"""What stands between two digits: ink, walls of cells pale or dark and aslant, lines of squared paper."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import Box
from pipeline.layout.between_digits import look_between, measure_covered_wall, measure_wall
from pipeline.settings.tree import Settings

SETTINGS = Settings().number_groups


def test_what_stands_between_two_boxes() -> None:
    before, after = Box(0, 20, 10, 60), Box(40, 20, 50, 60)
    paper = np.full((80, 60), 55, np.uint8)
    bare = np.zeros((80, 60), np.uint8)
    wall, dash = bare.copy(), bare.copy()
    wall[:, 25:27], dash[38:41, 15:35] = 255, 255

    def look(ink: np.ndarray, darkness: np.ndarray = paper, after: Box = after) -> tuple[bool, bool]:
        return look_between(0.5, ink, darkness, before, after, SETTINGS)[1:3]

    assert look(bare) == (False, False)
    assert look(wall) == (True, False)
    assert look(dash) == (False, False)
    assert look(wall, after=Box(10, 20, 20, 60)) == (False, False)
    assert look(wall, after=Box(40, 90, 50, 99)) == (False, False)


@pytest.mark.parametrize("slope", [-0.15, 0, 0.15])
def test_pale_wall_is_seen_a_stroke_or_the_edge_of_a_shadow_is_not(slope: float) -> None:
    before, after = Box(0, 20, 10, 60), Box(40, 20, 50, 60)
    rows, columns = np.mgrid[:80, :60]
    paper = np.full((80, 60), 55, np.uint8)
    is_wall = np.abs(columns - 25 - slope * (rows - 40)) <= 1
    crossed = is_wall | (np.abs(rows - 70) <= 1)
    stroke = is_wall & (rows >= 20) & (rows < 60)
    for is_dark, found in ((is_wall, True), (crossed, True), (stroke, False), (columns > 25, False)):
        measured = measure_wall(np.where(is_dark, np.uint8(75), paper), before, after)
        assert (measured >= SETTINGS.least_wall_levels) == found


@pytest.mark.parametrize(("pitch", "found"), [(12, False), (35, True)], ids=["squared paper", "a table"])
def test_line_that_runs_behind_digits_as_well_is_no_wall(pitch: int, found: bool) -> None:
    before, after = Box(8, 20, 28, 60), Box(42, 20, 62, 60)
    ruled = np.full((80, 80), 55, np.uint8)
    ruled[:, 35::pitch] = ruled[:, 35::-pitch] = 75
    for box in (before, after):
        ruled[box.top : box.bottom, box.left : box.left + 4] = 200
    assert (measure_wall(ruled, before, after) >= SETTINGS.least_wall_levels) == found


@pytest.mark.parametrize("slope", [-0.15, 0, 0.15])
@pytest.mark.parametrize(
    ("top", "bottom", "found"), [(0, 80, True), (0, 60, False), (20, 80, False), (15, 80, False), (10, 80, True)]
)
def test_wall_below_a_digit_shows_above_and_below_it(slope: float, top: int, bottom: int, found: bool) -> None:
    before, after = Box(0, 20, 30, 60), Box(32, 20, 62, 60)
    rows, columns = np.mgrid[:80, :70]
    is_wall = (np.abs(columns - 40 - slope * (rows - 40)) <= 1) & (rows >= top) & (rows < bottom)
    darkness = np.where(is_wall, np.uint8(85), np.uint8(55))
    darkness[20:60, 33:60] = 200  # the digit that is written over it
    assert measure_covered_wall(darkness, before, after) == (pytest.approx(30, abs=8) if found else 0)
    assert measure_wall(darkness, before, after) == 0
    assert measure_covered_wall(darkness, Box(40, 20, 56, 60), Box(58, 20, 68, 60)) == 0, "it is left of both middles"


def test_wall_at_the_rim_of_the_page_is_not_known() -> None:
    darkness = np.full((80, 70), 55, np.uint8)
    darkness[:, 30:32] = 85
    for top, bottom in ((5, 45), (38, 78)):
        assert measure_covered_wall(darkness, Box(0, top, 30, bottom), Box(32, top, 62, bottom)) == 0
    assert measure_covered_wall(darkness, Box(0, 20, 30, 60), Box(0, 20, 30, 60)) == 0
