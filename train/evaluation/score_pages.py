"""Measures the whole pipeline on folders of pages with known truth: `python -m train score`. Counts: `page_score`.

`truth.json` in the folder is a list of pages: {"file": name, "numbers": [digits, ...] in reading order, "grouped": true
where a person would agree where a number ends, "ordered": false where the digits lie scattered, "tags": [...]}.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from pipeline.images.load import load_pages
from pipeline.reading.read_page import read_page
from pipeline.recognition.classify import Classifier, load_classifier
from pipeline.settings.tree import Settings
from pipeline.types import Page
from train.evaluation.page_score import PageScore, load_truth, score_page


def read_folder(folder: Path, classifier: Classifier, settings: Settings) -> list[tuple[dict[str, Any], PageScore]]:
    """Return each page's truth and counts, in the order of the folder's truth.json.

    Raises
    ------
    InputError
        If truth.json is missing or damaged, or a picture that it names cannot be read.
    """
    rows = []
    for truth in track(load_truth(folder), description=str(folder), console=Console(stderr=True), transient=True):
        pages = load_pages(folder / truth["file"], settings.images)
        rows.append((truth, score_pages(truth, pages, classifier, settings)))
    return rows


def score_pages(truth: dict[str, Any], pages: Iterable[Page], classifier: Classifier, settings: Settings) -> PageScore:
    """Return the counts of one picture: its truth against what is read on all its pages."""
    return score_page(truth, [r for page in pages for r in read_page(page, classifier, settings).readings])


def _print_table(rows: Sequence[tuple[dict[str, Any], PageScore]], by_tag: bool) -> None:
    tags = sorted({tag for truth, _ in rows for tag in truth.get("tags", [])}) if by_tag else []
    table = Table("tag", "pages read", *PageScore().figures, box=None)
    for tag in ["all", *tags]:
        total = sum((s for truth, s in rows if tag == "all" or tag in truth.get("tags", [])), PageScore())
        table.add_row(tag, str(total.n_pages), *(f"{figure:.1f}" for figure in total.figures.values()))
    Console(width=100).print(table)


def score_folders(folders: Sequence[Path], model: str, settings: Settings, by_tag: bool) -> None:
    """Print a table for each folder: a row for all pages, and with `by_tag` one for each tag.

    Raises
    ------
    ModelError : as for `load_classifier`
    InputError : as for `read_folder`
    """
    for folder in folders:
        load_truth(folder)  # raises now what would else be found after the folders before it were read
    classifier = load_classifier(model)
    for folder in folders:
        print(f"{folder}, model {classifier.name}:")
        _print_table(read_folder(folder, classifier, settings), by_tag)
