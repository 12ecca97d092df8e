"""Medians, worked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.robust_stats import median, quantiles, weighted_median


@pytest.mark.parametrize(
    ("values", "weights", "middle"),
    [([7], [1], 7), ([3, 1, 2], [1, 1, 1], 2), ([1, 2], [1, 1], 1), ([1, 100], [1, 5], 100), ([5, 9], [0, 0], 5)],
    ids=["one", "unordered", "even", "one heavy", "no weight"],
)
def test_by_hand(values, weights, middle):
    assert weighted_median(values, weights) == middle


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
def test_median_is_that_of_numpy(values):
    assert median(values) == pytest.approx(np.median(values))
    assert median(np.array(values * 2).reshape(2, -1)) == pytest.approx(np.median(values))


def test_nothing_has_no_median():
    with pytest.raises(ValueError, match="at least one"):
        median([])
    with pytest.raises(ValueError, match="at least one"):
        weighted_median([], [])


@pytest.mark.parametrize("n_values", [1, 2, 5, 100])
def test_quantiles_are_those_of_numpy(n_values: int) -> None:
    values = np.random.default_rng(n_values).integers(0, 255, (3, 4, n_values), np.uint8)
    shares = (0.0, 0.25, 0.5, 0.9, 1.0)
    assert quantiles(values, shares) == pytest.approx(np.quantile(values, shares, axis=-1))
