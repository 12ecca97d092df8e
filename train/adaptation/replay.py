"""What the networks knew before: examples of the original kind, mixed in so that an adapted network forgets nothing.

Pages are synthesized and harvested as for the shipped networks: by MNIST's writers where there is a data folder, else
by drawn writers; documents are added where the folder has letters and fonts. In both cases come the shipped samples,
with what the model itself reads there for sure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.images.load import load_pages
from pipeline.reading.read_page import analyze_page
from pipeline.recognition.classify import Classifier
from pipeline.settings.tree import Settings
from pipeline.types import N_DIGITS, SIDE_PX
from train.adaptation.align import CutNumber
from train.datasets.harvested_crops import KINDS, NO_CROPS, Crops, balance, concatenate
from train.datasets.harvested_lines import IGNORED, Lines, concatenate_lines
from train.datasets.mnist import DigitSet
from train.evaluation.page_score import load_truth
from train.harvesting.harvest import draw_page, harvest_documents, harvest_page
from train.synthesis.documents.supplies import Supplies, gather_supplies
from train.synthesis.handwriting.drawn_digits import draw_digit_set
from train.synthesis.handwriting.writers import WriterPool, collect_writers, gather_writers
from train.synthesis.pages.synthesize import PageTruth, synthesize_page

SPLIT_SEED = 1
"""Of the shipped networks: which of MNIST's writers they were not trained on."""

_FIRST_HELD_OUT = 20_000_000
_SURE_DIGIT, _SURE_COLUMN = 0.95, 0.9
"""Probabilities from which the model's own reading of a sample is a label."""

_EVERY_KEEPS_RULINGS = 5
_N_PLAIN = 3000
"""Digits of the pool as they are, which the digit network was trained on as well."""

_DIGIT, _STRAY = KINDS.index("digit"), KINDS.index("stray")


@dataclass(frozen=True, slots=True, eq=False)
class Writers:
    """Who writes pages of the original kind, and what documents are made from, None where that is not there."""

    pool: WriterPool
    supplies: Supplies | None = None


def gather_pool(data_dir: Path | None, is_held_out: bool) -> Writers:
    """Return MNIST's training writers, or those held out of the shipped networks; drawn ones without a data folder.

    Raises
    ------
    InputError : the data folder lacks MNIST, or holds a damaged file
    """
    if data_dir is None:
        rng = np.random.default_rng([SPLIT_SEED, 4, is_held_out])
        nobody = DigitSet(np.zeros((0, SIDE_PX, SIDE_PX), np.uint8), np.zeros(0, np.uint8))
        return Writers(collect_writers(draw_digit_set(rng), nobody, rng))
    try:
        supplies = gather_supplies(data_dir, SPLIT_SEED, is_held_out)
    except InputError:
        return Writers(gather_writers(data_dir, SPLIT_SEED, is_held_out))
    return Writers(supplies.pool, supplies)


def harvest_replay(writers: Writers, classifier: Classifier, seed: int, n_pages: int) -> CutNumber:
    """Return crops and lines of so many pages by training writers, half as many documents, and plain digits."""
    rng = np.random.default_rng([seed, 5])
    crops, lines = [], []
    for number in range(n_pages):
        own_crops, own_lines, _ = harvest_page(
            draw_page(writers.pool, seed, number), number % _EVERY_KEEPS_RULINGS == 0
        )
        crops.append(own_crops)
        lines.append(own_lines)
    if writers.supplies is not None:
        lines.append(harvest_documents(writers.supplies, classifier, seed, 0, n_pages // 2))
    digits = writers.pool.digits
    plain = digits.take(rng.permutation(len(digits.labels))[:_N_PLAIN])
    crops.append(Crops(plain.images, plain.labels, np.full(len(plain.labels), _DIGIT, np.uint8)))
    return CutNumber(balance(concatenate([NO_CROPS, *crops]), rng), concatenate_lines(lines))


def list_held_out_pages(writers: Writers, seed: int, n_pages: int) -> list[PageTruth]:
    """Return pages by held-out writers, on which nothing is learned."""
    return [synthesize_page(writers.pool, seed, _FIRST_HELD_OUT + number) for number in range(n_pages)]


def replay_samples(classifier: Classifier, folder: Path) -> CutNumber:
    """Return crops and lines of a folder with truth.json, labelled with what the model itself reads for sure."""
    crops, lines = [NO_CROPS], list[Lines]()
    for page in (page for truth in load_truth(folder) for page in load_pages(folder / truth["file"])):
        recognition = analyze_page(page, classifier, Settings()).recognition
        scores = recognition.scores.probabilities
        sure = np.flatnonzero(scores.max(axis=1, initial=0) >= _SURE_DIGIT)
        images = np.rint(255 * recognition.batch[sure, :, :, 0]).astype(np.uint8)
        labels = scores[sure].argmax(axis=1).astype(np.uint8) if len(sure) else np.zeros(0, np.uint8)
        kinds = np.where(labels < N_DIGITS, _DIGIT, _STRAY).astype(np.uint8)
        crops.append(Crops(images, labels, kinds))
        for image, rows in zip(recognition.line_images, recognition.column_posteriors, strict=False):
            columns = np.where(rows.max(axis=1) >= _SURE_COLUMN, rows.argmax(axis=1), IGNORED).astype(np.int8)
            lines.append(Lines(image.pixels, columns, np.array([image.pixels.shape[1]])))
    return CutNumber(balance(concatenate(crops), np.random.default_rng(0)), concatenate_lines(lines))


def join(*parts: CutNumber) -> CutNumber:
    """Return the crops and lines of all parts."""
    return replace(
        parts[0],
        crops=concatenate([part.crops for part in parts]),
        lines=concatenate_lines([part.lines for part in parts]),
    )
