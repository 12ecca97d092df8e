"""False positives: readings on pages without a number; for `python -m train negatives`."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
from rich.console import Console
from rich.progress import track
from rich.table import Table

from pipeline.recognition.classify import Classifier
from pipeline.settings.tree import Settings
from train.evaluation.page_score import PageScore
from train.evaluation.score_pages import read_folder
from train.synthesis.negatives.pages import KINDS, draw_negative_page


def write_pages(folder: Path, n_pages: int, seed: int, fonts: list[Path]) -> None:
    """Write pictures, the kinds by turns, and their truth.json."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for number in track(range(n_pages), description=str(folder), console=Console(stderr=True), transient=True):
        page = draw_negative_page(KINDS[number % len(KINDS)], seed, number // len(KINDS), fonts)
        file = f"{page.kind}-{number // len(KINDS):03}.jpg"
        (folder / file).write_bytes(cv2.imencode(".jpg", page.photo, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes())
        entries.append({"file": file, "numbers": [], "grouped": True, "ordered": True, "tags": [page.kind, page.shot]})
    lines = ",\n".join(json.dumps(entry) for entry in entries)
    (folder / "truth.json").write_text("[\n" + lines + "\n]\n", "utf-8")


def measure(folder: Path, classifier: Classifier, settings: Settings) -> dict[str, list[PageScore]]:
    """Return the counts of every page in a folder with a truth.json, by the first of its tags, its kind."""
    counts: dict[str, list[PageScore]] = {}
    for truth, score in read_folder(folder, classifier, settings):
        counts.setdefault(truth["tags"][0], []).append(score)
    return counts


def print_table(counts: dict[str, list[PageScore]]) -> None:
    """Print for each kind how many of its pages gave any reading, and how many an accepted one."""
    table = Table("kind", "pages", "with a reading", "with an accepted one", "readings", "accepted", box=None)
    for kind, scores in [*counts.items(), ("all", [score for own in counts.values() for score in own])]:
        total = sum(scores, PageScore())
        with_any = sum(score.n_read > 0 for score in scores), sum(score.n_accepted > 0 for score in scores)
        table.add_row(kind, *(str(n) for n in (len(scores), *with_any, total.n_read, total.n_accepted)))
    Console(width=100).print(table)
