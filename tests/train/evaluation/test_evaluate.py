"""What is measured of which model, and the script that writes it into cards; the measures have their own tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from rich.console import Console

from pipeline.errors import InputError, ModelError, OutputError
from train.__main__ import main
from train.datasets.catalog import DIGIT_CLASSES, FASHION_CLASSES, Dataset
from train.datasets.examples import Examples
from train.datasets.mnist import DigitSet
from train.evaluation import evaluate as evaluate_room
from train.evaluation import plots
from train.evaluation.compare import ComparedModel
from train.evaluation.evaluate import (
    evaluate,
    format_figures,
    has_seen_mnist_test,
    is_of_mnist,
    measure_seen,
    name_test,
    read_history,
    tabulate,
)
from train.metrics import measure
from train.networks.architectures import build
from train.networks.export import export_model
from train.networks.model_folder import read_card, write_card

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
"""TensorFlow's variables do not know NumPy 2's `copy` yet, and Keras asks them for it."""

ROBUSTNESS = {
    "corruptions": {"fog": 0.5},
    "mean_corruption_accuracy": 0.5,
    "other_hands": {"semeion": {"n": 7, "accuracy": 1.0}},
}
QUIET = Console(quiet=True)
DRAWN = {"confusion.png", "samples.png", "mistakes.png", "reliability.png", "risk-coverage.png"}


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Export two untrained networks, of ten and eleven classes."""
    keras.utils.set_random_seed(0)
    top = tmp_path_factory.mktemp("models")
    for n_classes in (10, 11):
        export_model(build("mlp_50_50_sigmoid", n_classes), top / str(n_classes))
    return {n_classes: top / str(n_classes) for n_classes in (10, 11)}


@pytest.fixture
def folder(networks: dict[int, Path]) -> Path:
    """Return the folder of the network of ten classes, its card anew."""
    write_card(networks[10], {"temperature": 1.0, "made": {"seed": 4, "dataset": "mnist", "recipe": "plain"}})
    return networks[10]


@pytest.fixture(autouse=True)
def read(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, Any]]]:
    """Stand in for the data, twenty pictures of each kind, and note what is read."""
    noted: list[tuple[str, Any]] = []
    rng = np.random.default_rng(0)
    digits = DigitSet(rng.integers(0, 255, (20, 28, 28), np.uint8), np.arange(20).astype(np.uint8) % 10)
    seen = Examples(rng.random((22, 28, 28, 1), np.float32), np.arange(22) % 11)

    def load(name: str, data_dir: Path | None) -> Dataset:
        noted.append(("dataset", name))
        return Dataset(name, FASHION_CLASSES if "fashion" in name else DIGIT_CLASSES, digits, digits)

    def gather(data_dir: Path | None, seed: int) -> Any:
        noted.append(("seed", seed))
        return type("Gathered", (), {"seen": seen})

    def measure_robustness(classifier: Any, data_dir: Path | None, console: Console) -> dict[str, Any]:
        noted.append(("robustness", classifier.n_classes))
        return ROBUSTNESS

    monkeypatch.setattr(evaluate_room, "load_dataset", load)
    monkeypatch.setattr(evaluate_room, "gather_photo_set", gather)
    monkeypatch.setattr(evaluate_room, "measure_robustness", measure_robustness)
    yield noted
    for cached in (evaluate_room.read_test_set, evaluate_room.read_seen):
        cached.cache_clear()


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw nothing: it takes a second."""
    monkeypatch.setattr(evaluate_room, "draw_plots", lambda *_: None)


@pytest.mark.slow
def test_figures_and_plots_lie_beside_the_card(folder: Path) -> None:
    figures, table = evaluate(folder, None, QUIET)
    assert read_card(folder)["figures"] == json.loads(json.dumps(figures, allow_nan=False))
    assert figures["mnist_test"]["n"] == 20
    assert figures["robustness"] == ROBUSTNESS
    assert {path.name for path in folder.glob("*.png")} == DRAWN
    assert (table.row_count, len(table.columns)) == (10, 13)


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_ten_classes_are_not_asked_of_non_digits(folder: Path, networks: dict[int, Path]) -> None:
    seen = evaluate(folder, None, QUIET)[0]["held_out_writers_as_seen"]
    assert seen["n_digits"] == 20
    assert not {"n_junk", "junk_refused", "digits_refused"} & set(seen)
    write_card(networks[11], {"made": {"seed": 4}})
    seen = evaluate(networks[11], None, QUIET)[0]["held_out_writers_as_seen"]
    assert (seen["n_digits"], seen["n_junk"]) == (20, 2)


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_data_are_read_once_for_all_models(folder: Path, read: list[tuple[str, Any]]) -> None:
    for _ in range(2):
        evaluate(folder, None, QUIET)
    assert read == [("dataset", "mnist"), ("seed", 4), *[("robustness", 10)] * 2]  # the writers that the run held out


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_model_of_other_pictures_is_measured_on_them_alone(folder: Path, read: list[tuple[str, Any]]) -> None:
    write_card(folder, {"made": {"dataset": "fashion_mnist", "recipe": "plain"}})
    figures, table = evaluate(folder, None, QUIET)
    assert list(figures) == ["fashion_mnist_test"]
    assert read == [("dataset", "fashion_mnist")]
    assert list(table.columns[0].cells)[0] == "T-shirt"


@pytest.mark.slow
def test_history_is_drawn_where_there_is_one(folder: Path) -> None:
    (folder / "history.json").write_text('[{"epoch": 1, "loss": 0.5, "accuracy": 0.9}]', "utf-8")
    try:
        evaluate(folder, None, QUIET)
        assert (folder / plots.HISTORY_NAME).is_file()
    finally:
        (folder / plots.HISTORY_NAME).unlink(missing_ok=True)
        (folder / "history.json").unlink()


@pytest.mark.parametrize("content", ["", "{}", "[1]", '[{"loss": 1}]'], ids=["empty", "no list", "no rows", "no epoch"])
def test_damaged_history_is_reported(content: str, tmp_path: Path) -> None:
    assert read_history(tmp_path) == []
    (tmp_path / "history.json").write_text(content, "utf-8")
    with pytest.raises(ModelError, match=r"history\.json"):
        read_history(tmp_path)


@pytest.mark.slow
def test_model_of_other_classes_than_its_data_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digits = evaluate_room.load_dataset("mnist", None).test
    monkeypatch.setattr(evaluate_room, "load_dataset", lambda *_: Dataset("mine", ("a", "b"), digits, digits))
    with pytest.raises(ModelError, match="has 10 classes, the data set of its card 2"):
        evaluate(folder, None, QUIET)


@pytest.mark.slow
def test_card_without_a_seed_is_refused(folder: Path) -> None:
    write_card(folder, {})
    with pytest.raises(ModelError, match="has no seed"):
        evaluate(folder, None, QUIET)


@pytest.mark.slow
def test_data_that_cannot_be_read_are_reported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise InputError("gone")

    for name in ("gather_photo_set", "load_dataset"):
        monkeypatch.setattr(evaluate_room, name, fail)
        with pytest.raises(InputError, match="gone"):
            evaluate(folder, None, QUIET)


@pytest.mark.slow
def test_folder_that_cannot_be_written_is_reported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "MISTAKES_NAME", "none/mistakes.png")
    with pytest.raises(OutputError, match=r"mistakes\.png"):
        evaluate(folder, None, QUIET)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ({}, True),
        ({"dataset": "mnist", "recipe": "plain"}, True),
        ({"dataset": "folder:mine", "recipe": "photo"}, True),
        ({"dataset": "folder:mine", "recipe": "plain"}, False),
        ({"dataset": "fashion_mnist"}, False),
    ],
    ids=["old card", "tutorial", "own digits for photos", "own pictures", "clothes"],
)
def test_which_models_are_of_mnist(made: dict[str, str], expected: bool) -> None:
    assert is_of_mnist({"made": made}) is expected


def test_name_of_the_test_tells_no_folder() -> None:
    assert [name_test(name) for name in ("mnist", "idx:some/where")] == ["mnist_test", "idx_test"]


def test_seen_by_hand() -> None:
    examples = Examples(np.zeros((4, 28, 28, 1), np.float32), np.array([0, 1, 10, 10]))
    answers = np.eye(11, dtype=np.float32)[[0, 10, 10, 3]]
    found = measure_seen(evaluate_room.Predictions(examples, answers, answers))
    assert {name: found[name] for name in ("n_digits", "accuracy", "digits_refused", "n_junk", "junk_refused")} == {
        **{"n_digits": 2, "accuracy": 0.5, "digits_refused": 0.5},
        **{"n_junk": 2, "junk_refused": 0.5},
    }


def test_table_has_a_row_per_class() -> None:
    table = tabulate(measure(np.eye(11, dtype=np.float32)[[0, 10, 1]], np.array([0, 0, 1])), DIGIT_CLASSES)
    assert table.row_count == 10
    assert len(table.columns) == 14


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_script_prints_the_figures(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--model", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert f"{folder.name}: mnist_test: " in printed
    assert "semeion: 100.00% right of 7" in printed
    assert "not a digit" not in printed


def test_lines_of_a_model_that_rejects() -> None:
    test = {"accuracy": 1, "errors": 0, "n": 2, "ece": 0, "best_guess_accuracy": 1, "coverage_at_risk_1_percent": 1}
    seen = {"accuracy": 0.5, "n_digits": 4, "n_junk": 8, "junk_refused": 0.75}
    lines = format_figures({"mnist_test": test, "held_out_writers_as_seen": seen, "robustness": ROBUSTNESS})
    assert lines[-1] == "not a digit: 75.00% of 8 rejected"
    assert len(format_figures({"mnist_test": test})) == 3


@pytest.mark.usefixtures("undrawn")
@pytest.mark.slow
def test_figures_may_be_written_elsewhere(folder: Path, tmp_path: Path) -> None:
    before = read_card(folder)
    assert main(["evaluate", "--model", str(folder), "--out", str(tmp_path / "measured")]) == 0
    assert read_card(tmp_path / "measured" / folder.name)["figures"]["mnist_test"]["n"] == 20
    assert read_card(folder) == before
    assert main(["evaluate", "--model", str(folder), "--model", str(folder), "--out", str(tmp_path)]) == 2


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_comparison_is_one_table(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def compare(folders: list[Path], figures: list[Any], photos: Path, console: Console) -> list[ComparedModel]:
        asked.append((folders, [list(each) for each in figures], photos))
        return [ComparedModel("ours", "mnist", 1, 1000, 1.0, None, None, None, 1.0)]

    monkeypatch.setattr("train.evaluation.compare.compare", compare)
    monkeypatch.setattr("train.commands.evaluate.load_truth", lambda folder: [])
    assert main(["evaluate", "--model", str(folder), "--model", str(folder), "--compare", "--photos", "mine"]) == 0
    assert asked == [([folder] * 2, [["mnist_test", "held_out_writers_as_seen", "robustness"]] * 2, Path("mine"))]
    printed = capsys.readouterr().out
    assert "ours" in printed
    assert "mnist_test" not in printed


def test_script_without_a_model_ends_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--model", str(tmp_path)]) == 4
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ({}, False),
        ({"has_mnist_test": True}, True),
        ({"begun_with": {"begun_with": {"has_mnist_test": True}}}, True),
        ({"begun_with": {"dataset": "mnist"}}, False),
    ],
)
def test_training_on_mnists_test_digits_is_found_in_what_a_network_began_with(made: dict, expected: bool) -> None:
    assert has_seen_mnist_test(made) == expected


def test_figures_of_a_network_that_saw_the_test_digits_are_said_to_mean_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card = read_card(folder)
    write_card(folder, {**card, "made": {**card["made"], "has_mnist_test": True}})
    assert main(["evaluate", "--model", str(folder)]) == 0
    assert "was trained on digits of MNIST's test set" in capsys.readouterr().err
