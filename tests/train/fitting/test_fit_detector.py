"""Smoke training of a tiny page network: it learns, goes on after a stop as if there had been none, ships a folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
from keras import layers
from rich.console import Console

from pipeline.detection.page_network import N_CHANNELS, load_page_network
from pipeline.errors import ModelError, UsageError
from train.__main__ import main
from train.datasets.detector_pages import PAGES_NAME
from train.fitting import fit_detector as fit_detector_room
from train.fitting.fit_detector import finish, fit_detector
from train.fitting.options import DetectorPlan
from train.networks.catalog import PAGE
from train.networks.model_folder import HISTORY_NAME, read_card
from train.networks.page_network import build_page_network

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
    pytest.mark.slow,
]
"""TensorFlow's variables do not know NumPy 2's `copy` yet, and Keras asks them for it."""

QUIET = Console(quiet=True)


def build_tiny() -> keras.Model:
    """Build a page network that learns in seconds."""
    page = layers.Input((None, None, 1), name="page")
    x = layers.Conv2D(8, 8, strides=4, padding="same", activation="relu")(page)
    x = layers.BatchNormalization()(x)
    return keras.Model(page, layers.Conv2D(N_CHANNELS, 3, padding="same", dtype="float32")(x), name=PAGE)


@pytest.fixture(autouse=True, scope="module")
def tiny_network() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_detector_room, "build_page_network", build_tiny)
        patch.setattr(fit_detector_room, "_N_VALIDATED", 4)
        yield
    keras.mixed_precision.set_global_policy("float32")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write pages of bars: upright ones told to be a 1, flat ones a sign."""
    folder, lines = tmp_path_factory.mktemp("pages"), []
    rng = np.random.default_rng(0)
    for number in range(4):
        owner = np.zeros((120, 160), np.uint16)
        kinds = []
        for index, left in enumerate(range(10, 150, 30)):
            is_digit = rng.random() < 0.6
            owner[40 : 70 if is_digit else 46, left : left + (6 if is_digit else 22)] = index + 1
            kinds.append("digit" if is_digit else "sign")
        cv2.imwrite(str(folder / f"{number}.jpg"), np.where(owner > 0, 40, 210).astype(np.uint8))
        cv2.imwrite(str(folder / f"{number}.png"), owner)
        n = len(kinds)
        entry = {"file": f"{number}.jpg", "labels": [1] * n, "kinds": kinds, "groups": [0] * n}
        lines.append(json.dumps(entry | {"printed": [0] * n, "up": [[0, -1]] * n}))
    (folder / PAGES_NAME).write_text("\n".join(lines), "utf-8")
    return folder


@pytest.fixture(scope="module")
def fitted(pages: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple:
    out = tmp_path_factory.mktemp("out") / "bars"
    plan = DetectorPlan(pages, pages, out, epochs=3, steps=10, batch=2, rate=1e-2)
    model, history = fit_detector(plan, QUIET)
    return plan, model, history


def test_it_learns(fitted: tuple) -> None:
    _, _, history = fitted
    assert [row["epoch"] for row in history] == [1, 2, 3]
    assert history[-1]["loss"] < 0.8 * history[0]["loss"]
    assert set(history[0]) >= {"area", "link", "other", "center", "height_off", "up", "printed"}


def test_folder_that_reading_can_load(fitted: tuple) -> None:
    plan, model, history = fitted
    card = finish(plan, model, history)
    assert read_card(plan.out) == card and card["channels"][0] == "area"
    assert json.loads((plan.out / HISTORY_NAME).read_text("utf-8")) == history
    maps = load_page_network(plan.out).predict(np.full((50, 70), 200, np.uint8))
    assert maps.shape == (13, 18, N_CHANNELS)


def test_files_that_disagree_are_an_error(fitted: tuple, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, model, history = fitted
    monkeypatch.setattr(fit_detector_room, "measure_gap", lambda *_: 0.5)
    with pytest.raises(ModelError, match="differs from the Keras model"):
        finish(replace(plan, out=tmp_path / "own"), model, history)


def test_resumed_run_is_the_same_run(fitted: tuple, tmp_path: Path) -> None:
    plan, model, history = fitted
    stopped = replace(plan, out=tmp_path / "stopped")

    class Stop(Console):
        def print(self, *_: object, **__: object) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit_detector(stopped, Stop(quiet=True))
    resumed, history_resumed = fit_detector(replace(stopped, resume=True), QUIET)
    untimed = [[{k: v for k, v in row.items() if k != "step_s"} for row in rows] for rows in (history, history_resumed)]
    assert untimed[0] == untimed[1]
    for weight, weight_resumed in zip(model.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_allclose(weight, weight_resumed, atol=1e-5)
    with pytest.raises(UsageError, match="of another run"):
        fit_detector(replace(stopped, resume=True, seed=7), QUIET)


def test_run_may_begin_with_the_weights_of_another(fitted: tuple, tmp_path: Path) -> None:
    plan, model, history = fitted
    model.save(tmp_path / "begun.keras")
    onward = replace(plan, out=tmp_path / "on", epochs=1, rate=1e-5, init=tmp_path / "begun.keras", half=True)
    assert fit_detector(onward, QUIET)[1][0]["loss"] < history[0]["loss"]
    assert "init_sha256" in onward.facts() and "init_sha256" not in plan.facts()


def test_written_weights_are_the_average_with_the_first_ones(fitted: tuple, tmp_path: Path) -> None:
    plan, model, history = fitted
    first = build_tiny()
    first.save(tmp_path / "first.keras")
    for share in (0.0, 0.25, 1.0):
        out = tmp_path / str(share)
        card = finish(replace(plan, out=out, init=tmp_path / "first.keras", init_share=share), model, history)
        assert card["made"]["init_share"] == share
        written = keras.models.load_model(out / "model.keras").get_weights()
        for own, before, fit in zip(written, first.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_allclose(own, share * before + (1 - share) * fit, atol=1e-6)


def test_whole_run_from_the_command_line(pages: Path, tmp_path: Path) -> None:
    flags = ["--pages", str(pages), "--held-out", str(pages), "--out", str(tmp_path / "own")]
    flags += ["--epochs", "1", "--steps", "2", "--batch", "1"]
    assert main(["fit-detector", *flags]) == 0
    assert read_card(tmp_path / "own")["made"]["steps"] == 2
    assert main(["fit-detector", *flags, "--resume"]) == 0


@pytest.mark.slow
def test_two_processes_fit_one_network(pages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        fit_detector_room, "build_page_network", build_page_network
    )  # the other process has no tiny one
    flags = ["--pages", str(pages), "--held-out", str(pages), "--out", str(tmp_path / "own"), "--processes", "2"]
    assert main(["fit-detector", *flags, "--epochs", "1", "--steps", "26", "--batch", "1"]) == 0
    assert read_card(tmp_path / "own")["made"]["processes"] == 2
