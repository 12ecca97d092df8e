"""Pieces of a broken digit: joined where they stand close above one another, left apart where they do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.geometry import Box
from pipeline.ink.broken_strokes import join_broken_strokes, overlay
from pipeline.settings.ink import BrokenStrokeSettings
from pipeline.types import Component
from tests.support.drawing import parse

SETTINGS = BrokenStrokeSettings()
DIGITS = [(100 + 60 * i, 10, 140 + 60 * i, 70) for i in range(4)]


def make(left: int, top: int, right: int, bottom: int, stroke_width_px: float = 5.0) -> Component:
    mask = np.full((bottom - top, right - left), 255, np.uint8)
    return Component(Box(left, top, right, bottom), mask, mask.size, stroke_width_px)


def boxes(*parts: tuple[int, int, int, int], settings: BrokenStrokeSettings = SETTINGS) -> list[list[int]]:
    return sorted(c.box.as_list() for c in join_broken_strokes([make(*p) for p in (*DIGITS, *parts)], settings))[
        : len(parts)
    ]


@pytest.mark.parametrize(
    ("upper", "lower", "is_joined"),
    [
        ((10, 10, 50, 40), (10, 43, 50, 70), True),
        ((10, 10, 50, 40), (45, 43, 80, 70), False),
        ((10, 10, 50, 40), (10, 55, 50, 85), False),
        ((10, 10, 50, 70), (10, 72, 50, 132), False),
        ((10, 10, 50, 64), (25, 66, 30, 70), False),
    ],
    ids=["a digit cut across", "one beside the other", "far below", "a digit under a digit", "a speck"],
)
def test_two_parts(upper: tuple[int, int, int, int], lower: tuple[int, int, int, int], is_joined: bool) -> None:
    seen = boxes(upper, lower)
    assert (seen[0] == [*upper[:2], upper[2], lower[3]]) == is_joined
    if not is_joined:
        assert seen == sorted([list(upper), list(lower)])


def test_three_parts_become_one() -> None:
    parts = [make(10, top, 50, top + 18) for top in (10, 31, 52)]
    joined = join_broken_strokes([*parts, *(make(*d) for d in DIGITS)], SETTINGS)
    assert len(joined) == 1 + len(DIGITS)
    assert sum(c.area_px for c in joined) == sum(c.area_px for c in parts) + 4 * 40 * 60


@pytest.mark.parametrize("n", [0, 1])
def test_nothing_to_join(n: int) -> None:
    alone = [make(*DIGITS[0])][:n]
    assert join_broken_strokes(alone, SETTINGS) == tuple(alone)


def test_gap_counts_in_strokes() -> None:
    parts = ((10, 10, 50, 40), (10, 50, 50, 70))
    assert boxes(*parts, settings=replace(SETTINGS, most_gap_strokes=3.0))[0] == [10, 10, 50, 70]
    assert boxes(*parts)[0] == [10, 10, 50, 40]


@pytest.mark.parametrize(("contrast", "is_joined"), [(0.45, True), (0.35, False)])
def test_a_pale_shadow_is_no_part(contrast: float, is_joined: bool) -> None:
    shadow = replace(make(10, 43, 50, 70), contrast=contrast)
    joined = join_broken_strokes([make(10, 10, 50, 40), shadow, *(make(*d) for d in DIGITS)], SETTINGS)
    assert len(joined) == len(DIGITS) + (1 if is_joined else 2)


def test_overlay_by_eye() -> None:
    hook = Component(Box(0, 0, 3, 3), parse("###", "#..", "#.."), 5, 1.0, 0.9)
    dot = Component(Box(2, 2, 4, 3), parse("##"), 2, 1.0, 0.2)
    box, ink, contrast = overlay([hook, dot])
    assert box == Box(0, 0, 4, 3)
    assert (ink == parse("###.", "#...", "#.##")).all()
    assert contrast == pytest.approx((5 * 0.9 + 2 * 0.2) / 7)
