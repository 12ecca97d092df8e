from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.forms.find_lines import bridge_crossings, find_broken_lines, find_lines, mark_pale
from pipeline.types import PAPER_LEVEL


def test_lines_are_long_and_thin() -> None:
    ink = np.zeros((60, 80), np.uint8)
    ink[10:12, 5:70] = ink[20:50, 30:60] = ink[30:33, 5:15] = 255
    found = find_lines(ink, 30, is_level=True)
    assert found[10:12, 8:68].all() and np.count_nonzero(found) <= 130


def draw_dots(places: list[int], row: int = 100) -> NDArray[np.uint8]:
    """Return ink of dots, 3 px a side, at these columns of a row."""
    ink = np.zeros((200, 600), np.uint8)
    for x in places:
        ink[row : row + 3, x : x + 3] = 255
    return ink


def test_even_dots_are_a_line() -> None:
    found = find_broken_lines(draw_dots([*range(100, 300, 7)]), 30, is_level=True)
    assert found[101, 102:298].all()
    assert not found[:98].any() and not found[106:].any() and not found[:, :95].any() and not found[:, 305:].any()


@pytest.mark.parametrize(
    "places",
    [[], [100, 107], [*range(100, 300, 40)], [100, 103, 112, 114, 123, 126, 134, 137, 146]],
    ids=["none", "two", "far apart", "uneven"],
)
def test_other_dots_are_none(places: list[int]) -> None:
    assert not find_broken_lines(draw_dots(places), 30, is_level=True).any()


def test_feet_of_letters_are_no_line() -> None:
    ink = draw_dots([*range(100, 300, 7)])
    ink[97:100, 100:300] = 255
    ink[94:97] = draw_dots([*range(100, 300, 7)])[100:103]
    assert not find_broken_lines(ink, 30, is_level=True).any()
    for x in range(100, 300, 7):
        ink[80:99, x : x + 3] = 255
    assert not find_broken_lines(ink, 30, is_level=True).any()


def test_upright_line_is_a_level_one_turned() -> None:
    ink = draw_dots([*range(100, 300, 7)])
    turned = find_broken_lines(np.ascontiguousarray(ink.T), 30, is_level=False)
    assert np.array_equal(turned, find_broken_lines(ink, 30, is_level=True).T)


def test_broken_line_is_drawn_on_to_a_line_that_crosses_it() -> None:
    broken, crossing = np.zeros((200, 600), np.uint8), np.zeros((200, 600), np.uint8)
    broken[100:103, 100:290] = 255
    crossing[50:150, 295:297] = 255
    longer = bridge_crossings(broken, crossing, is_level=True)
    assert longer[101, 100:296].all()
    assert not longer[:, :98].any() and not longer[:, 305:].any()


@pytest.mark.parametrize("contrast", [0, 20, 100])
def test_pale_line_is_marked_and_shade_is_not(contrast: int) -> None:
    grain = np.random.default_rng(0).normal(0, 1, (300, 300))
    darkness = PAPER_LEVEL + 10 + grain
    darkness[:, 150:] += 40
    darkness[100:103] += contrast
    marked = mark_pale(darkness.astype(np.uint8))
    assert marked[101, 5:140].all() == marked[101, 160:295].all() == (contrast > 0)
    assert np.mean(marked[120:] > 0) < 0.005
