"""Measures a model folder on MNIST's test set and writes the figures into its card. `python -m train.evaluate --help`.

The shipped `.tflite` is asked, through the classifier that reading uses, so that the figure is the product's. A digit
that is taken for "not a digit" counts as wrong.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from numpy.typing import NDArray
from rich import box
from rich.console import Console
from rich.table import Table

from pipeline.classify import load_classifier
from pipeline.errors import OutputError
from pipeline.types import N_DIGITS
from train.batches import NOT_A_DIGIT
from train.calibrate import measure_ece
from train.data import TEST_IMAGES, find_data_dir, load_test
from train.export import CLASSES, LITERT_NAME, read_card, read_seed, write_card
from train.material import gather_material, show_clean
from train.scripts import add_common_flags, run_script

PLOT_NAME = "confusion.png"


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """What a model does on labelled digits; see `measure` for each figure."""

    accuracy: float
    best_guess_accuracy: float
    refused_frac: float
    ece: float
    confusion: NDArray[np.int64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]

    def as_dict(self) -> dict[str, Any]:
        """Return the figures by name, as a card shows them."""
        return {
            "accuracy": round(self.accuracy, 5),
            "best_guess_accuracy": round(self.best_guess_accuracy, 5),
            "errors": int(self.confusion.sum() - np.trace(self.confusion)),
            "digits_refused": round(self.refused_frac, 5),
            "ece": round(self.ece, 5),
            "precision": [round(float(value), 4) for value in self.precision],
            "recall": [round(float(value), 4) for value in self.recall],
        }


def measure(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> Figures:
    """Return what `probabilities`, float32 (N, K), K = 10 or 11, say of digits with true `labels`, int64 (N,), 0..9.

    Returns
    -------
    accuracy : share of digits whose likeliest class is the true one; "not a digit" is wrong
    best_guess_accuracy : share whose likeliest of the ten digits is the true one, as a reading's text has it
    refused_frac : share whose likeliest class is "not a digit"
    ece : expected calibration error of the likeliest class
    confusion : int64 (10, 11), true digit by taken class
    precision, recall : float64 (10,), per digit; nan where no digit was taken for it, or there is none of it

    Raises
    ------
    ValueError : there are no digits
    """
    if len(labels) == 0:
        raise ValueError("measure: expected at least one digit, received none")
    taken = probabilities.argmax(axis=1)
    confusion = count_confusion(labels, taken)
    right = np.diag(confusion).astype(np.float64)
    n_taken, n_true = confusion[:, :N_DIGITS].sum(axis=0), confusion.sum(axis=1)
    return Figures(
        accuracy=float(np.mean(taken == labels)),
        best_guess_accuracy=float(np.mean(probabilities[:, :N_DIGITS].argmax(axis=1) == labels)),
        refused_frac=float(np.mean(taken == NOT_A_DIGIT)),
        ece=measure_ece(probabilities, labels),
        confusion=confusion,
        precision=np.divide(right, n_taken, out=np.full(N_DIGITS, np.nan), where=n_taken > 0),
        recall=np.divide(right, n_true, out=np.full(N_DIGITS, np.nan), where=n_true > 0),
    )


def count_confusion(labels: NDArray[np.int64], taken: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how often each true digit (row, 10) was taken for each class (column, 11)."""
    cells = labels * len(CLASSES) + taken
    return np.bincount(cells, minlength=N_DIGITS * len(CLASSES)).reshape(N_DIGITS, len(CLASSES))


def tabulate(figures: Figures) -> Table:
    """Return the confusion matrix with precision and recall of each digit, ready to print."""
    table = Table(title="true digit by class taken, precision and recall in %", box=box.SIMPLE, padding=0)
    for heading in ("", *CLASSES[:N_DIGITS], "none", "prec", "rec"):
        table.add_column(heading, justify="right", min_width=6 if heading in ("prec", "rec") else 4, no_wrap=True)
    for digit, row in enumerate(figures.confusion):
        cells = [str(n) if n else "." for n in row.tolist()]
        table.add_row(str(digit), *cells, f"{100 * figures.precision[digit]:.2f}", f"{100 * figures.recall[digit]:.2f}")
    return table


def plot_confusion(figures: Figures, path: Path) -> None:
    """Draw the confusion matrix as a PNG; only the errors are shaded, since the right ones would drown them.

    Raises
    ------
    OutputError : the file cannot be written
    """
    matplotlib.use("Agg")
    from matplotlib import pyplot

    errors = figures.confusion.copy()
    np.fill_diagonal(errors, 0)
    figure, axes = pyplot.subplots(figsize=(6.4, 5.6), layout="constrained")
    axes.imshow(errors, cmap="Reds", vmin=0, vmax=max(1, int(errors.max())))
    for (row, column), count in np.ndenumerate(figures.confusion):
        if count:
            is_dark = 2 * errors[row, column] > errors.max()
            color = "white" if is_dark else "black"
            axes.text(column, row, str(count), ha="center", va="center", fontsize=8, color=color)
    axes.set_xticks(range(len(CLASSES)), [*CLASSES[:N_DIGITS], "none"])
    axes.set_yticks(range(N_DIGITS))
    axes.set(xlabel="taken for", ylabel="true digit", title=f"MNIST test, {figures.accuracy:.2%} right")
    try:
        figure.savefig(path, dpi=110)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error})") from error
    finally:
        pyplot.close(figure)


def evaluate(folder: Path, data_dir: Path | None, console: Console) -> dict[str, Any]:
    """Measure the model in `folder`, print the tables, write the plot and the card; return the card's figures.

    Raises
    ------
    ModelError : the folder holds no model or no card
    InputError : MNIST cannot be read
    """
    card = read_card(folder)
    classifier = load_classifier(folder / LITERT_NAME)
    with console.status("reading the data"):
        test = show_clean(load_test(find_data_dir(data_dir)))
        seen = gather_material(data_dir, read_seed(card)).seen
    with console.status("classifying"):
        figures = measure(classifier.classify(test.images).probabilities, test.labels)
        taken = classifier.classify(seen.images).probabilities.argmax(axis=1)
    is_junk = seen.labels == NOT_A_DIGIT
    shown = {
        "mnist_test": {"images_sha256": TEST_IMAGES.sha256, "n": len(test.labels), **figures.as_dict()},
        "held_out_writers_as_seen": {
            "n_digits": int((~is_junk).sum()),
            "accuracy": round(float(np.mean(taken[~is_junk] == seen.labels[~is_junk])), 5),
            "digits_refused": round(float(np.mean(taken[~is_junk] == NOT_A_DIGIT)), 5),
            "n_junk": int(is_junk.sum()),
            "junk_refused": round(float(np.mean(taken[is_junk] == NOT_A_DIGIT)), 5),
        },
    }
    plot_confusion(figures, folder / PLOT_NAME)
    write_card(folder, {**card, "figures": shown})
    Console(width=100).print(tabulate(figures))  # a result: on stdout, the progress of `console` is not
    return shown


def main(argv: list[str] | None = None) -> int:
    """Run the script; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m train.evaluate", description="Measure a model; write its card.")
    add_common_flags(parser)
    parser.add_argument("--model", type=Path, default=Path("models/digits"), metavar="DIR", help="folder (%(default)s)")
    flags = parser.parse_args(argv)

    def run() -> None:
        shown = evaluate(flags.model, flags.data_dir, Console(stderr=True))
        test, seen = shown["mnist_test"], shown["held_out_writers_as_seen"]
        print(
            f"MNIST test: {test['accuracy']:.2%} right, {test['errors']} errors of {test['n']}, ECE {test['ece']:.4f}"
        )
        print(f"likeliest of the ten digits, nothing refused: {test['best_guess_accuracy']:.2%} right")
        print(f"held-out writers as seen: {seen['accuracy']:.2%} right, {seen['digits_refused']:.2%} refused")
        print(f"not a digit: {seen['junk_refused']:.2%} of {seen['n_junk']} refused")

    return run_script(run)


if __name__ == "__main__":
    sys.exit(main())
