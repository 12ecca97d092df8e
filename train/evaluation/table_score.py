"""Measures how tables are read: `python -m train score-tables`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table as Print

from pipeline.recognition.classify import Classifier, load_classifier
from pipeline.settings.tree import Settings
from pipeline.table import Cell, Table
from pipeline.tables.read_tables import read_tables
from pipeline.types import Page
from train.synthesis.documents.supplies import gather_supplies
from train.synthesis.documents.table_photos import KINDS, TablePhoto, TrueCell, photograph_table


@dataclass(frozen=True, slots=True)
class TableScore:
    """Counts of one photo; they add up over photos."""

    n_cells: int = 0
    n_placed: int = 0
    n_right: int = 0
    n_accepted: int = 0
    n_accepted_wrong: int = 0

    def __add__(self, other: TableScore) -> TableScore:
        return TableScore(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def figures(self) -> dict[str, float]:
        """Percentages.

        placed: cells, empty ones too, that were found where they are, with the right row, column and span · right:
        those whose text, or lack of it, is right as well · accepted: cells with an accepted text · wrong: those of them
        that are wrong, of all cells · risk: the same of the accepted.
        """
        return {
            "placed": _percent(self.n_placed, self.n_cells),
            "right": _percent(self.n_right, self.n_cells),
            "accepted": _percent(self.n_accepted, self.n_cells),
            "wrong": _percent(self.n_accepted_wrong, self.n_cells),
            "risk": _percent(self.n_accepted_wrong, self.n_accepted),
        }


def score_table(truth: TablePhoto, tables: tuple[Table, ...]) -> TableScore:
    """Return the counts of a photo: the table with the most cells is compared with it, all others are wrong."""
    largest = max(tables, key=lambda table: len(table.cells), default=None)
    found = {(cell.row, cell.column): cell for cell in largest.cells} if largest else {}
    known = {(cell.row, cell.column): cell for cell in truth.cells}
    placed = [at for at, cell in known.items() if at in found and _is_at(found[at], cell)]
    right = {at for at in placed if found[at].text == known[at].text}
    accepted = [(table, cell) for table in tables for cell in table.cells if cell.status == "accepted"]
    wrong = [cell for table, cell in accepted if table is not largest or (cell.row, cell.column) not in right]
    return TableScore(len(known), len(placed), len(right), len(accepted), len(wrong))


def _is_at(found: Cell, truth: TrueCell) -> bool:
    """Return whether a cell holds the middle of the true one and goes over as many rows and columns."""
    x, y = truth.corners.mean(axis=0)
    outline = np.array(found.corners, np.float32)
    is_inside = cv2.pointPolygonTest(outline, (float(x), float(y)), False) >= 0
    return is_inside and (found.row_span, found.column_span) == (truth.row_span, truth.column_span)


def read_photos(
    classifier: Classifier, n_photos: int, seed: int, data_dir: Path | None, folder: Path | None, console: Console
) -> dict[str, TableScore]:
    """Return the counts of synthesized photos by kind, "all" last; write the photos into `folder` if there is one.

    Raises
    ------
    InputError : as for `gather_supplies`
    """
    with console.status("reading the data"):
        supplies = gather_supplies(data_dir, seed, is_held_out=True)
    scores = {kind: TableScore() for kind in (*KINDS, "all")}
    for number in track(range(n_photos), description="tables", console=console, transient=True):
        truth = photograph_table(supplies, seed, number)
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(folder / f"table-{number:03}-{truth.kind}.png"), truth.photo)
        score = score_table(truth, read_tables(Page(truth.photo), classifier, Settings()).tables or ())
        scores[truth.kind] += score
        scores["all"] += score
    return scores


def print_scores(
    model: str, n_photos: int, seed: int, data_dir: Path | None, folder: Path | None, console: Console
) -> None:
    """Print a row of figures for each kind of table.

    Raises
    ------
    InputError : as for `gather_supplies`
    ModelError : as for `load_classifier`
    """
    classifier = load_classifier(model)
    scores = read_photos(classifier, n_photos, seed, data_dir, folder, console)
    table = Print("kind", "cells", *TableScore().figures, box=None)
    for kind, score in scores.items():
        table.add_row(kind, str(score.n_cells), *(f"{figure:.1f}" for figure in score.figures.values()))
    print(f"{n_photos} tables by held-out writers, seed {seed}, model {classifier.name}; percent of the cells:")
    Console(width=100).print(table)


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else float("nan")
