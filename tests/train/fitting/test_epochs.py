"""Which epoch is the best, when a run is stalled, and what TensorBoard is given."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from rich.console import Console

from train.datasets.catalog import DIGIT_CLASSES, Dataset
from train.fitting.epochs import find_best, is_stalled, log_epochs
from train.fitting.fit import fit
from train.fitting.options import FitPlan
from train.fitting.plain_training_set import PlainTrainingSet, gather_plain_set
from train.networks.checkpoint import History
from train.synthesis.handwriting.drawn_digits import draw_digit_set

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
QUIET = Console(quiet=True)


def rows(*shares: float, name: str = "val_accuracy") -> History:
    return [{"epoch": n, "loss": 1.0, name: share} for n, share in enumerate(shares, 1)]


@pytest.mark.parametrize(
    ("shares", "best", "stalled_by"),
    [((0.5,), 0, 0), ((0.5, 0.6), 1, 0), ((0.6, 0.5), 0, 1), ((0.6, 0.5, 0.6), 2, 0), ((0.9, 0.5, 0.6, 0.7), 0, 3)],
)
def test_best_epoch_and_standstill_by_hand(shares: tuple[float, ...], best: int, stalled_by: int) -> None:
    history = rows(*shares)
    assert find_best(history) == best
    assert not is_stalled(history, stalled_by + 1)
    assert is_stalled(history, stalled_by)


def test_nothing_is_stalled_before_the_first_epoch_or_without_patience() -> None:
    assert not is_stalled([], 1)
    assert not is_stalled(rows(0.9, 0.1, 0.1), None)


def test_harvest_decides_before_what_is_seen() -> None:
    history = [{"harvest_accuracy": 0.9, "seen_accuracy": 0.1}, {"harvest_accuracy": 0.8, "seen_accuracy": 0.9}]
    assert find_best(history) == 0


class Recorder:
    """Stands in for Keras's TensorBoard, which needs a library that is not installed."""

    def __init__(self, folder: Path, write_graph: bool) -> None:
        self.calls: list[object] = [folder]

    def set_model(self, model: object) -> None:
        self.calls.append(model)

    def on_train_begin(self) -> None:
        self.calls.append("begin")

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self.calls.append((epoch, logs))

    def on_train_end(self) -> None:
        self.calls.append("end")


def test_epochs_are_logged_also_when_a_run_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.callbacks, "TensorBoard", Recorder)
    with pytest.raises(KeyboardInterrupt), log_epochs("model", tmp_path) as logger:
        logger.on_epoch_end(0, {"loss": 1.0})
        raise KeyboardInterrupt
    assert logger.calls == [tmp_path, "model", "begin", (0, {"loss": 1.0}), "end"]
    with log_epochs("model", None) as logger:
        logger.on_epoch_end(0, {"loss": 1.0})


@pytest.mark.slow
def test_run_stops_early_and_keeps_its_best_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digits = draw_digit_set(np.random.default_rng(0), 6, 0, 0)
    training_set = gather_plain_set(Dataset("own", DIGIT_CLASSES, digits, digits), 0)
    shares, weights = iter([0.5, 0.9, 0.7, 0.8]), []

    def validate(_: PlainTrainingSet, model: keras.Model) -> dict[str, float]:
        weights.append(model.get_weights()[0])
        return {"val_accuracy": next(shares)}

    monkeypatch.setattr(PlainTrainingSet, "validate", validate)
    plan = FitPlan(arch="mlp_50_50_sigmoid", epochs=9, patience=2, out=tmp_path)
    model, history = fit(plan, training_set, 10, QUIET)
    assert [row["val_accuracy"] for row in history] == [0.5, 0.9, 0.7, 0.8]
    assert np.array_equal(model.get_weights()[0], weights[1])
    resumed, again = fit(replace(plan, resume=True), training_set, 10, QUIET)
    assert again == history
    assert np.array_equal(resumed.get_weights()[0], weights[1])
