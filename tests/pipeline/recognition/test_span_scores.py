"""What columns say of spans: alignments summed by hand and against all there are; joints, cuts, choice of image."""

from __future__ import annotations

from itertools import groupby, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.geometry import Box
from pipeline.recognition.line_images import LineImage
from pipeline.recognition.span_scores import (
    find_cut_columns,
    find_touching_points,
    score_cuts,
    score_spans,
    sum_alignments,
)
from pipeline.types import Lattice, Span
from tests.support.drawing import make_lattice, make_line

NOTHING, SPACE = 10, 11
TWO = make_lattice(3, (0, 1), (1, 2), (0, 2))


def make_line_image(n_columns: int, scale: float = 1.0, left: float = 0.0) -> LineImage:
    """Return a bare line image that begins at page x `left`: its px are `scale` px of the page, its columns two."""
    to_page = np.array([[scale, 0, left + 0.5 * scale - 0.5], [0, scale, 0]], float)
    return LineImage(np.zeros((32, 2 * n_columns, 2), np.uint8), to_page)


def show(*columns: dict[int, float]) -> np.ndarray:
    """Return columns that show what is named, and nothing for the rest."""
    rows = np.zeros((len(columns), 12), np.float32)
    for row, named in zip(rows, columns, strict=True):
        row[NOTHING] = 1 - sum(named.values())
        for what, probability in named.items():
            row[what] += probability
    return rows


def at(*places: int) -> np.ndarray:
    return np.array(places, np.int64)


def test_alignments_by_hand() -> None:
    rows = show({1: 0.5}, {1: 0.4}, {})
    sums = sum_alignments(rows, at(0, 0, 1, 1), at(3, 1, 2, 1))
    assert sums[:, 1] == pytest.approx([0.5 * 0.6 + 0.5 * 0.4 + 0.5 * 0.4, 0.5, 0.4, 0])
    assert sums[:, NOTHING] == pytest.approx([0.5 * 0.6, 0.5, 0.6, 1])
    assert not np.delete(sums, [1, NOTHING], axis=1).any()


def test_one_digit_twice_is_not_that_digit() -> None:
    # of eight ways to color three columns, seven hold one run of 1 or none, the eighth is 1, nothing, 1
    half = show(*[{1: 0.5}] * 3)
    assert sum_alignments(half, at(0), at(3))[0, [1, NOTHING]] == pytest.approx([6 / 8, 1 / 8])
    assert not sum_alignments(show({2: 1}, {3: 1}), at(0), at(2)).any()
    assert not sum_alignments(show({2: 1}, {}, {2: 1}), at(0), at(3)).any()


def test_space_counts_as_nothing() -> None:
    spaced, bare = show({SPACE: 0.25, 1: 0.5}, {SPACE: 1}), show({1: 0.5}, {})
    assert sum_alignments(spaced, at(0), at(2)) == pytest.approx(sum_alignments(bare, at(0), at(2)))


def test_no_spans_have_no_sums() -> None:
    assert sum_alignments(show({}), at(), at()).shape == (0, 11)


KINDS = (0, 1, NOTHING, SPACE)


@given(hnp.arrays(np.float64, st.tuples(st.integers(1, 5), st.just(4)), elements=st.floats(0.01, 1)))
def test_alignments_are_all_there_are(weights: np.ndarray) -> None:
    rows = np.zeros((len(weights), 12), np.float32)
    rows[:, KINDS] = weights / weights.sum(axis=1, keepdims=True)
    expected = np.zeros(11)
    for way in product(KINDS, repeat=len(rows)):
        runs = [kind for kind, _ in groupby(min(kind, NOTHING) for kind in way) if kind < NOTHING]
        if len(runs) < 2:
            expected[runs[0] if runs else NOTHING] += np.prod(rows[np.arange(len(rows)), way], dtype=np.float64)
    (sums,) = sum_alignments(rows, at(0), at(len(rows)))
    assert sums == pytest.approx(expected, abs=1e-6)
    assert (sums >= 0).all() and sums.sum() <= 1 + 1e-6


def test_price_of_a_cut_by_hand() -> None:
    rows = show({7: 0.9}, {7: 0.8}, {3: 1}, {}, {})
    prices = score_cuts(rows, at(0, 1, 2, 3, 4, 5))
    assert prices == pytest.approx([0, np.log(1 - 0.72), 0, 0, 0, 0], abs=1e-6)
    assert np.isfinite(score_cuts(show({7: 1}, {7: 1}), at(1))).all()


def test_run_that_a_cut_parts_is_one_digit() -> None:
    posteriors = show(*[{}] * 4, {7: 0.9}, {7: 0.9}, *[{}] * 4)
    weights = score_spans(TWO, [make_line_image(10)], [posteriors])
    assert weights.shape == (3, 11)
    assert np.exp(weights[2, 7]) == pytest.approx(0.99, abs=1e-5)
    assert np.exp(weights[0, 7] + weights[1, 7]) == pytest.approx(0.9 * 0.9 * (1 - 0.81), abs=1e-5)
    assert np.exp(weights[2, NOTHING]) == pytest.approx(0.01, abs=1e-5)


def test_two_digits_are_two_digits() -> None:
    posteriors = show({}, {}, {1: 0.9}, {}, {}, {}, {}, {7: 0.8}, {}, {})
    weights = score_spans(TWO, [make_line_image(10)], [posteriors])
    assert np.exp([weights[0, 1], weights[1, 7]]) == pytest.approx([0.9, 0.8], abs=1e-5)
    assert np.exp(weights[2, [1, 7]]) == pytest.approx([0.9 * 0.2, 0.1 * 0.8], abs=1e-5)
    assert weights[0, 7] < -20 and np.isfinite(weights).all()


def make_span(box: Box, first: int) -> Span:
    return Span(first, first + 1, box, np.full((box.height, box.width), 255, np.uint8), 2.0)


def test_span_is_looked_at_where_it_is_of_the_size_that_the_network_knows() -> None:
    tall, low, off = Box(0, 0, 10, 20), Box(10, 8, 20, 16), Box(20, 8, 30, 16)
    line = make_line((0, 0, 30, 20))
    lattice = Lattice(line, 4, tuple(make_span(box, i) for i, box in enumerate((tall, low, off))))
    images = [make_line_image(15), make_line_image(12, scale=0.5, left=9.0)]  # digits of 18 px; of 9 px, from 9 to 21
    weights = score_spans(lattice, images, [show(*[{1: 0.99}] * 15), show(*[{2: 0.99}] * 12)])
    assert weights[:, :10].argmax(axis=1).tolist() == [1, 2, 1]


def test_span_outside_every_line_image_is_scored_in_the_first() -> None:
    weights = score_spans(make_lattice(2, (0, 1)), [make_line_image(2, left=3.0)], [show({5: 1}, {5: 1})])
    assert weights[0].argmax() == 5


@given(hnp.arrays(np.float64, (10, 12), elements=st.floats(0, 1)), st.floats(-15, 15), st.floats(0.2, 4))
def test_weights_are_log_probabilities(rows: np.ndarray, left: float, scale: float) -> None:
    rows = (rows + 1e-3) / (rows + 1e-3).sum(axis=1, keepdims=True)
    weights = score_spans(TWO, [make_line_image(10, scale, left)], [rows.astype(np.float32)])
    assert np.isfinite(weights).all()
    assert (np.exp(weights).sum(axis=1) <= 1 + 1e-5).all()


JOINTS: dict[str, tuple[tuple[int, ...], list[float]]] = {
    "no columns": ((), []),
    "nothing": ((10, 10, 11), []),
    "one digit": ((10, 3, 3, 10), []),
    "two apart": ((10, 3, 3, 10, 10, 5, 10), [4]),
    "two that touch": ((3, 3, 5, 5), [2]),
    "two alike": ((3, 10, 3), [1.5]),
    "a space between": ((3, 11, 11, 4), [2]),
    "three, from rim to rim": ((1, 2, 10, 2), [1, 2.5]),
}


@pytest.mark.parametrize(("kinds", "columns"), JOINTS.values(), ids=JOINTS)
def test_joints_by_eye(kinds: tuple[int, ...], columns: list[float]) -> None:
    posteriors = np.eye(12, dtype=np.float32)[list(kinds)].reshape(-1, 12)
    image = make_line_image(max(1, len(kinds)), scale=3.0, left=100.0)
    assert find_touching_points([image], [posteriors]) == pytest.approx([100 + 3 * 2 * column for column in columns])


def test_joints_of_all_line_images_are_found() -> None:
    assert find_touching_points([], []) == []
    posteriors = np.eye(12, dtype=np.float32)[[3, 5]]
    assert find_touching_points(
        [make_line_image(2), make_line_image(2, left=50)], [posteriors, posteriors]
    ) == pytest.approx([2, 52])


@pytest.mark.parametrize(
    ("lattice", "left", "columns"),
    [
        pytest.param(make_lattice(2, (0, 1)), 0, [0, 10], id="one span"),
        pytest.param(TWO, 0, [0, 5, 10], id="two"),
        pytest.param(TWO, -4, [0, 7, 10], id="two, not from the strip's start"),
        pytest.param(TWO, 15, [0, 0, 10], id="cut before the strip"),
        pytest.param(TWO, -30, [0, 10, 10], id="cut behind the strip"),
    ],
)
def test_cuts_in_columns(lattice: Lattice, left: float, columns: list[int]) -> None:
    assert find_cut_columns(lattice, make_line_image(10, left=left)).tolist() == columns


def test_cuts_never_fall() -> None:
    wide, dot, last = Box(0, 0, 18, 20), Box(2, 0, 4, 4), Box(3, 0, 20, 20)
    spans = tuple(make_span(box, i) for i, box in enumerate((wide, dot, last)))
    columns = find_cut_columns(Lattice(make_line((0, 0, 20, 20)), 4, spans), make_line_image(10))
    assert (np.diff(columns) >= 0).all() and columns[[0, -1]].tolist() == [0, 10]
