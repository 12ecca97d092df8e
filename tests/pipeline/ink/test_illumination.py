"""Light: shadow and gradient leave the page, ink stays; the polarity of a page is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.ink.illumination import estimate_paper, flatten_light, measure_polarity, shrink
from pipeline.settings.ink import IlluminationSettings
from pipeline.types import PAPER_LEVEL
from tests.support.drawing import write_page

SETTINGS = IlluminationSettings()
TEXT = write_page("4207", "1936")
PLACES = np.linspace(0, 1, TEXT.shape[1])

LIGHTS = {
    "even": np.ones_like(PLACES),
    "dim": np.full_like(PLACES, 0.3),
    "from the left": 1 - 0.6 * PLACES,
    "vignette": 1 - 2 * (PLACES - 0.5) ** 2,
    "edge of a shadow": 0.5 + 0.5 / (1 + np.exp(60 * (PLACES - 0.7))),
}


def flatten(gray: np.ndarray) -> np.ndarray:
    return flatten_light(gray, estimate_paper(gray, SETTINGS))


def shine(gray: np.ndarray, light: np.ndarray) -> np.ndarray:
    return np.rint(gray * light).astype(np.uint8)


@pytest.mark.parametrize("light", LIGHTS.values(), ids=LIGHTS)
def test_paper_comes_out_even_and_ink_as_dark_as_in_even_light(light: np.ndarray) -> None:
    expected = flatten(TEXT).astype(int)
    darkness = flatten(shine(TEXT, light))
    assert darkness.shape == TEXT.shape and darkness.dtype == np.uint8
    assert np.percentile(np.abs(darkness[TEXT == 225] - float(PAPER_LEVEL)), 90) <= 0.1 * 255
    ink = TEXT == 40
    assert np.abs(darkness[ink] - expected[ink]).mean() <= 0.06 * 255


def test_darkness_by_eye() -> None:
    gray = np.full((64, 64), 200, np.uint8)
    gray[30:34, 30:34] = 50
    expected = 255 - gray / 200 * (255 - PAPER_LEVEL)
    assert np.abs(flatten(gray) - expected).max() <= 1


@pytest.mark.parametrize("value", [0, 1, 128, 255])
def test_paper_of_a_constant_page_is_the_page(value: int) -> None:
    paper = estimate_paper(np.full((30, 40), value, np.uint8), SETTINGS)
    assert paper.shape == (30, 40)
    assert (paper == max(1, value)).all()


def test_paper_is_estimated_on_a_reduced_page() -> None:
    side = SETTINGS.background_side_px
    page, strip = (np.full(shape, 90, np.uint8) for shape in ((3 * side, 4 * side), (10, 4 * side)))
    assert estimate_paper(shrink(page, SETTINGS), SETTINGS).shape == (side * 3 // 4, side)
    assert estimate_paper(shrink(strip, SETTINGS), SETTINGS).shape == (10, 4 * side)


@pytest.mark.parametrize("light", LIGHTS.values(), ids=LIGHTS)
def test_polarity_is_told_in_any_light(light: np.ndarray) -> None:
    assert measure_polarity(shine(TEXT, light), SETTINGS)
    assert not measure_polarity(shine(255 - TEXT, light), SETTINGS)


@pytest.mark.parametrize("has_dark_ink", [True, False])
def test_desk_around_the_sheet_has_no_say(has_dark_ink: bool) -> None:
    sheet = TEXT if has_dark_ink else 255 - TEXT
    photo = np.pad(sheet, 60, constant_values=20 if has_dark_ink else 240)
    assert measure_polarity(photo, SETTINGS) == has_dark_ink


def test_a_bright_thread_beside_the_writing_does_not_turn_it() -> None:
    photo = np.minimum(np.maximum(TEXT, 100), 150)
    photo[8:12, :] = 255
    assert measure_polarity(photo, SETTINGS)
    assert not measure_polarity(photo, replace(SETTINGS, least_bright_ratio=1))


@pytest.mark.parametrize("value", [0, 128, 255])
def test_blank_page_counts_as_dark_ink_on_light_paper(value: int) -> None:
    assert measure_polarity(np.full((30, 40), value, np.uint8), SETTINGS)


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40)), st.integers(1, 9))
def test_any_page_keeps_its_size(gray: np.ndarray, times: int) -> None:
    tiled = np.tile(gray, (1, times))
    assert flatten(tiled).shape == tiled.shape
    assert measure_polarity(tiled, SETTINGS) in (True, False)
