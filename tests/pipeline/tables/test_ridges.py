"""Ridges of lines, and the bend that makes them add up."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.tables.ridges import fit_bend, measure_ridges

EVERYWHERE = np.array([(0.0, 0.0), (300.0, 200.0)])


def draw_lines(slope: float, bow_px: float = 0.0) -> np.ndarray:
    """Return darkness (200, 300) of four lines, in grain."""
    dark = np.random.default_rng(1).normal(55, 2, (200, 300)).astype(np.float32)
    x = np.arange(300)
    for level in (40, 80, 120, 160):
        y = np.rint(level + slope * (x - 150) + bow_px * ((x - 150) / 150) ** 2).astype(int)
        dark[np.clip(y, 0, 199), x] += 12
    return dark


def test_lines_are_ridges_and_writing_is_left_out() -> None:
    is_bare = np.ones((200, 300), bool)
    is_bare[:, 100:120] = False
    ridges = measure_ridges(draw_lines(0), is_bare, EVERYWHERE, 28)
    assert np.median(ridges[80, :90]) > 2 > np.median(ridges[60, :90])
    assert not ridges[:, 100:120].any()


def test_edge_of_a_dark_area_is_no_ridge() -> None:
    dark = np.full((200, 300), 55, np.float32)
    dark[100:] = 90
    ridges = measure_ridges(dark, np.ones((200, 300), bool), EVERYWHERE, 28)
    assert ridges.max() < 1


@pytest.mark.parametrize(("slope", "bow_px"), [(0.0, 0.0), (0.06, 0.0), (-0.03, 12.0)])
def test_bend_is_that_of_the_lines(slope: float, bow_px: float) -> None:
    ridges = measure_ridges(draw_lines(slope, bow_px), np.ones((200, 300), bool), EVERYWHERE, 28)
    weights = fit_bend(ridges, np.array([150.0, 100.0]), 150.0, 28)
    assert weights[0] == pytest.approx(slope, abs=0.01)
    assert weights[1] * 150 == pytest.approx(bow_px, abs=2)
