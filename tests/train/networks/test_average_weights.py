"""Averaging two networks: the mean of their weights, a card that names both; what does not fit is refused."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from pipeline.errors import ModelError
from train.__main__ import main
from train.networks.average_weights import average_folders, average_models
from train.networks.model_folder import read_seed

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


def make(value: float, n_classes: int = 11) -> keras.Model:
    model = keras.Sequential(
        [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(n_classes, "softmax")]
    )
    model.set_weights([np.full_like(w, value) for w in model.get_weights()])
    return model


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1.0), (0.25, 1.5), (1.0, 3.0)], ids=["before", "mean", "after"])
def test_weights_by_hand(share: float, expected: float) -> None:
    for weights in average_models(make(1.0), make(3.0), share).get_weights():
        assert np.allclose(weights, expected)


def test_classes_that_only_the_second_has_keep_its_weights() -> None:
    kernel, bias = average_models(make(1.0, 10), make(3.0, 12), 0.25).get_weights()
    assert np.allclose(kernel[:, :10], 1.5) and np.allclose(kernel[:, 10:], 3.0)
    assert bias.tolist() == [1.5] * 10 + [3.0] * 2


@pytest.mark.slow
def test_folders_of_other_classes_are_refused(tmp_path: Path) -> None:
    for name, n_classes in (("a", 10), ("b", 11)):
        (tmp_path / name).mkdir()
        make(0.1, n_classes).save(tmp_path / name / "model.keras")
        (tmp_path / name / "card.json").write_text("{}")
    with pytest.raises(ModelError, match="architecture"):
        average_folders(tmp_path / "a", tmp_path / "b", 0.5, tmp_path / "out")


def test_other_architecture_is_refused() -> None:
    with pytest.raises(ModelError, match="architecture"):
        average_models(make(1.0), make(1.0, 10), 0.5)


def test_share_out_of_range_and_missing_model(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["average", str(tmp_path), str(tmp_path), "--share", "2", "--out", str(tmp_path / "out")]) == 2
    assert main(["average", str(tmp_path), str(tmp_path), "--out", str(tmp_path / "out")]) == 4
    assert "holds no model.keras" in capsys.readouterr().err


@pytest.mark.slow
def test_folders_are_averaged(tmp_path: Path) -> None:
    for name, value, seed in (("a", 0.1, 4), ("b", 0.3, 4), ("other writers", 0.3, 5)):
        (tmp_path / name).mkdir()
        make(value).save(tmp_path / name / "model.keras")
        (tmp_path / name / "card.json").write_text(
            json.dumps(
                {"classes": ["0"], "line_model": "lines", "made": {"seed": seed, "epochs": value, "dataset": "idx:x"}}
            )
        )
    assert main(["average", str(tmp_path / "a"), str(tmp_path / "other writers"), "--out", str(tmp_path / "none")]) == 2
    assert not (tmp_path / "none").exists()
    assert main(["average", str(tmp_path / "a"), str(tmp_path / "b"), "--out", str(tmp_path / "out")]) == 0
    card = json.loads((tmp_path / "out" / "card.json").read_text())
    assert card["made"]["before"]["epochs"] == 0.1 and card["made"]["after"]["epochs"] == 0.3
    assert read_seed(card) == 4 and card["made"]["dataset"] == "idx:x"
    assert card["classes"] == ["0"]
    assert card["line_model"] == "lines"
    averaged = keras.models.load_model(tmp_path / "out" / "model.keras")
    assert np.allclose(averaged.get_weights()[0], 0.2)


def test_card_without_a_seed_holds_nobody_out() -> None:
    with pytest.raises(ModelError, match="no seed"):
        read_seed({"made": {}})
