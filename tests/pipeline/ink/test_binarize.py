"""Binarization: ink is white whatever its darkness, grain is none, and a stroke's edge lies at a share of its own."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.ink.binarize import binarize, measure_grain
from pipeline.settings.ink import BinarizeSettings
from pipeline.types import PAPER_LEVEL as PAPER
from tests.support.drawing import write_page

SETTINGS = BinarizeSettings()
LEAST = SETTINGS.least_contrast_frac
BLACK = 255 - PAPER


def draw_bar(contrast: float, blur_px: float = 1.5) -> np.ndarray:
    """Return darkness, uint8 (120, 160): an upright bar, 6 px wide, of a share of full contrast."""
    page = np.full((120, 160), PAPER, np.float32)
    page[20:100, 80:86] += contrast * BLACK
    return cv2.GaussianBlur(page, (0, 0), blur_px).astype(np.uint8)


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (2, 5000), (90, 120)])
@pytest.mark.parametrize("value", [0, PAPER, 128, 250])
def test_constant_page_has_no_ink(shape: tuple[int, int], value: int) -> None:
    mask = binarize(np.full(shape, value, np.uint8), SETTINGS)
    assert mask.ink.shape == shape and mask.ink.dtype == np.uint8
    assert not mask.ink.any()


@pytest.mark.parametrize("contrast", [4 * LEAST, 0.5, 0.7, 1])
def test_stroke_keeps_its_width_whatever_its_darkness(contrast: float) -> None:
    ink = binarize(draw_bar(contrast), SETTINGS).ink
    assert set(np.unique(ink)) == {0, 255}
    assert abs(np.count_nonzero(ink[60]) - 6) <= 2
    assert not ink[:, :70].any() and not ink[:, 96:].any()


def test_pencil_and_marker_on_one_page_keep_their_widths() -> None:
    page = np.hstack([draw_bar(4 * LEAST), draw_bar(0.95)])
    widths = [np.count_nonzero(half[60]) for half in np.hsplit(binarize(page, SETTINGS).ink, 2)]
    assert max(widths) - min(widths) <= 1 and abs(widths[0] - 6) <= 2


def test_what_is_pale_beside_a_dark_stroke_is_dropped_and_stays_where_it_is_alone() -> None:
    page = draw_bar(0.95)
    pale = round(PAPER + 0.7 * SETTINGS.peak_frac * 0.95 * BLACK)
    page[20:100, 10:14] = page[20:100, 90:94] = pale
    ink = binarize(page, replace(SETTINGS, window_frac=0.2)).ink
    assert ink[60, 10:14].any() and not ink[60, 90:94].any()


@pytest.mark.parametrize("times", [0.5, 3])
def test_least_contrast_divides_paper_from_ink(times: float) -> None:
    assert binarize(draw_bar(times * LEAST, blur_px=0.4), SETTINGS).ink.any() == (times > 1)


@pytest.mark.parametrize("sigma", [0, 3, 8])
def test_grain_is_no_ink_and_ink_on_grain_is(sigma: float) -> None:
    grain = np.random.default_rng(0).normal(PAPER + 3 * sigma, sigma, (260, 420))
    text = 255 - write_page("4207", paper=255, pen=20).astype(float)
    bare = binarize(np.clip(grain, 0, 255).astype(np.uint8), SETTINGS).ink
    inked = binarize(np.clip(np.maximum(grain, text), 0, 255).astype(np.uint8), SETTINGS).ink
    assert np.count_nonzero(bare) <= 1e-3 * bare.size
    assert (inked[text > 200] > 0).mean() >= 0.99
    assert np.count_nonzero(inked[cv2.dilate(text, np.ones((9, 9))) < 20]) <= 1e-3 * bare.size


def test_grain_by_hand() -> None:
    grain = np.random.default_rng(0).choice(np.array([40, 50, 60], np.uint8), (400, 400))
    settings = replace(SETTINGS, grain_sigmas=2.5)
    expected = 50 + 2.5 * (50 - 40) / 0.6745
    assert LEAST * BLACK < expected - 50 < settings.most_contrast_frac * BLACK
    measured = measure_grain(grain, settings)
    assert measured == pytest.approx(np.full(measured.shape, expected))
    coarse = measure_grain(grain, replace(SETTINGS, grain_sigmas=20))
    assert coarse == pytest.approx(np.full(coarse.shape, 50 + SETTINGS.most_contrast_frac * BLACK))


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40)), st.integers(1, 9))
def test_any_page_keeps_its_size(darkness: np.ndarray, times: int) -> None:
    tiled = np.tile(darkness, (times, 1))
    assert binarize(tiled, SETTINGS).ink.shape == tiled.shape
