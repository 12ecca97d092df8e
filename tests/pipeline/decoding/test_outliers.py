"""Strays: what does not fit the page's digits is passed over, digits of every size that people mix stay."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.decoding.outliers import drop_edges, drop_outliers, measure_evenness, measure_middle
from pipeline.decoding.pick import Pick
from pipeline.geometry import Box
from pipeline.settings.decoding import OutlierSettings
from pipeline.types import Digit, Reading, Span
from tests.support.drawing import make_scores

SETTINGS = OutlierSettings()


def pick(
    text: str = "5", height: float = 40, contrast: float = 1.0, stroke: float = 4.0, confidence: float = 0.95
) -> Pick:
    box = Box(0, 0, 20, round(height))
    span = Span(0, 1, box, np.full((box.height, 20), 255, np.uint8), stroke, contrast)
    return Pick(span, make_scores({text: confidence}).digits[0], text != "-")


def keep(*lines: list[Pick]) -> list[list[bool]]:
    kept = drop_outliers(lines, SETTINGS)
    assert [[p.span for p in line] for line in kept] == [[p.span for p in line] for line in lines]
    return [[p.is_digit for p in line] for line in kept]


DIGITS = [pick() for _ in range(5)]
MUCH, LITTLE = 1.2, 0.8
FRACS = (SETTINGS.least_height_frac, SETTINGS.least_lone_frac)
ONES = (SETTINGS.shortest_one_frac, SETTINGS.shortest_lone_one_frac)

ODD: dict[str, tuple[Pick, bool, bool]] = {  # stays beside the others, stays alone on its line
    "as tall": (pick(), True, True),
    "half as tall again": (pick(height=60), True, True),
    "a finer pen": (pick(stroke=2.0), True, True),
    "1 as tall": (pick("1"), True, True),
    "passed over already": (pick("-"), False, False),
    "short": (pick(height=LITTLE * min(FRACS) * 40), False, False),
    "small": (pick(height=40 * sum(FRACS) / 2), FRACS[0] <= sum(FRACS) / 2, FRACS[1] <= sum(FRACS) / 2),
    "tall": (pick(height=MUCH * SETTINGS.most_height_ratio * 40, confidence=0.5), False, False),
    "pale": (pick(contrast=LITTLE * SETTINGS.least_contrast_frac), False, False),
    "broad": (pick(stroke=MUCH * SETTINGS.most_stroke_ratio * 4), False, False),
    "short 1": (pick("1", height=LITTLE * min(ONES) * 40), False, False),
    "small 1": (pick("1", height=40 * sum(ONES) / 2), ONES[0] <= sum(ONES) / 2, ONES[1] <= sum(ONES) / 2),
    "tall 1": (pick("1", height=MUCH * SETTINGS.tallest_one_ratio * 40, confidence=0.5), False, False),
}


@pytest.mark.parametrize(("odd", "stays_beside", "stays_alone"), ODD.values(), ids=ODD)
def test_odd_one_among_digits_alike(odd: Pick, stays_beside: bool, stays_alone: bool) -> None:
    assert keep([*DIGITS, odd]) == [[True] * 5 + [stays_beside]]
    assert keep(DIGITS, [odd]) == [[True] * 5, [stays_alone]]


@pytest.mark.parametrize("lines", [[], [[]], [[pick("-")]], [[pick()]], [[pick("1")]], [[pick()], [pick("1")]]])
def test_what_stands_alone_stays_as_it_is(lines: list[list[Pick]]) -> None:
    assert keep(*lines) == [[p.is_digit for p in line] for line in lines]


def test_one_plain_digit_outweighs_doubtful_dust() -> None:
    dust = [pick(height=5, contrast=0.3, confidence=0.4) for _ in range(8)]
    assert keep([pick(), *dust]) == [[True] + [False] * 8]


CUP = np.full((50, 100), 200, np.uint8)
CUP[15:35, 40:60] = 60
"""A dark thing on a bright desk, of a page of 200 x 100 px, at half size."""


@pytest.mark.parametrize("is_dark", [True, False])
@pytest.mark.parametrize(
    ("box", "stays"), [(Box(76, 26, 124, 74), False), (Box(20, 30, 40, 60), True), (Box(90, 40, 110, 60), True)]
)
def test_outline_of_a_thing_goes(box: Box, stays: bool, is_dark: bool) -> None:
    paper = CUP if is_dark else 255 - CUP
    lone = Reading("0", 0.9, box, (Digit("0", 0.9, box),))
    assert (measure_middle(box, paper, (100, 200)) >= SETTINGS.least_middle) == stays
    assert drop_edges((lone,), paper, (100, 200), SETTINGS) == ((lone,) if stays else ())
    pair = Reading("00", 0.9, box, (*lone.digits, *lone.digits))
    assert drop_edges((pair,), paper, (100, 200), SETTINGS) == (pair,)


@given(st.integers(0, 190), st.integers(0, 90), st.integers(1, 300), st.integers(1, 300))
def test_any_box_has_a_middle(left: int, top: int, width: int, height: int) -> None:
    assert 0 < measure_middle(Box(left, top, left + width, top + height), CUP, (100, 200)) <= 1


PAPER = np.hstack([np.full((50, 50), 200, np.uint8), np.full((50, 50), 20, np.uint8)])
"""A sheet on the left and a dark desk on the right, of a page of 200 x 100 px, at half size."""

PLACES = {
    "on the sheet": (Box(20, 30, 40, 60), True),
    "on the desk": (Box(140, 30, 160, 60), True),
    "on the edge": (Box(95, 30, 105, 60), False),
    "at the rim": (Box(0, 30, 20, 60), False),
    "in the corner": (Box(180, 80, 200, 100), False),
}


@pytest.mark.parametrize(("box", "stays"), PLACES.values(), ids=PLACES)
def test_lone_digit_by_the_edge_goes(box: Box, stays: bool) -> None:
    lone, plain = (Reading("1", 0.9, b, (Digit("1", 0.9, b),)) for b in (box, Box(50, 20, 70, 50)))
    pair = Reading("11", 0.9, box, (*lone.digits, *lone.digits))
    assert (measure_evenness(box, PAPER, (100, 200)) >= SETTINGS.least_evenness) == stays
    assert drop_edges((lone, plain), PAPER, (100, 200), SETTINGS) == ((lone, plain) if stays else (plain,))
    assert drop_edges((pair, plain), PAPER, (100, 200), SETTINGS) == (pair, plain)
    assert drop_edges((lone,), PAPER, (100, 200), SETTINGS) == (lone,)
    assert drop_edges((), PAPER, (100, 200), SETTINGS) == ()
