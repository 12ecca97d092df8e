"""Figures of labelled examples, on cases worked by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.metrics import count_confusion, measure, measure_ece, measure_nll, measure_reliability, measure_risk_coverage

HALF = np.array([[0.5, 0.5]], np.float32)
NINE = np.array([[0.9, 0.1]], np.float32)

LABELS = np.array([0, 0, 1, 1, 1, 2])
TAKEN = [0, 10, 1, 1, 2, 2]


def one_hot(taken: list[int], n_columns: int = 11) -> np.ndarray:
    return np.eye(n_columns, dtype=np.float32)[taken]


def be_confident(confidence: list[float]) -> np.ndarray:
    """Return rows that take class 0 with the given confidence."""
    return np.array([[c, 1 - c] for c in confidence], np.float32)


def test_figures_by_hand() -> None:
    figures = measure(one_hot(TAKEN), LABELS)
    assert figures.accuracy == pytest.approx(4 / 6)
    assert figures.refused_frac == pytest.approx(1 / 6)
    assert figures.best_guess_accuracy == pytest.approx(5 / 6)  # of the refused 0 the likeliest digit is a tie: 0
    assert figures.ece == pytest.approx(2 / 6)  # always sure, wrong twice
    assert figures.recall[:3] == pytest.approx([1 / 2, 2 / 3, 1])
    assert figures.precision[:3] == pytest.approx([1, 1, 1 / 2])
    assert np.isnan(figures.precision[3:]).all()
    assert np.isnan(figures.recall[3:]).all()


def test_figures_of_a_card_are_json() -> None:
    figures = measure(one_hot(TAKEN), LABELS).as_dict()
    assert figures["errors"] == 2
    assert figures["recall"] == [0.5, 0.6667, 1.0, *[None] * 7]
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures


@pytest.mark.parametrize(("n_classes", "n_columns"), [(10, 10), (3, 3), (3, 4)], ids=["ten", "three", "three and none"])
def test_model_of_other_classes(n_classes: int, n_columns: int) -> None:
    figures = measure(one_hot([0, 1, 1], n_columns), np.array([0, 1, 2]), n_classes)
    assert figures.accuracy == pytest.approx(2 / 3)
    assert figures.refused_frac == 0
    assert figures.confusion.shape == (n_classes, n_columns)
    assert figures.recall[:3] == pytest.approx([1, 1, 0])


def test_rows_of_the_confusion_are_the_true_classes() -> None:
    confusion = count_confusion(np.array([7, 7, 1]), np.array([1, 7, 10]), 10, 11)
    assert confusion.shape == (10, 11)
    assert confusion[7, 1] == confusion[7, 7] == confusion[1, 10] == 1
    assert confusion.sum() == 3


def test_nothing_to_measure_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one example"):
        measure(np.zeros((0, 11), np.float32), np.zeros(0, np.int64))
    with pytest.raises(ValueError, match="at least one example"):
        measure_risk_coverage(np.zeros((0, 11), np.float32), np.zeros(0, np.int64))


def test_columns_that_are_no_classes_are_refused() -> None:
    with pytest.raises(ValueError, match="expected 10 or 11 columns, received 12"):
        measure(one_hot([0], 12), np.array([0]))


def test_nll_by_hand() -> None:
    both = np.concatenate([HALF, NINE])
    assert measure_nll(both, np.array([0, 1])) == pytest.approx(-(np.log(0.5) + np.log(0.1)) / 2, rel=1e-6)


def test_impossible_class_has_finite_likelihood() -> None:
    assert np.isfinite(measure_nll(np.array([[1.0, 0.0]], np.float32), np.array([1])))


@pytest.mark.parametrize(
    ("probabilities", "labels", "ece"),
    [
        pytest.param(NINE.repeat(10, axis=0), [0] * 9 + [1], 0.0, id="nine of ten at 0.9: honest"),
        pytest.param(NINE.repeat(10, axis=0), [0] * 10, 0.1, id="ten of ten at 0.9: too humble"),
        pytest.param(NINE.repeat(10, axis=0), [0] * 5 + [1] * 5, 0.4, id="five of ten at 0.9: too bold"),
        pytest.param(np.concatenate([NINE, HALF]), [0, 1], (0.1 + 0.5) / 2, id="two bins, weighted"),
        pytest.param(np.array([[1.0, 0.0]], np.float32), [0], 0.0, id="sure and right, last bin"),
    ],
)
def test_ece_by_hand(probabilities: np.ndarray, labels: list[int], ece: float) -> None:
    assert measure_ece(probabilities, np.array(labels)) == pytest.approx(ece, abs=1e-6)


def test_reliability_by_hand() -> None:
    found = measure_reliability(be_confident([0.9, 0.7, 0.8, 1.0]), np.array([0, 1, 0, 0]), n_bins=4)
    assert found.n_examples.tolist() == [0, 0, 1, 3]
    assert found.confidence == pytest.approx([np.nan, np.nan, 0.7, 0.9], nan_ok=True)
    assert found.accuracy == pytest.approx([np.nan, np.nan, 0, 1], nan_ok=True)


def test_risk_rises_where_the_wrong_one_is_taken_in() -> None:
    curve = measure_risk_coverage(be_confident([0.6, 0.9, 0.8, 0.7]), np.array([0, 0, 1, 0]))
    assert curve.coverage == pytest.approx([1 / 4, 2 / 4, 3 / 4, 1])
    assert curve.risk == pytest.approx([0, 1 / 2, 1 / 3, 1 / 4])
    assert curve.aurc == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 4) / 4)


def test_equally_confident_examples_are_accepted_together() -> None:
    labels = np.array([1, 0, 0, 0])
    curve = measure_risk_coverage(be_confident([0.9, 0.9, 0.9, 0.6]), labels)
    assert curve.coverage == pytest.approx([3 / 4, 1])
    assert curve.risk == pytest.approx([1 / 3, 1 / 4])
    assert curve.aurc == pytest.approx(3 / 4 * 1 / 3 + 1 / 4 * 1 / 4)
    turned = measure_risk_coverage(be_confident([0.6, 0.9, 0.9, 0.9]), labels[::-1])
    assert turned.aurc == pytest.approx(curve.aurc)  # the order they come in tells nothing


@pytest.mark.parametrize(
    ("most_risk", "coverage"),
    [(0.0, 1 / 4), (0.3, 1), (0.25, 1), (0.2, 1 / 4)],
    ids=["none wrong", "all", "just all", "a quarter wrong is too many"],
)
def test_coverage_at_a_risk(most_risk: float, coverage: float) -> None:
    curve = measure_risk_coverage(be_confident([0.6, 0.9, 0.8, 0.7]), np.array([0, 0, 1, 0]))
    assert curve.find_coverage(most_risk) == coverage


def test_no_coverage_where_the_surest_is_wrong() -> None:
    curve = measure_risk_coverage(be_confident([0.9, 0.6]), np.array([1, 0]))
    assert curve.find_coverage(0.01) == 0
    assert curve.as_dict() == {"aurc": 0.75, "coverage_at_risk_0.5_percent": 0, "coverage_at_risk_1_percent": 0}


@given(st.lists(st.tuples(st.sampled_from([0.5, 0.6, 0.75, 1.0]), st.booleans()), min_size=1, max_size=30))
def test_all_are_accepted_in_the_end(answers: list[tuple[float, bool]]) -> None:
    confidence, is_right = zip(*answers, strict=True)
    labels = 1 - np.array(is_right).astype(np.int64)
    curve = measure_risk_coverage(be_confident(list(confidence)), labels)
    assert curve.coverage[-1] == 1
    assert (np.diff(curve.coverage) > 0).all()
    assert curve.risk[-1] == pytest.approx(labels.mean())
    assert 0 <= curve.aurc <= 1
