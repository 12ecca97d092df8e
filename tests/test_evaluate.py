"""Figures of a model on labelled digits, on cases worked by hand, and the script that writes them into the card."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from rich.console import Console

from pipeline.errors import OutputError
from train import evaluate
from train.architectures import build
from train.data import DigitSet
from train.evaluate import count_confusion, measure, plot_confusion, tabulate
from train.export import export_model, read_card, write_card
from train.material import Examples, Material, show_clean

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
"""TensorFlow's variables do not know NumPy 2's `copy` yet, and Keras asks them for it."""


def one_hot(taken: list[int], n_classes: int = 11) -> np.ndarray:
    return np.eye(n_classes, dtype=np.float32)[taken]


LABELS = np.array([0, 0, 1, 1, 1, 2])
TAKEN = [0, 10, 1, 1, 2, 2]


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
    assert figures.as_dict()["errors"] == 2


def test_rows_of_the_confusion_are_the_true_digits() -> None:
    confusion = count_confusion(np.array([7, 7, 1]), np.array([1, 7, 10]))
    assert confusion.shape == (10, 11)
    assert confusion[7, 1] == confusion[7, 7] == confusion[1, 10] == 1
    assert confusion.sum() == 3


def test_model_of_ten_classes_refuses_nothing() -> None:
    figures = measure(one_hot([0, 1, 2], n_classes=10), np.array([0, 1, 2]))
    assert figures.accuracy == 1
    assert figures.refused_frac == 0


def test_no_digits_no_figures() -> None:
    with pytest.raises(ValueError, match="at least one digit"):
        measure(np.zeros((0, 11), np.float32), np.zeros(0, np.int64))


def test_table_has_a_row_per_digit() -> None:
    table = tabulate(measure(one_hot(TAKEN), LABELS))
    assert table.row_count == 10
    assert len(table.columns) == 14


def test_plot_is_written_or_says_why_not(tmp_path: Path) -> None:
    figures = measure(one_hot(TAKEN), LABELS)
    plot_confusion(figures, tmp_path / "confusion.png")
    assert (tmp_path / "confusion.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(OutputError, match="cannot be written"):
        plot_confusion(figures, tmp_path / "none" / "confusion.png")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Export an untrained network."""
    keras.utils.set_random_seed(0)
    folder = tmp_path_factory.mktemp("models") / "untrained"
    export_model(build("digits"), folder)
    write_card(folder, {"temperature": 1.0, "made": {"seed": 4}})
    return folder


def test_evaluate_writes_the_figures_into_the_card(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    digits = DigitSet(rng.integers(0, 255, (20, 28, 28), np.uint8), np.arange(20).astype(np.uint8) % 10)
    seen = Examples(rng.random((22, 28, 28, 1), np.float32), np.arange(22) % 11)
    seeds = []

    def gather(data_dir: Path | None, seed: int) -> Material:
        seeds.append(seed)
        return Material(None, show_clean(digits), seen, {})  # type: ignore[arg-type]

    monkeypatch.setattr(evaluate, "load_test", lambda data_dir: digits)
    monkeypatch.setattr(evaluate, "gather_material", gather)
    console = Console(quiet=True)
    shown = evaluate.evaluate(folder, None, console)
    assert seeds == [4]  # the validation part is the one that the run held out
    assert read_card(folder)["figures"] == json.loads(json.dumps(shown))
    assert shown["held_out_writers_as_seen"]["n_junk"] == 2
    assert shown["mnist_test"]["n"] == 20
    assert (folder / evaluate.PLOT_NAME).is_file()


def test_script_without_a_model_ends_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate.main(["--model", str(tmp_path)]) == 4
    shown = capsys.readouterr()
    assert shown.out == ""
    assert len(shown.err.strip().splitlines()) == 1
