"""How much it helps to know something about the numbers of a page: `python -m train score-constraints`.

The same pages are read knowing nothing, how many digits their numbers have, a list of values that holds all true
numbers of the folder among as many others, and a list that holds none of them: there nothing should be accepted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from pipeline.decoding.constraints.constraint import Constraint
from pipeline.images.load import load_pages
from pipeline.reading.read_page import read_page
from pipeline.recognition.classify import Classifier, load_classifier
from pipeline.settings.tree import Settings
from train.evaluation.page_score import PageScore, load_truth, score_page

NOTHING, DIGITS, VALUES, OTHERS = "nothing", "digits", "values", "other values"
"""What is known of the numbers."""


def list_suited(pages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the pages of a truth.json whose numbers are grouped and all have the same number of digits."""
    return [page for page in pages if page.get("grouped", True) and len({len(n) for n in page["numbers"]}) == 1]


def draw_others(numbers: Sequence[str], seed: int) -> list[str]:
    """Return as many random numbers, each with as many digits as one of `numbers`, none of them among these.

    Where all numbers of some digits are taken, or drawn already, fewer are returned.
    """
    rng = np.random.default_rng(seed)
    taken, others = set(numbers), list[str]()
    for number in dict.fromkeys(numbers):
        for _ in range(100):
            other = "".join(map(str, rng.integers(0, 10, len(number))))
            if other not in taken:
                taken.add(other)
                others.append(other)
                break
    return others


def list_known(pages: Sequence[dict[str, Any]], seed: int) -> Iterator[tuple[str, list[Constraint | None]]]:
    """Yield what is known, and the constraint of each page under it."""
    numbers = list(dict.fromkeys(number for page in pages for number in page["numbers"]))
    others = draw_others(numbers, seed)
    yield NOTHING, [None] * len(pages)
    yield DIGITS, [Constraint(n_digits=(len(page["numbers"][0]),) * 2) for page in pages]
    yield VALUES, [Constraint(values=(*numbers, *others))] * len(pages)
    yield OTHERS, [Constraint(values=tuple(others))] * len(pages)


def score_constraints(folder: Path, classifier: Classifier, settings: Settings, seed: int) -> dict[str, PageScore]:
    """Return the counts of a folder's pages that are suited, by what is known of their numbers.

    Raises
    ------
    InputError
        If truth.json is missing or damaged, or a picture that it names cannot be read.
    """
    pages = list_suited(load_truth(folder))
    totals: dict[str, PageScore] = {}
    for known, constraints in list_known(pages, seed) if pages else ():
        total, bar = PageScore(), Console(stderr=True)
        for truth, constraint in track([*zip(pages, constraints, strict=True)], known, console=bar, transient=True):
            readings = [
                reading
                for page in load_pages(folder / truth["file"], settings.images)
                for reading in read_page(page, classifier, settings, constraint=constraint).readings
            ]
            total += score_page(truth, readings)
        totals[known] = total
    return totals


def measure_sure(score: PageScore) -> float:
    """Return the F1 of the accepted numbers alone, in percent; nan where nothing was written nor accepted."""
    whole = score.n_numbers + score.n_accepted
    return 200 * (score.n_accepted - score.n_accepted_wrong) / whole if whole else float("nan")


def print_scores(folders: Sequence[Path], model: str, settings: Settings, seed: int) -> None:
    """Print a table for each folder, a row for each thing that may be known.

    Raises
    ------
    ModelError : as for `load_classifier`
    InputError : as for `score_constraints`
    """
    for folder in folders:
        load_truth(folder)
    classifier = load_classifier(model)
    for folder in folders:
        scores = score_constraints(folder, classifier, settings, seed)
        print(f"{folder}, model {classifier.name}, seed {seed}:")
        table = Table("known", "pages", "numbers", "sure", "accepted", "risk", box=None)
        for known, score in scores.items():
            figures = score.figures
            row = figures["numbers"], measure_sure(score), figures["coverage"], figures["risk"]
            table.add_row(known, str(score.n_pages), *(f"{figure:.1f}" for figure in row))
        Console(width=100).print(table)
