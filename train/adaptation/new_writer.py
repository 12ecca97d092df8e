"""A writer whom no network has seen: photos of that writer's numbers, and a person's corrections of the rejected ones.

Half of the writer's digits have unusual shapes (`train.synthesis.handwriting.pen_paths.UNUSUAL`); which ones, the seed
alone decides. Slant, haste and width vary from page to page, as paper, pen and light do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.outputs.records import make_record
from pipeline.outputs.review import fill_in, write_crops, write_table
from pipeline.reading.read_page import read_page
from pipeline.recognition.classify import Classifier
from pipeline.types import Reading
from train.evaluation.page_score import PageScore, score_page
from train.synthesis.handwriting.strokes import draw_unusual_writer
from train.synthesis.samples.draw_samples import describe_page, draw_photo
from train.synthesis.samples.sample_page import Layout, SamplePage, Surface

_SURFACES: tuple[Surface, ...] = ("plain", "ruled", "squared")
_PENS = ("blue ballpoint", "black ballpoint", "gel pen", "pencil")
_LAYOUT = Layout((9,), (20, 24), 17)
_N_ROWS, _WIDTH_MM = 4, 120
"""Of a page; each row holds one number."""

_MOST_PAGES = 60
"""To be reviewed: a writer of whom fewer numbers are rejected gives fewer corrections."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What was reviewed: pages, rejected numbers with their right values, and the digits of these."""

    n_pages: int
    n_numbers: int
    n_digits: int


def list_pages(seed: int, first: int, n_pages: int) -> list[SamplePage]:
    """Return pages `first` on by the writer of a seed."""
    shapes = draw_unusual_writer(np.random.default_rng([seed, 11])).shapes
    pages = []
    for number in range(first, first + n_pages):
        rng = np.random.default_rng([seed, 12, number])
        rows = tuple(("".join(map(str, rng.integers(0, 10, rng.integers(3, 7)))),) for _ in range(_N_ROWS))
        surface, pen = _SURFACES[int(rng.integers(len(_SURFACES)))], str(rng.choice(_PENS))
        chance = int(rng.integers(1 << 31))
        pages.append(
            SamplePage(
                f"page-{number:03}.jpg",
                chance,
                rows,
                _LAYOUT,
                width_mm=_WIDTH_MM,
                surface=surface,
                pen=pen,
                shapes=shapes,
            )
        )
    return pages


def score_pages(pages: Sequence[SamplePage], classifier: Classifier) -> PageScore:
    """Return the counts of what a classifier reads on pages."""
    read = ((describe_page(page), read_page(draw_photo(page), classifier, channels="bgr").readings) for page in pages)
    return sum((score_page(truth, readings) for truth, readings in read), PageScore())


def write_review(folder: Path, seed: int, classifier: Classifier, n_digits: int) -> Reviewed:
    """Write a review of the writer's pages, until its right values have `n_digits` digits.

    Only numbers that were read as one get a right value, as a person can be sure of them.
    """
    with_crops, answers = [], dict[tuple[str, ...], str]()
    for page in list_pages(seed, 0, _MOST_PAGES):
        bgr = draw_photo(page)
        reading = read_page(bgr, classifier, channels="bgr")
        names = write_crops(bgr, reading, None, folder, Path(page.file).stem)
        with_crops.append(({**make_record(reading), "file": page.file}, names))
        answers |= _answer(page, reading.readings)
        if sum(map(len, answers.values())) >= n_digits:
            break
    write_table(with_crops, folder)
    fill_in(folder, answers)
    return Reviewed(len(with_crops), len(answers), sum(map(len, answers.values())))


def _answer(page: SamplePage, readings: Sequence[Reading]) -> dict[tuple[str, ...], str]:
    """Return the right values of rejected numbers that stand alone in their rows, by file, page and box."""
    mm = page.width_mm / page.size_px[0]
    start, step = page.layout.start_mm[1] - page.layout.digits_mm[0] / 2, page.layout.row_mm
    rows = [round((reading.box.center[1] * mm - start) / step) for reading in readings]
    alone = ((row, r) for row, r in zip(rows, readings, strict=True) if rows.count(row) == 1 and 0 <= row < _N_ROWS)
    return {
        (page.file, "1", *map(str, reading.box.as_list())): page.rows[row][0]
        for row, reading in alone
        if reading.status == "rejected"
    }
