"""What a fit on own data writes into its card, and what it says: line network, temperature, doubts, notes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from pipeline.recognition.classify import MODELS_DIR, load_classifier
from train.datasets.catalog import DIGIT_CLASSES, Dataset
from train.fitting import fit as fit_room
from train.fitting.calibrate import is_at_bound
from train.fitting.fit import (
    choose_temperature,
    describe_doubts,
    find_line_model,
    finish,
    fit,
    gather_training_set,
)
from train.fitting.options import FitPlan
from train.fitting.plain_training_set import gather_plain_set
from train.networks.model_folder import locate_line_model
from train.synthesis.handwriting.drawn_digits import draw_digit_set

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

DIGITS = MODELS_DIR / "digits" / "model.keras"
CALIBRATION = {"temperature": 1.1, "n_examples": 1000}


@pytest.mark.parametrize("out", ["mine", "deeper/mine"])
def test_line_network_of_the_first_network_is_found_from_any_folder(tmp_path: Path, out: str) -> None:
    name = find_line_model(FitPlan(init=DIGITS, out=tmp_path / out))
    assert name is not None
    assert ((tmp_path / out).parent / name).resolve() == MODELS_DIR / "lines"


def test_line_network_in_the_folder_itself_is_kept(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text(json.dumps({"line_model": "rows"}))
    assert find_line_model(FitPlan(init=DIGITS, out=tmp_path)) == "rows"
    assert find_line_model(FitPlan(out=tmp_path / "none")) is None
    assert locate_line_model({}, tmp_path, tmp_path) is None
    assert locate_line_model({"line_model": "rows"}, tmp_path / "a", tmp_path / "b") == "rows"


@pytest.mark.parametrize(("temperature", "is_bound"), [(0.2, True), (0.25, False), (1, False), (4.9, False), (5, True)])
def test_temperature_at_a_bound(temperature: float, is_bound: bool) -> None:
    assert is_at_bound(temperature) == is_bound
    stated = json.loads(DIGITS.with_name("card.json").read_text("utf-8"))["temperature"]
    assert choose_temperature(FitPlan(), temperature) == (1 if is_bound else temperature)
    assert choose_temperature(FitPlan(init=DIGITS), temperature) == (stated if is_bound else temperature)


@pytest.mark.parametrize(
    ("plan", "card", "expected"),
    [
        (FitPlan(), {}, []),
        (FitPlan(), {"calibration": {"temperature": 5.0, "n_examples": 1000}}, ["the fitted temperature, 5,"]),
        (FitPlan(), {"calibration": {"temperature": 1.0, "n_examples": 40}}, ["40 pictures were held out"]),
        (FitPlan(init=DIGITS), {}, ["the line network 'lines'"]),
        (FitPlan(init=DIGITS), {"line_model": "lines"}, []),
    ],
    ids=["none", "temperature at its bound", "few held out", "line network left out", "line network kept"],
)
def test_doubts(plan: FitPlan, card: dict, expected: list[str]) -> None:
    lines = describe_doubts(plan, {"temperature": 1.0, "calibration": CALIBRATION, **card})
    assert len(lines) == len(expected)
    assert all(line.startswith(start) for line, start in zip(lines, expected, strict=True))


def make_dataset(name: str = "folder:own", n_writers: int = 20) -> Dataset:
    drawn = draw_digit_set(np.random.default_rng(0), n_writers, 0, 0)
    by_class = drawn.take(np.argsort(drawn.labels, kind="stable"))
    return Dataset(name, DIGIT_CLASSES, by_class, by_class, ("a note",))


def test_notes_on_the_data_are_told_before_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_room, "load_dataset", lambda name, data_dir: make_dataset(name))
    told: list[str] = []
    gather_training_set(FitPlan(arch="cnn_tuned", dataset="folder:own"), told.append)
    assert told == ["folder:own: a note"]


def test_own_data_by_class_is_held_out_from_every_class() -> None:
    """Where the last pictures were held out, they were all of one class, which was then never learned."""
    training_set = gather_plain_set(make_dataset(), 0)
    assert np.bincount(training_set.held_out.labels).tolist() == [2] * 10
    assert np.bincount(training_set.train.labels).tolist() == [18] * 10


@pytest.mark.slow
def test_digits_by_class_are_learned_and_the_model_reads(tmp_path: Path) -> None:
    training_set = gather_plain_set(make_dataset(n_writers=40), 0)
    plan = FitPlan(arch="mlp_50_50_sigmoid", dataset="folder:own", epochs=12, rate=3e-3, out=tmp_path / "own")
    model, history = fit(plan, training_set, 10, Console(quiet=True))
    card = finish(plan, training_set, model, history, DIGIT_CLASSES)
    taken = load_classifier(plan.out).classify(training_set.held_out.images).probabilities.argmax(axis=1)
    right = [np.mean(taken[training_set.held_out.labels == digit] == digit) for digit in range(10)]
    assert np.mean(right) > 0.8 and min(right) > 0
    assert not is_at_bound(card["temperature"])
