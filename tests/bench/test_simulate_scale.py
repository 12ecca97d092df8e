from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.bench.simulate_scale import Cluster, PageKind, draw_times, list_lines, simulate

EVEN = PageKind("even", 1.0, 1.0, 1)
UNEVEN = PageKind("uneven", 0.2, 1.0, 1)
STEADY = Cluster("steady", 2, 4, 0.04)
SPOT = replace(STEADY, life_h=0.1, replace_min=1.0)
DOCS = Path(__file__).resolve().parents[2] / "docs" / "scale.md"


def draw() -> np.random.Generator:
    return np.random.default_rng(7)


def test_even_pages_on_steady_machines_take_what_division_says() -> None:
    result = simulate(EVEN, STEADY, 800, draw())
    assert (result.makespan_s, result.efficiency, result.again_frac) == (pytest.approx(100), pytest.approx(1), 0)


def test_times_have_the_median_and_the_mean_of_their_kind_within_the_timeout() -> None:
    times = draw_times(UNEVEN, 100_000, 1e9, draw())
    assert np.median(times) == pytest.approx(0.2, rel=0.03)
    assert times.mean() == pytest.approx(1.0, rel=0.1)
    assert draw_times(UNEVEN, 10_000, 5.0, draw()).max() == 5.0


def test_straggler_at_the_end_leaves_the_others_idle() -> None:
    assert simulate(UNEVEN, STEADY, 800, draw()).efficiency < simulate(UNEVEN, STEADY, 80_000, draw()).efficiency
    assert simulate(UNEVEN, replace(STEADY, timeout_s=5.0), 800, draw()).efficiency > 0.9


def test_lost_machines_cost_their_pages_and_the_wait_for_others() -> None:
    result = simulate(EVEN, SPOT, 8000, draw())
    down_frac = 1 / 7  # a minute after each six
    assert result.efficiency == pytest.approx(1 - down_frac, abs=0.06)
    assert 0 < result.again_frac < 0.01
    assert simulate(EVEN, replace(SPOT, life_h=1e6), 8000, draw()).again_frac == 0


@pytest.mark.slow
def test_documentation_holds_what_is_printed() -> None:
    lines = [line for line in list_lines() if line]
    assert lines and not set(lines) - set(DOCS.read_text("utf-8").splitlines())
