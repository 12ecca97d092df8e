"""Choosing again, on tables by eye: a row for each value, the shipped one first; a column for each page."""

from __future__ import annotations

import numpy as np
import pytest

from train.tuning.candidates import Change
from train.tuning.choose import Changes, Trial, choose_row, keep_gains, list_open, rank_changes

NEAR, FAR = Change("decode", "doubtful", 0.5), Change("decode", "doubtful", 0.3)
OTHER = Change("text_lines", "steepest", 2.0)


@pytest.mark.parametrize(
    ("edits", "eager", "cautious"),
    [
        ([[], [], []], (0, 0), (0, 0)),
        ([[1, 1, 1], [1, 1, 1], [1, 1, 1]], (0, 0), (0, 0)),
        ([[1, 1, 1], [2, 0, 1], [0, 2, 1]], (0, 0), (0, 0)),
        ([[1, 1, 1], [0, 1, 1], [1, 1, 0]], (1, 1), (0, 0)),
        ([[1, 1, 1], [0, 1, 1], [0, 0, 1]], (2, 2), (2, 1)),
        ([[9, 1, 1], [0, 1, 1], [8, 0, 1]], (1, 9), (2, 1)),
        ([[9, 1, 1], [0, 2, 1], [9, 1, 2]], (1, 8), (0, 0)),
        ([[0, 0, 0], [1, 0, 0], [0, 0, 3]], (0, 0), (0, 0)),
    ],
    ids=["no page", "equal", "won and lost", "one page", "two pages", "one much", "one at others' cost", "none better"],
)
def test_best_value(edits: list[list[int]], eager: tuple[int, int], cautious: tuple[int, int]) -> None:
    table = np.array(edits, np.int64)
    everything = np.ones(table.shape[1], bool)
    assert choose_row(table, everything, False) == eager
    assert choose_row(table, everything, True) == cautious


def test_pages_left_out_have_no_say() -> None:
    table = np.array([[5, 1], [0, 2], [9, 0]], np.int64)
    assert choose_row(table, np.array([True, False]), False) == (1, 5)
    assert choose_row(table, np.array([False, True]), False) == (2, 1)


def test_changes_are_ranked_by_gain() -> None:
    both = np.array([True, True])
    trials = [
        Trial([NEAR, FAR], np.array([[2, 2], [2, 1], [2, 1]])),
        Trial([OTHER], np.array([[2, 2], [0, 0]])),
        Trial([Change("skew", "least_deg", 5.0)], np.array([[2, 2], [2, 2]])),
    ]
    assert rank_changes(trials, both, False) == [OTHER, NEAR]
    assert rank_changes(trials, both, True) == [OTHER]
    assert rank_changes([], both, False) == []


@pytest.mark.parametrize(
    ("counts", "kept", "n_edits"),
    [
        ({(): 5}, (), 5),
        ({(): 5, (OTHER,): 4, (OTHER, NEAR): 3}, (OTHER, NEAR), 3),
        ({(): 5, (OTHER,): 4, (OTHER, NEAR): 5}, (OTHER,), 4),
        ({(): 5, (OTHER,): 6, (NEAR,): 5}, (NEAR,), 5),
    ],
    ids=["none", "both", "together worse", "the first worse, the second equal"],
)
def test_changes_are_kept_unless_digits_get_fewer(counts: dict[Changes, int], kept: Changes, n_edits: int) -> None:
    ranked = [OTHER, NEAR] if len(counts) > 1 else []
    assert keep_gains(ranked, counts.__getitem__) == (kept, n_edits)


@pytest.mark.parametrize(
    ("edits", "left"),
    [
        ([[1, 0], [1, 0], [1, 0]], [(None, 0), (NEAR, 0), (FAR, 0)]),
        ([[1, 0], [1, 3], [2, 9]], [(None, 0), (NEAR, 3)]),
        ([[1, 4], [1, 3], [1, 9]], [(None, 0), (NEAR, -1), (FAR, 5)]),
        ([[1, 0], [0, 3], [1, 3]], [(None, 0)]),
    ],
    ids=["no effect", "one open", "gain and loss", "the others prefer another"],
)
def test_what_the_others_leave_open(edits: list[list[int]], left: list[tuple[Change | None, int]]) -> None:
    assert list_open(Trial([NEAR, FAR], np.array(edits)), np.array([True, False])) == left
