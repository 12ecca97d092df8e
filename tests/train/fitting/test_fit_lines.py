"""Smoke training of a tiny line network: it learns, goes on after a stop as if there had been none, ships a folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from rich.console import Console

from pipeline.errors import UsageError
from pipeline.recognition.line_images import LineImage
from pipeline.recognition.line_network import load_line_network
from train.__main__ import main
from train.datasets.harvested_crops import FACTS_NAME
from train.datasets.harvested_lines import Lines, load_lines, name_arrays
from train.fitting import fit_lines as fit_lines_room
from train.fitting.fit_lines import finish, fit_lines, validate
from train.fitting.options import LinePlan
from train.networks.catalog import LINES
from train.networks.model_folder import LITERT_NAME, read_card

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
"""TensorFlow's variables do not know NumPy 2's `copy` yet, and Keras asks them for it."""

QUIET = Console(quiet=True)


def make_lines(n: int, seed: int) -> Lines:
    """Return line images of bars, high ones told to be a 1, low ones a 7, with nothing between."""
    rng, width = np.random.default_rng(seed), 64
    pixels, columns = np.zeros((32, n * width, 2), np.uint8), np.full(n * width // 2, 10, np.int8)
    for at in range(n):
        for x in range(at * width + 8, (at + 1) * width - 8, 12):
            is_high = rng.random() < 0.5
            pixels[(4 if is_high else 18) : (14 if is_high else 28), x : x + 4] = 255
            columns[x // 2 : x // 2 + 2] = 1 if is_high else 7
    return Lines(pixels, columns, np.full(n, width))


def build_tiny(n_classes: int) -> keras.Model:
    """Build a line network that learns in seconds."""
    line_image = layers.Input((32, None, 2), name="line_image")
    x = layers.Conv2D(8, (8, 2), strides=(8, 2), activation="relu")(line_image)
    x = layers.Dropout(0.05)(x)
    x = layers.Conv2D(n_classes, (4, 1))(x)
    return keras.Model(line_image, layers.Softmax()(layers.Reshape((-1, n_classes))(x)), name=LINES)


@pytest.fixture(autouse=True, scope="module")
def tiny_network() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_lines_room, "build_line_network", build_tiny)
        patch.setattr(fit_lines_room, "BATCH_SIZE", 8)
        patch.setattr(fit_lines_room, "_N_VALIDATED", 32)
        patch.setattr(validate, "__defaults__", (32,))
        yield


@pytest.fixture(scope="module")
def harvest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("harvest")
    for part, n, seed in (("train", 24, 0), ("validation", 8, 1)):
        np.savez(folder / f"{part}-0000.npz", **name_arrays(make_lines(n, seed)))
    (folder / FACTS_NAME).write_text(json.dumps({"seed": 0}), "utf-8")
    return folder


@pytest.fixture(scope="module")
def fitted(harvest: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[LinePlan, keras.Model, list]:
    plan = LinePlan(harvest, tmp_path_factory.mktemp("models") / "lines", epochs=5, windows=96, rate=2e-2)
    return plan, *fit_lines(plan, QUIET)


@pytest.mark.slow
def test_loss_falls_and_held_out_columns_are_learned(fitted: tuple) -> None:
    _, _, history = fitted
    assert history[-1]["loss"] < 0.7 * history[0]["loss"]
    assert history[-1]["held_out_loss"] < history[0]["held_out_loss"]
    assert [epoch["epoch"] for epoch in history] == [1, 2, 3, 4, 5]
    assert all(0 <= epoch[name] <= 1 for epoch in history for name in ("digit_columns", "other_columns"))


@pytest.mark.slow
def test_validation_finds_a_fault(fitted: tuple, harvest: Path) -> None:
    _, model, _ = fitted
    lines = load_lines(harvest, "validation")
    figures = validate(model, lines)
    swapped = np.select([lines.columns == 1, lines.columns == 7], [7, 1], lines.columns).astype(np.int8)
    assert validate(model, replace(lines, columns=swapped))["held_out_loss"] > figures["held_out_loss"]
    nothing = replace(lines, columns=np.full_like(lines.columns, -1))
    assert validate(model, nothing)["digit_columns"] == 0, "none is labelled"


@pytest.mark.slow
def test_model_folder_is_whole_and_readable(fitted: tuple, harvest: Path) -> None:
    plan, model, history = fitted
    card = finish(plan, model, history)
    assert read_card(plan.out) == json.loads(json.dumps(card))
    assert json.loads((plan.out / "history.json").read_text("utf-8")) == history
    assert (len(card["classes"]), card["validation"], card["made"]["seed"]) == (25, history[-1], 0)
    assert card["bytes"][LITERT_NAME] == (plan.out / LITERT_NAME).stat().st_size
    assert keras.models.load_model(plan.out / "model.keras", compile=False).count_params() == card["n_parameters"]
    network = load_line_network(plan.out)
    assert network.temperature == card["temperature"] > 0
    lines = load_lines(harvest, "validation")
    line_images = [
        LineImage(np.ascontiguousarray(lines.pixels[:, at : at + 64]), np.eye(2, 3)) for at in range(0, 512, 64)
    ]
    posteriors = np.concatenate(network.predict(line_images))
    is_digit = lines.columns < 10
    assert np.mean(posteriors.argmax(axis=1)[is_digit] == lines.columns[is_digit]) > 0.6


@pytest.mark.slow
def test_resumed_run_is_the_same_run(harvest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    straight = LinePlan(harvest, tmp_path / "straight", epochs=3, windows=24)
    stopped = replace(straight, out=tmp_path / "stopped")
    model, history = fit_lines(straight, QUIET)
    n_validated = 0

    def validate_once(*args: object) -> dict[str, float]:
        nonlocal n_validated
        n_validated += 1
        if n_validated == 2:
            raise KeyboardInterrupt
        return validate(*args)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(fit_lines_room, "validate", validate_once)
        with pytest.raises(KeyboardInterrupt):
            fit_lines(stopped, QUIET)
    resumed, history_resumed = fit_lines(replace(stopped, resume=True), QUIET)
    assert history_resumed == history
    for weight, weight_resumed in zip(model.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_allclose(weight, weight_resumed, atol=1e-6)
    with pytest.raises(UsageError, match="of another run"):
        fit_lines(replace(stopped, resume=True, seed=7), QUIET)


@pytest.mark.slow
def test_run_may_begin_with_the_weights_of_another(fitted: tuple, harvest: Path, tmp_path: Path) -> None:
    plan, model, history = fitted
    model.save(tmp_path / "begun.keras")
    onward = LinePlan(harvest, tmp_path / "on", epochs=1, windows=96, rate=1e-4, init=tmp_path / "begun.keras")
    assert len(onward.facts()["init_sha256"]) == 64 and "init_sha256" not in plan.facts()
    own, onward_history = fit_lines(onward, QUIET)
    assert onward_history[0]["loss"] < history[0]["loss"]
    mixed = replace(onward, resume=True, average=tmp_path / "begun.keras", share=0.25)
    for begun, fitted_on, weight in zip(
        model.get_weights(), own.get_weights(), fit_lines(mixed, QUIET)[0].get_weights(), strict=True
    ):
        if weight.dtype == np.float32:
            np.testing.assert_allclose(weight, 0.75 * begun + 0.25 * fitted_on, atol=1e-6)
    finish(mixed, own, onward_history)
    made = read_card(mixed.out)["made"]
    assert made["share"] == 0.25 and len(made["average_sha256"]) == 64


@pytest.mark.parametrize(
    ("flags", "code", "message"),
    [
        (["--epochs", "0"], 2, "expected a whole number of at least 1"),
        (["--windows", "0"], 2, "expected a whole number of at least 1"),
        ([], 1, "holds no whole harvest"),
    ],
    ids=["no epochs", "no windows", "no harvest"],
)
def test_wrong_flag_or_folder_is_one_clear_line(
    flags: list[str], code: int, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit-lines", "--harvest", str(tmp_path), "--out", str(tmp_path / "out"), *flags]) == code
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("error: ") and message in last


def test_harvest_must_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit-lines"]) == 2
    assert "--harvest" in capsys.readouterr().err


@pytest.mark.slow
def test_whole_run_from_the_command_line(harvest: Path, tmp_path: Path) -> None:
    flags = [
        "--harvest",
        str(harvest),
        "--out",
        str(tmp_path / "own"),
        "--epochs",
        "1",
        "--windows",
        "16",
        "--seed",
        "3",
    ]
    assert main(["fit-lines", *flags]) == 0
    assert read_card(tmp_path / "own")["made"]["seed"] == 3
    assert main(["fit-lines", *flags, "--resume"]) == 0
