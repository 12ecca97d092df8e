"""The pictures beside a card: each is a small PNG, shows what it is given, or says why it is not written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from pipeline.errors import OutputError
from train.evaluation import plots
from train.metrics import measure_reliability, measure_risk_coverage

CLASSES = [*"0123456789", "not a digit"]
MOST_BYTES = 60_000

RNG = np.random.default_rng(0)
IMAGES = RNG.random((40, 4, 4, 1), np.float32).repeat(7, axis=1).repeat(7, axis=2)
LABELS = np.arange(40) % 10
ANSWERS = RNG.dirichlet(np.full(11, 0.2), 40).astype(np.float32)
HISTORY = [
    {"epoch": 1, "loss": 0.3, "accuracy": 0.9, "val_accuracy": 0.92, "val_loss": 0.2},
    {"epoch": 2, "loss": 0.1, "accuracy": 0.97, "val_accuracy": 0.95, "val_loss": 0.15},
]
CONFUSION = RNG.integers(0, 9, (10, 11))
GRID = (IMAGES, LABELS, ANSWERS, CLASSES)

DRAWINGS: dict[str, Callable[[Path], None]] = {
    "history": lambda path: plots.plot_history(HISTORY, path, "history"),
    "confusion": lambda path: plots.plot_confusion(CONFUSION, CLASSES, path, "confusion"),
    "samples": lambda path: plots.plot_samples(*GRID, path, "samples"),
    "mistakes": lambda path: plots.plot_mistakes(*GRID, path, "mistakes"),
    "reliability": lambda path: plots.plot_reliability({"a": measure_reliability(ANSWERS, LABELS)}, path, "it"),
    "risk": lambda path: plots.plot_risk_coverage({"a": measure_risk_coverage(ANSWERS, LABELS)}, path, "risk"),
}


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Collect the figures that would have been written."""
    kept: list[Figure] = []
    monkeypatch.setattr(plots, "_save", lambda figure, path: kept.append(figure))
    return kept


def list_captions(figure: Figure) -> list[tuple[str, str]]:
    return [(text.get_text(), text.get_color()) for text in figure.axes[0].texts]


@pytest.mark.slow
@pytest.mark.parametrize("name", DRAWINGS)
def test_picture_is_written_small_or_says_why_not(name: str, tmp_path: Path) -> None:
    DRAWINGS[name](tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size < MOST_BYTES
    with Image.open(tmp_path / "picture.png") as picture:
        assert picture.format == "PNG"
        assert min(picture.size) > 300
        assert picture.convert("L").getextrema() != (255, 255)
    with pytest.raises(OutputError, match="cannot be written"):
        DRAWINGS[name](tmp_path / "none" / "picture.png")


def test_every_series_of_a_history_is_drawn(figures: list[Figure]) -> None:
    photo = [{"epoch": 1, "loss": 0.3, "clean_accuracy": 0.9, "seen_junk_refused": 0.8, "seen_digits_refused": 0.02}]
    for history in (HISTORY, photo):
        plots.plot_history(history, Path("none"), "")
    drawn = [[[line.get_label() for line in axes.lines] for axes in figure.axes] for figure in figures]
    assert drawn[0] == [["accuracy", "val accuracy"], ["loss", "val loss"]]
    assert drawn[1] == [["clean accuracy", "seen non-digits refused"], ["loss"]]


def test_series_that_begins_late_is_drawn_from_there(figures: list[Figure]) -> None:
    plots.plot_history([{"epoch": 1, "loss": 1.0}, {"epoch": 2, "loss": 0.5, "accuracy": 0.5}], Path("none"), "")
    assert figures[0].axes[0].lines[0].get_xydata().tolist() == [[2, 0.5]]


def test_counts_stand_in_their_cells(figures: list[Figure]) -> None:
    plots.plot_confusion(np.array([[5, 2, 0], [0, 7, 1]]), ["a", "b", "not a digit"], Path("none"), "")
    axes = figures[0].axes[0]
    assert {(text.get_position(), text.get_text()) for text in axes.texts} == {
        *(((0, 0), "5"), ((1, 0), "2"), ((1, 1), "7"), ((2, 1), "1"))
    }
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b", "none"]
    assert axes.images[0].get_array().diagonal().tolist() == [0, 0]  # the right ones are not shaded


def test_right_is_green_and_wrong_is_red(figures: list[Figure]) -> None:
    answers = np.array([[0.8, 0.2], [0.996, 0.004]], np.float32)
    plots.plot_samples(IMAGES[:2], np.array([0, 1]), answers, ["a", "b"], Path("none"), "")
    assert list_captions(figures[0]) == [("a  80 %", plots._RIGHT), ("a  99.6 %", plots._WRONG)]


def test_one_red_caption_among_green_ones_stays_red(tmp_path: Path) -> None:
    answers = np.eye(11, dtype=np.float32)[np.append(LABELS[:31], 10)]
    plots.plot_samples(IMAGES[:32], LABELS[:32], answers, CLASSES, tmp_path / "samples.png", "")
    with Image.open(tmp_path / "samples.png") as picture:
        red, green, _ = np.moveaxis(np.asarray(picture.convert("RGB")).astype(int), 2, 0)
    assert (red - green).max() > 100


def test_pale_cells_stay_pale_red(tmp_path: Path) -> None:
    confusion = np.array([[9, 1, 100], [3, 9, 7], [30, 60, 9]])
    plots.plot_confusion(confusion, ["a", "b", "c"], tmp_path / "confusion.png", "")
    with Image.open(tmp_path / "confusion.png") as picture:
        colors = picture.convert("RGB").getcolors()
    large = [color for count, color in colors if count > 2000 and color != (255, 255, 255)]
    assert len(large) >= 5
    assert all(red > blue for red, _, blue in large)


def test_the_most_confident_mistake_comes_first(figures: list[Figure]) -> None:
    answers = np.array([[0.9, 0.1], [0.6, 0.4], [1.0, 0.0], [0.2, 0.8]], np.float32)
    labels = np.array([0, 1, 1, 0])
    assert plots.find_mistakes(labels, answers).tolist() == [2, 3, 1]
    plots.plot_mistakes(IMAGES[:4], labels, answers, ["a", "b"], Path("none"), "")
    assert [caption for caption, _ in list_captions(figures[0])] == ["b → a  99.9 %", "a → b  80 %", "b → a  60 %"]


def test_long_names_get_a_line_each(figures: list[Figure]) -> None:
    answers = np.array([[0.9, 0.1]], np.float32)
    plots.plot_mistakes(IMAGES[:1], np.array([1]), answers, ["sneaker", "a very long name"], Path("none"), "")
    assert list_captions(figures[0])[0][0] == "a very lon…\n→ sneaker  90 %"


def test_no_mistakes_is_a_picture_too(figures: list[Figure]) -> None:
    plots.plot_mistakes(IMAGES[:1], np.array([0]), np.array([[1.0, 0.0]], np.float32), ["a", "b"], Path("none"), "it")
    assert figures[0].get_suptitle() == "it: none"


def test_global_state_of_matplotlib_is_left_alone(tmp_path: Path) -> None:
    import matplotlib.pyplot

    before = matplotlib.get_backend(), matplotlib.pyplot.get_fignums()
    DRAWINGS["risk"](tmp_path / "picture.png")
    assert (matplotlib.get_backend(), matplotlib.pyplot.get_fignums()) == before


def test_curves_are_all_drawn(figures: list[Figure]) -> None:
    many: dict[str, Any] = {f"model {n}": measure_risk_coverage(ANSWERS, LABELS) for n in range(12)}
    plots.plot_risk_coverage(many, Path("none"), "")
    labels = [text.get_text() for text in figures[0].axes[0].get_legend().get_texts()]
    assert len(labels) == 12
    assert labels[3].startswith("model 3 (area ")
