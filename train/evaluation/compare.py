"""Models side by side: size, accuracy on tests and photos, speed; for `python -m train evaluate --compare`."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from pipeline.recognition.classify import Classifier, load_any_classifier
from pipeline.settings.tree import Settings
from pipeline.types import SIDE_PX
from train.datasets.catalog import DIGIT_CLASSES
from train.evaluation.page_score import PageScore
from train.evaluation.score_pages import read_folder
from train.networks.model_folder import LITERT_NAME, Card, read_card

BATCH_SIZE = 32
"""Digits at once: LiteRT is no faster with more, and a page seldom has many more candidates."""

N_BATCHES, N_ROUNDS = 16, 7
"""Speed is the median over rounds; each times every model once, so that a busy moment hits none of them alone."""

_TEST_SUFFIX = "_test"


@dataclass(frozen=True, slots=True)
class ComparedModel:
    """One row of the comparison; None where a figure does not apply to the model.

    Attributes
    ----------
    name, dataset : of the model, and of what it was fitted on
    n_parameters, n_bytes : weights, and the size of its .tflite file
    accuracy : on its data set's test part
    corrupted : mean accuracy on corrupted digits
    digits, pages : percentages of digits and whole pages right in the folder of photos, by the whole pipeline
    digits_per_s : that the .tflite classifies, in batches of 32
    """

    name: str
    dataset: str
    n_parameters: int | None
    n_bytes: int
    accuracy: float
    corrupted: float | None
    digits: float | None
    pages: float | None
    digits_per_s: float


def compare(
    folders: Sequence[Path], figures: Sequence[Mapping[str, Any]], photos: Path, console: Console
) -> list[ComparedModel]:
    """Return a row for each model folder.

    Parameters
    ----------
    folders : of models with cards
    figures : of each, as `train.evaluation.evaluate.evaluate` gives them
    photos : a folder of pictures with a truth.json, which models of the ten digits read
    console : shows the progress

    Raises
    ------
    ModelError : a folder holds no model or no card
    InputError : the photos or their truth cannot be read
    """
    cards = [read_card(folder) for folder in folders]
    classifiers = [load_any_classifier(folder / LITERT_NAME) for folder in folders]
    with console.status("timing"):
        speeds = measure_speeds(classifiers)
    rows = []
    for folder, card, classifier, measured, speed in zip(folders, cards, classifiers, figures, speeds, strict=True):
        key = next(name for name in measured if name.endswith(_TEST_SUFFIX))
        score = read_photos(photos, classifier) if is_of_digits(card) else None
        row = ComparedModel(
            name=folder.resolve().name,
            dataset=key.removesuffix(_TEST_SUFFIX),
            n_parameters=card.get("n_parameters"),
            n_bytes=(folder / LITERT_NAME).stat().st_size,
            accuracy=measured[key]["accuracy"],
            corrupted=measured.get("robustness", {}).get("mean_corruption_accuracy"),
            digits=None if score is None else score["digits"],
            pages=None if score is None else score["pages"],
            digits_per_s=speed,
        )
        rows.append(row)
    return rows


def is_of_digits(card: Card) -> bool:
    """Return whether a card's model has the ten digits for its first classes; a card that names none has."""
    return tuple(card.get("classes", DIGIT_CLASSES))[: len(DIGIT_CLASSES)] == DIGIT_CLASSES


def read_photos(folder: Path, classifier: Classifier) -> dict[str, float]:
    """Return the percentages of a folder of pictures that the whole pipeline reads, with default settings.

    Raises
    ------
    InputError : as for `read_folder`
    """
    return sum((score for _, score in read_folder(folder, classifier, Settings())), PageScore()).figures


def measure_speeds(
    classifiers: Sequence[Classifier], n_batches: int = N_BATCHES, n_rounds: int = N_ROUNDS
) -> list[float]:
    """Return the digits per second of each model, the median of `n_rounds` rounds of `n_batches` batches of 32."""
    batch = np.random.default_rng(0).random((BATCH_SIZE, SIDE_PX, SIDE_PX, 1), np.float32)
    rates: list[list[float]] = [[] for _ in classifiers]
    for _ in range(n_rounds):
        for measured, classifier in zip(rates, classifiers, strict=True):
            classifier.network(batch)  # warm
            start = perf_counter()
            for _ in range(n_batches):
                classifier.network(batch)
            measured.append(n_batches * BATCH_SIZE / (perf_counter() - start))
    return [statistics.median(measured) for measured in rates]


def tabulate_comparison(rows: Sequence[ComparedModel], photos: Path) -> Table:
    """Return the rows as a table of at most 100 columns."""
    headings = ("model", "data set", "weights", "KB", "test %", "corrupted %", "digits %", "pages %", "digits/s")
    title = f"digits and pages: of {photos}, by the whole pipeline\nKB and digits/s: of model.tflite"
    table = Table(title=title, box=box.SIMPLE, collapse_padding=True, pad_edge=False)
    for heading in headings:
        is_name = heading in headings[:2]
        table.add_column(heading, justify="left" if is_name else "right", no_wrap=not is_name, overflow="fold")
    for row in rows:
        table.add_row(
            row.name,
            row.dataset,
            "-" if row.n_parameters is None else f"{row.n_parameters:,}",
            f"{row.n_bytes / 1000:,.0f}",
            f"{100 * row.accuracy:.2f}",
            "-" if row.corrupted is None else f"{100 * row.corrupted:.1f}",
            "-" if row.digits is None else f"{row.digits:.1f}",
            "-" if row.pages is None else f"{row.pages:.1f}",
            f"{row.digits_per_s:,.0f}",
        )
    return table
