"""Smoke training on drawn digits: it learns them, goes on after a stop as if there had been none, and ships a model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from rich.console import Console

from pipeline.classify import load_classifier
from pipeline.errors import UsageError
from train import fit as fit_room
from train.architectures import ARCHITECTURES
from train.augment import AugmentSettings
from train.batches import Mixture, Sources, draw_batch
from train.checkpoint import load_checkpoint
from train.data import DigitSet
from train.export import LITERT_NAME, read_card
from train.fit import FitPlan, average_weights, finish, fit, look, parse_arguments
from train.fonts import draw_glyphs
from train.hands import draw_hands
from train.junk import JunkSource
from train.material import Examples, Material, show_clean

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
"""TensorFlow's variables do not know NumPy 2's `copy` yet, and Keras asks them for it."""

NONE = DigitSet(np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.uint8))
QUIET = Console(quiet=True)


def make_material(n_hands: int) -> Material:
    """Make material of drawn digits: some hands to learn from, others to look at."""
    rng = np.random.default_rng(0)
    hands, others = draw_hands(rng, n_hands, 0, 0), draw_hands(rng, 8, 0, 0)
    glyphs = [mask for masks in draw_glyphs("AKM", []) for mask in masks]
    train, look_at = (Sources(d, NONE, NONE, NONE, JunkSource(d.images, d.labels, glyphs)) for d in (hands, others))
    seen = draw_batch(look_at, np.arange(80), rng, Mixture(plain=0), AugmentSettings())
    return Material(train, show_clean(others), Examples(*seen), {"n_train": 10 * n_hands})


def build_tiny() -> keras.Model:
    """Build a network that learns in seconds."""
    image = keras.layers.Input((28, 28, 1))
    x = keras.layers.Conv2D(16, 5, strides=2, activation="relu")(image)
    x = keras.layers.Dropout(0.1)(keras.layers.MaxPooling2D()(x))
    return keras.Model(image, keras.layers.Dense(11, activation="softmax")(keras.layers.Flatten()(x)), name="tiny")


@pytest.fixture(autouse=True, scope="module")
def tiny_network() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ARCHITECTURES, "tiny", build_tiny)
        patch.setattr(fit_room, "BATCH_SIZE", 16)
        yield


@pytest.fixture(scope="module")
def material() -> Material:
    return make_material(24)


@pytest.fixture(scope="module")
def fitted(material: Material, tmp_path_factory: pytest.TempPathFactory) -> tuple[FitPlan, object, list]:
    """Fit 240 drawn digits for ten epochs of fifteen steps."""
    plan = FitPlan(arch="tiny", epochs=10, out=tmp_path_factory.mktemp("models") / "smoke")
    return plan, *fit(plan, material, QUIET)


def test_loss_falls_and_new_hands_are_read(fitted: tuple) -> None:
    _, _, history = fitted
    losses = [epoch["loss"] for epoch in history]
    assert losses[-1] < 0.7 * losses[0]
    assert history[-1]["clean_accuracy"] > 0.75
    assert [epoch["epoch"] for epoch in history] == list(range(1, 11))


@pytest.mark.parametrize("fault", ["labels moved on by one", "rows and columns swapped", "polarity inverted"])
def test_look_finds_a_fault_in_what_it_is_shown(fitted: tuple, material: Material, fault: str) -> None:
    _, model, _ = fitted
    images, labels = material.clean.images, material.clean.labels
    wrong = {
        "labels moved on by one": Examples(images, (labels + 1) % 10),
        "rows and columns swapped": Examples(images.swapaxes(1, 2), labels),
        "polarity inverted": Examples(1 - images, labels),
    }[fault]
    assert look(model, replace(material, clean=wrong))["clean_accuracy"] < 0.5


def test_model_folder_is_whole_and_readable(fitted: tuple, material: Material) -> None:
    plan, model, history = fitted
    card = finish(plan, material, model, history)
    assert read_card(plan.out) == card
    assert 0.2 <= card["temperature"] <= 5
    assert card["made"]["seed"] == 0
    assert card["made"]["n_train"] == 240
    assert card["bytes"][LITERT_NAME] < 1_000_000
    classifier = load_classifier(plan.out)
    assert classifier.temperature == card["temperature"]
    taken = classifier.classify(material.clean.images).probabilities.argmax(axis=1)
    assert np.mean(taken == material.clean.labels) == pytest.approx(history[-1]["clean_accuracy"], abs=0.02)


def test_checkpoint_is_ignored_by_git_and_of_the_last_epoch_alone(fitted: tuple) -> None:
    plan, _, history = fitted
    assert (plan.work_dir / ".gitignore").read_text() == "*\n"
    assert sorted(path.name for path in plan.work_dir.glob("*.keras")) == ["averaged-10.keras", "fitted-10.keras"]
    assert load_checkpoint(plan.work_dir, plan.facts())[2] == history


def test_checkpoint_of_another_run_is_refused(fitted: tuple) -> None:
    plan, _, _ = fitted
    with pytest.raises(UsageError, match="of another run"):
        load_checkpoint(plan.work_dir, replace(plan, seed=7).facts())


@pytest.mark.slow
def test_resumed_run_is_the_same_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    material = make_material(4)
    straight = FitPlan(epochs=3, out=tmp_path / "straight")
    stopped = replace(straight, out=tmp_path / "stopped")
    model, history = fit(straight, material, QUIET)
    n_looks = 0

    def look_twice(*given: object) -> dict[str, float]:
        nonlocal n_looks
        n_looks += 1
        if n_looks == 2:
            raise KeyboardInterrupt
        return look(*given)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(fit_room, "look", look_twice)
        with pytest.raises(KeyboardInterrupt):
            fit(stopped, material, QUIET)
    resumed, history_resumed = fit(replace(stopped, resume=True), material, QUIET)
    assert history_resumed == history
    for weight, weight_resumed in zip(model.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_allclose(weight, weight_resumed, atol=1e-6)


def test_mean_of_the_weights_is_a_mean() -> None:
    averaged, fitted = build_tiny(), build_tiny()
    for model, value in ((averaged, 0.0), (fitted, 1.0)):
        for weight in model.trainable_weights:
            weight.assign(np.full(weight.shape, value, np.float32))
    average_weights(averaged, fitted, n_done=10)
    assert np.allclose(averaged.trainable_weights[0], 0.5)
    average_weights(averaged, fitted, n_done=10**6)
    assert np.allclose(averaged.trainable_weights[0], 0.5 + 0.5 * (1 - fit_room.AVERAGE_MOMENTUM))


def test_flags_become_the_plan(tmp_path: Path) -> None:
    plan = parse_arguments(["--epochs", "3", "--seed", "5", "--out", str(tmp_path), "--limit", "9", "--resume"])
    assert plan == FitPlan(epochs=3, seed=5, out=tmp_path, limit=9, resume=True)
    assert parse_arguments([]) == FitPlan()


def test_run_may_begin_with_the_weights_of_another(fitted: tuple, material: Material, tmp_path: Path) -> None:
    plan, model, history = fitted
    begun = FitPlan(arch="tiny", epochs=1, out=tmp_path, init=plan.work_dir / "averaged-10.keras", rate=1e-4)
    assert len(begun.facts()["init_sha256"]) == 64
    _, continued = fit(begun, material, QUIET)
    assert continued[0]["loss"] < 0.8 * history[0]["loss"]


@pytest.mark.parametrize("flags", [["--epochs", "0"], ["--limit", "0"], ["--arch", "none"]])
def test_wrong_flag_is_one_clear_line(
    flags: list[str], material: Material, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fit_room, "gather_material", lambda *given: material)
    assert fit_room.main(flags) == 2
    assert capsys.readouterr().err.strip().splitlines()[-1].startswith("error: ")


def test_missing_data_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit_room.main(["--data-dir", str(tmp_path / "none")]) == 1
    assert "no such data folder" in capsys.readouterr().err
