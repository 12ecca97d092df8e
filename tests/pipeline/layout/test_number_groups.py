"""Numbers: where one ends and the next begins, by gaps and by signs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.geometry import Box
from pipeline.layout.between_digits import Between
from pipeline.layout.number_groups import find_gap_limit, measure_gaps, split_numbers
from pipeline.settings.layout import NumberGroupSettings

SETTINGS = NumberGroupSettings()
HEIGHT = 100
LEAST = SETTINGS.least_gap_frac * HEIGHT
WIDE = round(LEAST * SETTINGS.gap_ratio * 1.2)


def set_out(*gaps: int) -> list[Box]:
    """Return boxes 50 px wide with the `gaps` between them."""
    lefts = np.cumsum([0, *[50 + gap for gap in gaps]])
    return [Box(int(x), 0, int(x) + 50, HEIGHT) for x in lefts]


def sign_at(x: int, height: float) -> Box:
    return Box(x - 2, HEIGHT - round(height), x + 2, HEIGHT)


TALL, SHORT = (SETTINGS.sign_height_frac * HEIGHT * times for times in (1.5, 0.5))

TABLE: dict[str, tuple[list[Box], list[Box], list[list[int]]]] = {
    "none": ([], [], []),
    "signs only": ([], [sign_at(5, TALL)], []),
    "one": (set_out()[:1], [], [[0]]),
    "two close": (set_out(10), [], [[0, 1]]),
    "two far apart": (set_out(2 * WIDE), [], [[0, 1]]),
    "even gaps": (set_out(20, 20, 20), [], [[0, 1, 2, 3]]),
    "even wide gaps": (set_out(WIDE, WIDE, WIDE), [], [[0, 1, 2, 3]]),
    "a wide gap": (set_out(10, WIDE, 10), [], [[0, 1], [2, 3]]),
    "wide gaps": (set_out(10, WIDE, 12, WIDE + 9, 3), [], [[0, 1], [2, 3], [4, 5]]),
    "small gaps count alike": (set_out(1, round(LEAST), 1), [], [[0, 1, 2, 3]]),
    "digits overlap": (set_out(-10, WIDE, -5), [], [[0, 1], [2, 3]]),
    "a tall sign": (set_out(20, 20), [sign_at(60, TALL)], [[0], [1, 2]]),
    "a short sign": (set_out(20, 20), [sign_at(60, SHORT)], [[0, 1, 2]]),
    "a sign before all": (set_out(20, 20), [sign_at(-20, TALL)], [[0, 1, 2]]),
    "a sign behind all": (set_out(20, 20), [sign_at(500, TALL)], [[0, 1, 2]]),
    "a sign in a wide gap": (set_out(10, WIDE, 10), [sign_at(110 + WIDE // 2, TALL)], [[0, 1], [2, 3]]),
}


@pytest.mark.parametrize(("digits", "signs", "numbers"), TABLE.values(), ids=TABLE)
def test_numbers_by_hand(digits: list[Box], signs: list[Box], numbers: list[list[int]]) -> None:
    assert split_numbers(digits, signs, SETTINGS) == numbers


@pytest.mark.parametrize(
    ("boxes", "gaps"),
    [
        ([], []),
        ([Box(0, 0, 9, 9)], []),
        ([Box(0, 0, 9, 9), Box(12, 0, 15, 9), Box(14, 0, 20, 9)], [3, -1]),
        ([Box(0, 0, 50, 9), Box(10, 0, 20, 9), Box(55, 0, 60, 9)], [-40, 5]),
    ],
    ids=["none", "one", "three", "one under another"],
)
def test_gaps_by_hand(boxes: list[Box], gaps: Sequence[float]) -> None:
    assert measure_gaps(boxes).tolist() == gaps


@pytest.mark.parametrize(
    ("gaps", "limit"),
    [([], np.inf), ([80], np.inf), ([40, 41, 40], np.inf), ([40, 40, 160], 80), ([40, 160, 40, 1000], 400)],
    ids=["none", "one", "alike", "one wide", "widest step"],
)
def test_gap_limit_by_hand(gaps: list[float], limit: float) -> None:
    settings = replace(SETTINGS, least_gap_frac=0.2, gap_ratio=3)
    assert find_gap_limit(np.array(gaps, float), HEIGHT, settings) == pytest.approx(limit)


@given(st.lists(st.integers(-20, 300), max_size=12), st.lists(st.integers(-50, 900), max_size=4))
def test_every_digit_is_in_one_number(gaps: list[int], signs: list[int]) -> None:
    digits = set_out(*gaps)
    numbers = split_numbers(digits, [sign_at(x, TALL) for x in signs], SETTINGS)
    assert [i for number in numbers for i in number] == list(range(len(digits)))
    assert all(numbers)


@given(st.lists(st.integers(0, 300), min_size=1, max_size=12), st.integers(1, 5))
def test_numbers_do_not_depend_on_size_or_place(gaps: list[int], times: int) -> None:
    digits = set_out(*gaps)
    moved = [Box(times * b.left + 7, 3, times * b.right + 7, 3 + times * HEIGHT) for b in digits]
    assert split_numbers(moved, [], SETTINGS) == split_numbers(digits, [], SETTINGS)


@pytest.mark.parametrize(
    ("linked", "has_ink", "gaps", "numbers"),
    {
        "surely linked over the widest of wide gaps": (1.0, False, (35, WIDE, 20), [[0, 1, 2, 3]]),
        "linked over the same": (0.5, False, (35, WIDE, 20), [[0, 1], [2, 3]]),
        "surely linked over a gap beyond all others": (1.0, False, (10, WIDE, 10), [[0, 1], [2, 3]]),
        "linked over a wide gap": (0.5, False, (10, WIDE, 10), [[0, 1], [2, 3]]),
        "a line between digits not linked": (0.0, True, (10, 10), [[0], [1], [2]]),
        "a line between linked ones": (0.5, True, (10, 10), [[0, 1, 2]]),
        "nothing between": (0.0, False, (10, 10), [[0, 1, 2]]),
        "far and not linked": (0.0, False, (round(HEIGHT * SETTINGS.far_heights) + 1,) * 2, [[0], [1], [2]]),
    }.values(),
)
def test_links_and_what_stands_between(
    linked: float, has_ink: bool, gaps: tuple[int, ...], numbers: list[list[int]]
) -> None:
    assert split_numbers(set_out(*gaps), [], SETTINGS, lambda *_: Between(linked, has_ink, False)) == numbers


@pytest.mark.parametrize(
    ("walls", "numbers"),
    {
        "cells of two digits": ("  | |", [[0, 1, 2], [3, 4], [5]]),
        "a comb": ("|||||", [[0, 1, 2, 3, 4, 5]]),
        "a crease": ("  |  ", [[0, 1, 2, 3, 4, 5]]),
        "a comb with a wall that is not seen": ("|| ||", [[0, 1, 2, 3, 4, 5]]),
        "nothing": ("     ", [[0, 1, 2, 3, 4, 5]]),
    }.values(),
)
def test_walls_part_linked_digits_only_where_they_bound_cells_of_several(walls: str, numbers: list[list[int]]) -> None:
    digits = set_out(*[10] * len(walls))
    seen = dict(zip([digit.left for digit in digits], walls, strict=False))
    found = split_numbers(digits, [], SETTINGS, lambda before, _: Between(0.8, False, seen[before.left] == "|"))
    assert found == numbers


@pytest.mark.parametrize(
    ("walls", "levels", "numbers"),
    {
        "one below a digit": (" | |  ", (0, 30, 0, 30, 20, 0), [[0, 1], [2, 3], [4], [5, 6]]),
        "paler than half of the others": (" | |  ", (0, 30, 0, 30, 14, 0), [[0, 1], [2, 3], [4, 5, 6]]),
        "a stroke, darker than twice": (" | |  ", (0, 30, 0, 30, 61, 0), [[0, 1], [2, 3], [4, 5, 6]]),
        "too pale for a wall": (" | |  ", (0, 10, 0, 10, 7, 0), [[0, 1], [2, 3], [4, 5, 6]]),
        "lines behind most digits": (" | |  ", (30, 30, 0, 30, 30, 0), [[0, 1], [2, 3], [4, 5, 6]]),
        "no cells of several digits": ("||||  ", (30,) * 6, [[0, 1, 2, 3, 4, 5, 6]]),
    }.values(),
)
def test_wall_that_a_digit_is_written_over_parts_where_it_is_like_the_others(
    walls: str, levels: tuple[float, ...], numbers: list[list[int]]
) -> None:
    digits = set_out(*[10] * len(walls))
    seen = {digit.left: (wall == "|", level) for digit, wall, level in zip(digits, walls, levels, strict=False)}

    def link(before: Box, _: Box) -> Between:
        has_wall, level = seen[before.left]
        return Between(0.8, False, has_wall, lambda: level)

    assert split_numbers(digits, [], SETTINGS, link) == numbers


@pytest.mark.parametrize(
    ("walls", "linked", "numbers"),
    {
        "in cells": ("  | | ", 0.6, [[0, 1, 2], [3, 4], [5, 6]]),
        "in cells, hardly linked": ("  | | ", 0.4, [[0, 1], [2], [3, 4], [5, 6]]),
        "without cells": ("     ", 0.6, [[0, 1], [2, 3, 4, 5, 6]]),
    }.values(),
)
def test_wide_gap_in_a_cell_ends_no_number_whose_digits_are_likely_linked(
    walls: str, linked: float, numbers: list[list[int]]
) -> None:
    digits = set_out(35, WIDE, 35, 35, 35, 35)
    seen = dict(zip([digit.left for digit in digits], walls + " ", strict=False))
    found = split_numbers(digits, [], SETTINGS, lambda before, _: Between(linked, False, seen[before.left] == "|"))
    assert found == numbers
