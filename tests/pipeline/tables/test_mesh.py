"""The map that straightens lines: there and back, for slants, perspective and bends."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.tables.fragments import Fragment
from pipeline.tables.mesh import fit_straightening


def draw_lines(bend: object) -> tuple[list[Fragment], list[Fragment]]:
    """Return level and upright lines of a grid of 100 px, moved by `bend` (x, y) -> (x, y)."""
    along = np.arange(0, 401, 4.0)
    level = [np.column_stack([along, np.full_like(along, y)]) for y in (0, 100, 200, 300)]
    upright = [np.column_stack([np.full_like(along, x), along]) for x in (0, 100, 200, 300, 400)]
    return tuple([Fragment(bend(points), 2.0) for points in lines] for lines in (level, upright))  # type: ignore


BENDS = {
    "straight": lambda p: p,
    "slanted": lambda p: p @ np.array([[1, 0.06], [-0.04, 1]]),
    "bent": lambda p: p + np.stack([0 * p[:, 0], 25 * (1 - (p[:, 0] / 200 - 1) ** 2)], axis=1),
    "perspective": lambda p: p / (1 + 2e-4 * p[:, :1] + 3e-4 * p[:, 1:]),
}


@pytest.mark.parametrize("bend", BENDS.values(), ids=BENDS)
def test_lines_come_out_straight(bend: object) -> None:
    level, upright = draw_lines(bend)
    straightening = fit_straightening(level, upright)
    for axis, fragments in ((1, level), (0, upright)):
        for fragment in fragments:
            assert np.ptp(straightening.straighten(fragment.points)[:, axis]) < 4


@pytest.mark.parametrize("bend", BENDS.values(), ids=BENDS)
def test_there_and_back_is_nowhere(bend: object) -> None:
    level, upright = draw_lines(bend)
    straightening = fit_straightening(level, upright)
    points = np.random.default_rng(0).uniform(0, 300, (50, 2))
    assert np.abs(straightening.bend(straightening.straighten(points)) - points).max() < 0.01


def test_one_piece_that_strays_spoils_nothing() -> None:
    level, upright = draw_lines(BENDS["slanted"])
    stroke = Fragment(np.column_stack([np.arange(0, 60, 4.0), 40 + np.arange(15) ** 1.6]), 2.0)
    straightening = fit_straightening([*level, stroke], upright)
    assert max(np.ptp(straightening.straighten(f.points)[:, 1]) for f in level) < 4
