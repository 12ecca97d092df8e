"""Temperature scaling and its measures, on cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.calibrate import apply_temperature, calibrate, fit_temperature, measure_ece, measure_nll

HALF = np.array([[0.5, 0.5]], np.float32)
NINE = np.array([[0.9, 0.1]], np.float32)


def draw_predictions(temperature: float, n: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Draw labels from honest probabilities, and give those probabilities overstated by `temperature`."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (n, 11))
    honest = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (honest.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    return apply_temperature(honest.astype(np.float32), 1 / temperature), labels


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0, 3.0])
def test_overstated_confidence_is_found_and_taken_back(temperature: float) -> None:
    overstated, labels = draw_predictions(temperature)
    assert fit_temperature(overstated, labels) == pytest.approx(temperature, rel=0.08)


def test_calibration_lowers_both_errors() -> None:
    found = calibrate(*draw_predictions(2.5))
    assert found.nll_after < found.nll_before
    assert found.ece_after < 0.2 * found.ece_before
    assert found.n_examples == 4000
    assert found.as_dict()["temperature"] == pytest.approx(found.temperature, abs=1e-5)


@pytest.mark.parametrize(
    ("probabilities", "temperature", "expected"),
    [
        pytest.param(NINE, 1.0, [0.9, 0.1], id="one changes nothing"),
        pytest.param(NINE, 2.0, [0.75, 0.25], id="two takes square roots: 3 to 1"),
        pytest.param(NINE, 0.5, [81 / 82, 1 / 82], id="half squares: 81 to 1"),
        pytest.param(HALF, 3.0, [0.5, 0.5], id="a tie stays a tie"),
    ],
)
def test_temperature_by_hand(probabilities: np.ndarray, temperature: float, expected: list[float]) -> None:
    assert apply_temperature(probabilities, temperature)[0] == pytest.approx(expected, abs=1e-6)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=11), st.floats(0.2, 5))
def test_scaled_rows_sum_to_one_and_keep_their_order(weights: list[float], temperature: float) -> None:
    row = (np.array(weights) + 1e-3) / (np.array(weights) + 1e-3).sum()
    scaled = apply_temperature(row[None].astype(np.float32), temperature)
    assert scaled.sum() == pytest.approx(1, abs=1e-5)
    assert scaled[0, row.argmax()] == pytest.approx(scaled.max())


def test_impossible_class_has_finite_likelihood() -> None:
    sure = np.array([[1.0, 0.0]], np.float32)
    assert np.isfinite(measure_nll(sure, np.array([1])))
    assert np.isfinite(apply_temperature(sure, 2.0)).all()


def test_nll_by_hand() -> None:
    both = np.concatenate([HALF, NINE])
    assert measure_nll(both, np.array([0, 1])) == pytest.approx(-(np.log(0.5) + np.log(0.1)) / 2, rel=1e-6)


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


def test_nothing_to_calibrate_on_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one example"):
        calibrate(np.zeros((0, 11), np.float32), np.zeros(0, np.int64))
