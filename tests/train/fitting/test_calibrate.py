"""Temperature scaling and its measures, on cases worked by hand."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError, ModelError
from train.__main__ import main
from train.datasets.examples import Examples
from train.fitting import calibrate as calibrate_room
from train.fitting.calibrate import (
    Calibration,
    apply_temperature,
    calibrate,
    calibrate_file,
    fit_temperature,
    format_calibration,
    gather_held_out,
)
from train.networks.model_folder import LITERT_NAME, read_card, write_card

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


def test_impossible_class_stays_finite() -> None:
    assert np.isfinite(apply_temperature(np.array([[1.0, 0.0]], np.float32), 2.0)).all()


def test_one_temperature_leaves_the_order_of_confidences_nearly_as_it_is() -> None:
    found = calibrate(*draw_predictions(2.5))
    assert found.aurc_after == pytest.approx(found.aurc_before, rel=0.1)
    assert found.coverage_at_risk_1_percent_after == pytest.approx(found.coverage_at_risk_1_percent_before, abs=0.1)


def test_what_by_hand() -> None:
    found = Calibration(2, 10, 0.1, 0.02, 0.3, 0.2, 0.004, 0.0039, 0.5, 0.512)
    assert format_calibration(found) == (
        "temperature 2.000: ECE 0.1000 before, 0.0200 after; "
        "area under risk by coverage 0.00400 before, 0.00390 after; "
        "coverage at 1 % risk 50.0% before, 51.2% after"
    )
    assert found.as_dict()["aurc_after"] == 0.0039


def test_non_digit_is_left_out_where_the_network_has_no_class_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = np.full((3, 10), 0.1, np.float32)
    monkeypatch.setattr(calibrate_room, "predict_litert", lambda path, images: outputs)
    examples = Examples(np.zeros((3, 28, 28, 1), np.float32), np.array([0, 9, 10]))
    assert calibrate_file(Path("model.tflite"), examples).n_examples == 2


def test_missing_model_is_refused(tmp_path: Path) -> None:
    examples = Examples(np.zeros((1, 28, 28, 1), np.float32), np.array([0]))
    with pytest.raises(ModelError, match=r"model\.tflite"):
        calibrate_file(tmp_path / "model.tflite", examples)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ({}, ("photo", 3, None)),
        ({"recipe": "photo", "dataset": "mnist"}, ("photo", 3, None)),
        ({"recipe": "photo", "dataset": "idx:mine"}, ("photo", 3, "train of idx:mine")),
        ({"recipe": "plain", "dataset": "fashion_mnist"}, ("plain", 3, "fashion_mnist")),
    ],
    ids=["old card", "ours", "ours of own digits", "a tutorial's"],
)
def test_it_is_fitted_on_what_the_run_held_out(
    made: dict[str, Any], expected: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gather(data_dir: None, seed: int, own: object = None) -> SimpleNamespace:
        return SimpleNamespace(seen=("photo", seed, getattr(own, "train", None)))

    def gather_plain_set(dataset: SimpleNamespace, seed: int) -> SimpleNamespace:
        return SimpleNamespace(held_out=("plain", seed, dataset.name))

    monkeypatch.setattr(calibrate_room, "gather_photo_set", gather)
    monkeypatch.setattr(calibrate_room, "gather_plain_set", gather_plain_set)
    monkeypatch.setattr(
        calibrate_room, "load_dataset", lambda name, data_dir: SimpleNamespace(name=name, train=f"train of {name}")
    )
    assert gather_held_out({"made": {"seed": 3, **made}}, None) == expected


def test_held_out_cannot_be_known_without_seed_or_data(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="has no seed"):
        gather_held_out({}, None)
    with pytest.raises(InputError, match="no such data folder"):
        gather_held_out({"made": {"seed": 0}}, tmp_path / "none")


def test_script_writes_the_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / LITERT_NAME).touch()
    write_card(tmp_path, {"name": "kept", "made": {"seed": 0}})
    probabilities, labels = draw_predictions(2.0, 300)
    examples = Examples(np.zeros((300, 28, 28, 1), np.float32), labels)
    monkeypatch.setattr(calibrate_room, "gather_held_out", lambda card, data_dir: examples)
    monkeypatch.setattr(calibrate_room, "predict_litert", lambda path, images: probabilities)
    assert main(["calibrate", "--model", str(tmp_path)]) == 0
    card = read_card(tmp_path)
    assert card["name"] == "kept"
    assert card["temperature"] == pytest.approx(card["calibration"]["temperature"], abs=1e-4)
    assert {"aurc_before", "aurc_after", "coverage_at_risk_1_percent_after"} <= set(card["calibration"])
    assert capsys.readouterr().out.startswith(f"temperature {card['calibration']['temperature']:.3f}: ECE")


def test_nothing_to_calibrate_on_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one example"):
        calibrate(np.zeros((0, 11), np.float32), np.zeros(0, np.int64))
