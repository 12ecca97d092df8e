"""Measures networks on single digits of data sets, into cards and plots: `python -m train evaluate`.

The `.tflite` is run by the classifier that reading uses, so that the figures are the product's. A digit classified as
"not a digit" counts as wrong. Each model is measured on the test part of the data set that its card names; a network of
MNIST's digits also on writers held out, as the front end sees them, on corrupted digits, and on other people's.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich import box
from rich.console import Console
from rich.table import Table

from pipeline.errors import ModelError, OutputError
from pipeline.recognition.classify import Classifier, calibrate, load_any_classifier
from train.datasets.catalog import MNIST, NOT_A_DIGIT_NAME, load_dataset
from train.datasets.examples import Examples, show_clean
from train.evaluation import plots
from train.evaluation.corrupted_mnist import measure_robustness
from train.fitting.batches import NOT_A_DIGIT
from train.fitting.photo_training_set import gather_photo_set
from train.fitting.recipes import PHOTO
from train.metrics import Figures, measure, measure_reliability, measure_risk_coverage
from train.networks.model_folder import HISTORY_NAME, LITERT_NAME, Card, read_card, read_seed, write_card


@dataclass(frozen=True, slots=True, eq=False)
class TestSet:
    """The test part of a data set: its pictures, the names of its classes, and its checksum."""

    classes: tuple[str, ...]
    examples: Examples
    sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Examples, and a model's probabilities of them, float32 (N, K or K + 1), without its temperature and with it."""

    examples: Examples
    before: NDArray[np.float32]
    after: NDArray[np.float32]


@lru_cache(maxsize=1)
def read_test_set(name: str, data_dir: Path | None) -> TestSet:
    """Return the test part of the data set called `name`, read once for all models of it.

    Raises
    ------
    InputError, UsageError : as for `load_dataset`
    """
    dataset = load_dataset(name, data_dir)
    return TestSet(dataset.classes, show_clean(dataset.test), dataset.test.checksum())


@lru_cache(maxsize=1)
def read_seen(data_dir: Path | None, seed: int) -> Examples:
    """Return the digits and non-digits of MNIST's writers whom `seed` holds out, as the front end sees them.

    Raises
    ------
    InputError : as for `gather_photo_set`
    """
    return gather_photo_set(data_dir, seed).seen


def predict(classifier: Classifier, examples: Examples) -> Predictions:
    """Return the predictions of `classifier` for `examples`."""
    outputs = classifier.network(examples.images)
    before, after = (calibrate(outputs, t, classifier.activation) for t in (1.0, classifier.temperature))
    return Predictions(examples, before, after)


def evaluate(
    folder: Path, data_dir: Path | None, console: Console, out: Path | None = None
) -> tuple[dict[str, Any], Table]:
    """Measure the model in `folder`; return the figures for its card and the table of the test.

    The card with these figures, and plots, are written into `out`, by default `folder`.

    Raises
    ------
    ModelError : the folder holds no model or no card, or the model is not for the classes of its card's data set
    InputError : the data cannot be read
    OutputError : `out` cannot be written
    """
    card = read_card(folder)
    classifier = load_any_classifier(folder / LITERT_NAME)
    name = card.get("made", {}).get("dataset", MNIST)
    with console.status(f"{folder}: reading the data"):
        part = read_test_set(name, data_dir)
        seen = read_seen(data_dir, read_seed(card)) if is_of_mnist(card) else None
    check_classes(folder, classifier, part)
    if seen is not None and has_seen_mnist_test(card.get("made", {})):
        text = "was trained on digits of MNIST's test set: its figures on MNIST, corrupted too, mean nothing"
        console.print(f"{folder}: {text}", style="yellow", soft_wrap=True)
    with console.status(f"{folder}: classifying"):
        test = predict(classifier, part.examples)
        figures = measure(test.after, part.examples.labels, len(part.classes))
        curve = measure_risk_coverage(test.after, part.examples.labels)
        measured: dict[str, Any] = {
            name_test(name): {
                "sha256": part.sha256,
                "n": len(part.examples.labels),
                **figures.as_dict(),
                **curve.as_dict(),
            }
        }
        on_seen = None if seen is None else predict(classifier, choose_known(seen, classifier.n_classes))
    if on_seen is not None:
        measured["held_out_writers_as_seen"] = measure_seen(on_seen)
        measured["robustness"] = measure_robustness(classifier, data_dir, console)
    with console.status(f"{folder}: drawing"):
        out = make_folder(out or folder)
        draw_plots(out, part.classes, figures, test, on_seen)
        draw_history(folder, out)
    write_card(out, {**card, "figures": measured})
    return measured, tabulate(figures, part.classes)


def is_of_mnist(card: Card) -> bool:
    """Return whether a card's model reads digits like MNIST's: by its data set, or by the photo recipe."""
    made = card.get("made", {})
    return made.get("dataset", MNIST) == MNIST or made.get("recipe") == PHOTO.name


def has_seen_mnist_test(made: Card) -> bool:
    """Return whether a card's network, or one that it began with, was trained on digits of MNIST's test set."""
    return bool(made.get("has_mnist_test")) or any(
        has_seen_mnist_test(inner) for inner in made.values() if isinstance(inner, dict)
    )


def name_test(dataset_name: str) -> str:
    """Return what a card calls the figures of a data set's test part, without a folder of somebody's machine."""
    return f"{dataset_name.partition(':')[0]}_test"


def check_classes(folder: Path, classifier: Classifier, part: TestSet) -> None:
    """Check that the model has the data set's classes, with or without "not a digit".

    Raises
    ------
    ModelError : it has others
    """
    n = len(part.classes)
    if classifier.n_classes not in (n, n + 1):
        raise ModelError(
            f"{folder}: has {classifier.n_classes} classes, the data set of its card {n}", "fit it anew on that data"
        )


def choose_known(examples: Examples, n_classes: int) -> Examples:
    """Return the examples of the first `n_classes`: without non-digits for a model that has no class for it."""
    return examples.take(examples.labels < n_classes)


def measure_seen(predictions: Predictions) -> dict[str, Any]:
    """Return the figures of held-out writers for the card; with those of non-digits where there are any."""
    labels, taken = predictions.examples.labels, predictions.after.argmax(axis=1)
    is_non_digit = labels == NOT_A_DIGIT
    figures = {
        "n_digits": int((~is_non_digit).sum()),
        "accuracy": round(float(np.mean(taken[~is_non_digit] == labels[~is_non_digit])), 5),
        **measure_risk_coverage(predictions.after, labels).as_dict(),
    }
    if is_non_digit.any():
        figures["digits_refused"] = round(float(np.mean(taken[~is_non_digit] == NOT_A_DIGIT)), 5)
        figures["n_junk"] = int(is_non_digit.sum())
        figures["junk_refused"] = round(float(np.mean(taken[is_non_digit] == NOT_A_DIGIT)), 5)
    return figures


def draw_plots(
    folder: Path, classes: Sequence[str], figures: Figures, test: Predictions, seen: Predictions | None
) -> None:
    """Write the plots that accompany a card.

    Confidence is that on the held-out writers as the front end sees them, where there are such.

    Raises
    ------
    OutputError : the folder cannot be written
    """
    columns = [*classes, NOT_A_DIGIT_NAME][: figures.confusion.shape[1]]
    model, images, labels = folder.name, test.examples.images, test.examples.labels
    share = f"{100 * figures.accuracy:.2f} % right"
    plots.plot_confusion(figures.confusion, columns, folder / plots.CONFUSION_NAME, f"{model}: test part, {share}")
    drawn = (images, labels, test.after, columns)
    plots.plot_samples(*drawn, folder / plots.SAMPLES_NAME, f"{model}: samples of the test part")
    plots.plot_mistakes(*drawn, folder / plots.MISTAKES_NAME, f"{model}: the most confident mistakes of the test part")
    by_part = {"test part": test} if seen is None else {"test part": test, "held-out writers as seen": seen}
    where, last = list(by_part.items())[-1]
    reliability = {
        when: measure_reliability(probabilities, last.examples.labels)
        for when, probabilities in (("without temperature", last.before), ("with temperature", last.after))
    }
    plots.plot_reliability(reliability, folder / plots.RELIABILITY_NAME, f"{model}: confidence, {where}")
    curves = {
        f"{where}, {when}": measure_risk_coverage(probabilities, predictions.examples.labels)
        for where, predictions in by_part.items()
        for when, probabilities in (("without temperature", predictions.before), ("with", predictions.after))
    }
    plots.plot_risk_coverage(curves, folder / plots.RISK_COVERAGE_NAME, f"{model}: risk by coverage")


def draw_history(folder: Path, out: Path) -> None:
    """Write the plot of the history of the model in `folder`, if it has one, into `out`.

    Raises
    ------
    ModelError : as for `read_history`
    OutputError : `out` cannot be written
    """
    history = read_history(folder)
    if history:
        plots.plot_history(history, out / plots.HISTORY_NAME, f"{folder.name}: accuracy and loss by epoch")


def make_folder(folder: Path) -> Path:
    """Return `folder`, made if there is none.

    Raises
    ------
    OutputError : it cannot be made
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error})") from error
    return folder


def read_history(folder: Path) -> list[dict[str, float]]:
    """Return the epochs of the run that made a model, none where its folder has no history.json.

    Raises
    ------
    ModelError : the file is no list of epochs
    """
    path = folder / HISTORY_NAME
    if not path.is_file():
        return []
    try:
        rows = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read ({error})", "remove it, or fit anew") from error
    if not (isinstance(rows, list) and all(isinstance(row, dict) and "epoch" in row for row in rows)):
        raise ModelError(f"{path}: expected a list of epochs", "remove it, or fit anew")
    return rows


def tabulate(figures: Figures, classes: Sequence[str]) -> Table:
    """Return the confusion matrix with precision and recall of each class, ready to print."""
    table = Table(title="true class by class taken, precision and recall in %", box=box.SIMPLE, padding=0)
    headings = [*classes, "none"][: figures.confusion.shape[1]]
    for heading in ("", *headings, "prec", "rec"):
        table.add_column(heading, justify="right", min_width=6 if heading in ("prec", "rec") else 4, max_width=7)
    for row, name in enumerate(classes):
        cells = [str(n) if n else "." for n in figures.confusion[row].tolist()]
        table.add_row(name, *cells, f"{100 * figures.precision[row]:.2f}", f"{100 * figures.recall[row]:.2f}")
    return table


def format_figures(figures: dict[str, Any]) -> list[str]:
    """Return a card's figures as lines of text."""
    name, test = next((key, value) for key, value in figures.items() if key.endswith("_test"))
    lines = [
        f"{name}: {test['accuracy']:.2%} right, {test['errors']} errors of {test['n']}, ECE {test['ece']:.4f}",
        f"likeliest class, nothing rejected: {test['best_guess_accuracy']:.2%} right",
        f"accepted where 1 % of it is wrong: {test['coverage_at_risk_1_percent']:.2%}",
    ]
    seen = figures.get("held_out_writers_as_seen")
    if seen is not None:
        lines.append(f"held-out writers as seen: {seen['accuracy']:.2%} right of {seen['n_digits']}")
        lines.append(f"corrupted digits: {figures['robustness']['mean_corruption_accuracy']:.2%} right")
        others = figures["robustness"]["other_hands"].items()
        lines += [f"{other}: {found['accuracy']:.2%} right of {found['n']}" for other, found in others]
    if seen is not None and "n_junk" in seen:
        lines.append(f"not a digit: {seen['junk_refused']:.2%} of {seen['n_junk']} rejected")
    return lines
