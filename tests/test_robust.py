"""The weighted median, worked by hand."""

import pytest

from pipeline.robust import weighted_median


@pytest.mark.parametrize(
    ("values", "weights", "middle"),
    [([7], [1], 7), ([3, 1, 2], [1, 1, 1], 2), ([1, 2], [1, 1], 1), ([1, 100], [1, 5], 100), ([5, 9], [0, 0], 5)],
    ids=["one", "unordered", "even", "one heavy", "no weight"],
)
def test_by_hand(values, weights, middle):
    assert weighted_median(values, weights) == middle


def test_nothing_has_no_median():
    with pytest.raises(ValueError, match="at least one"):
        weighted_median([], [])
