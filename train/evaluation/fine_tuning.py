"""Compares a fine-tuned network with the one that it began with: on what was held out of its data, and on pages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.recognition.classify import Classifier, load_any_classifier
from pipeline.settings.tree import Settings
from pipeline.types import N_DIGITS
from train.datasets.examples import Examples
from train.evaluation.page_score import PageScore
from train.evaluation.score_pages import read_folder

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
WORSE = 0.5
"""Points that a figure must fall by to be called worse."""


@dataclass(frozen=True, slots=True)
class Change:
    """A figure in percent, of the network that a run began with and of the one that it made."""

    what: str
    before: float
    after: float

    def __str__(self) -> str:
        return f"{self.what}: {self.before:.1f} % right before, {self.after:.1f} % after"


def measure_change(init: Path, made: Path, held_out: Examples, samples: Path = SAMPLES) -> list[Change]:
    """Return the share right of the held-out part and, where both read digits and there are samples, of their numbers.

    Parameters
    ----------
    init : .keras file of the network that the run began with
    made : model folder that the run wrote
    held_out : examples that neither was trained on in this run
    samples : folder of pictures with a truth.json

    Raises
    ------
    ModelError : a network cannot be loaded
    InputError : a sample cannot be read
    """
    before, after = load_any_classifier(init), load_any_classifier(made)
    shares = [measure_share(classifier, held_out) for classifier in (before, after)]
    changes = [Change("held-out part", *shares)]
    if samples.is_dir() and all(reads_digits(classifier) for classifier in (before, after)):
        changes.append(Change(f"numbers of {samples.name}/", *(measure_pages(one, samples) for one in (before, after))))
    return changes


def describe_change(changes: list[Change]) -> list[str]:
    """Return a line for each figure, and one that says what to do where one is worse."""
    lines = list(map(str, changes))
    if worse := [change.what for change in changes if change.after < change.before - WORSE]:
        lines.append(
            f"worse than before on the {' and the '.join(worse)}: try a lower --rate, fewer --epochs, more data"
        )
    return lines


def measure_share(classifier: Classifier, examples: Examples) -> float:
    """Return the percentage of the examples, of classes that the classifier has, that it takes for what they are."""
    known = examples.take(examples.labels < classifier.n_classes)
    taken = classifier.classify(known.images).probabilities.argmax(axis=1)
    return 100 * float(np.mean(taken == known.labels))


def measure_pages(classifier: Classifier, folder: Path) -> float:
    """Return the F1, in percent, of a folder's numbers; too many digits read would hide what becomes of the rest."""
    rows = read_folder(folder, classifier, Settings())
    return sum((score for _, score in rows), PageScore()).figures["numbers"]


def reads_digits(classifier: Classifier) -> bool:
    """Return whether a classifier's first ten classes are the digits, as far as its card tells."""
    digits = tuple(map(str, range(N_DIGITS)))
    return classifier.n_classes in (N_DIGITS, N_DIGITS + 1) and classifier.classes[:N_DIGITS] in ((), digits)
