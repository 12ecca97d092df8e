"""Strays: what does not fit the page's digits is passed over, digits of every size that people mix stay."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.settings import StraySettings
from pipeline.strays import Pick, drop_strays
from pipeline.types import Box, Span
from tests.drawing import make_scores

SETTINGS = StraySettings()


def pick(
    text: str = "5", height: float = 40, contrast: float = 1.0, stroke: float = 4.0, confidence: float = 0.95
) -> Pick:
    box = Box(0, 0, 20, round(height))
    span = Span(0, 1, box, np.full((box.height, 20), 255, np.uint8), stroke, contrast)
    return Pick(span, make_scores({text: confidence}).digits[0], text != "-")


def keep(*lines: list[Pick]) -> list[list[bool]]:
    kept = drop_strays(lines, SETTINGS)
    assert [[p.span for p in line] for line in kept] == [[p.span for p in line] for line in lines]
    return [[p.is_digit for p in line] for line in kept]


DIGITS = [pick() for _ in range(5)]
TOO_MUCH, LITTLE = 1.2, 0.8

ODD = {
    "short": (pick(height=LITTLE * SETTINGS.least_height_frac * 40), False),
    "tall": (pick(height=TOO_MUCH * SETTINGS.most_height_ratio * 40, confidence=0.5), False),
    "pale": (pick(contrast=LITTLE * SETTINGS.least_contrast_frac), False),
    "broad": (pick(stroke=TOO_MUCH * SETTINGS.most_stroke_ratio * 4), False),
    "short 1": (pick("1", height=LITTLE * SETTINGS.shortest_one_frac * 40), False),
    "tall 1": (pick("1", height=TOO_MUCH * SETTINGS.tallest_one_ratio * 40, confidence=0.5), False),
    "1 as tall as the others": (pick("1"), True),
    "half as tall again": (pick(height=60), True),
    "a finer pen": (pick(stroke=2.0), True),
    "passed over already": (pick("-"), False),
}


@pytest.mark.parametrize(("odd", "stays"), ODD.values(), ids=ODD)
def test_odd_one_beside_digits_alike(odd: Pick, stays: bool) -> None:
    assert keep([*DIGITS, odd]) == [[True] * 5 + [stays]]
    assert keep(DIGITS, [odd]) == [[True] * 5, [stays]]


@pytest.mark.parametrize("lines", [[], [[]], [[pick("-")]], [[pick()]], [[pick("1")]], [[pick()], [pick("1")]]])
def test_what_stands_alone_stays_as_it_is(lines: list[list[Pick]]) -> None:
    assert keep(*lines) == [[p.is_digit for p in line] for line in lines]


def test_one_plain_digit_outweighs_doubtful_dust() -> None:
    dust = [pick(height=5, contrast=0.3, confidence=0.4) for _ in range(8)]
    assert keep([pick(), *dust]) == [[True] + [False] * 8]
