"""Judges an adapted model against the one before, on held-out corrections and on what it read before.

The fine-tuned weights are averaged with those before (Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR
2022, arXiv 2109.01903); the share is the one that reads the held-out corrections best among those that harm nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.detection.detection import Detection
from pipeline.images.load import load_pages
from pipeline.reading.prepare import prepare_page
from pipeline.reading.run_stages import StageRunner
from pipeline.reading.stage_timer import StageTimer
from pipeline.recognition.classify import Classifier
from pipeline.settings.tree import Settings
from pipeline.types import Page, PageInk, TextLine
from train.adaptation.align import FoundLine, read_lines, read_number
from train.datasets.examples import Examples
from train.evaluation.fine_tuning import WORSE, Change, measure_share
from train.evaluation.page_score import PageScore, edit_distance, load_truth, score_page
from train.synthesis.pages.synthesize import PageTruth, describe_page

CORRECTIONS = "digits of the held-out corrections"


@dataclass(frozen=True, slots=True, eq=False)
class PreparedPage:
    """A page as the stages up to its text lines leave it, which no adapted network changes, and its truth."""

    ink: PageInk
    lines: tuple[TextLine, ...]
    detection: Detection | None
    truth: dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """What nothing was learned on: lines of corrected numbers, pages and crops of the original kind, the samples."""

    corrections: Sequence[FoundLine]
    pages: Sequence[PreparedPage]
    crops: Examples
    samples: Sequence[PreparedPage] = ()


def prepare(page: Page, truth: dict[str, Any], classifier: Classifier) -> PreparedPage:
    """Return a page ready to be read by several models."""
    runner = StageRunner(classifier, Settings(), StageTimer(0.0))
    page = prepare_page(page, runner)
    ink = runner.find_ink(page)
    return PreparedPage(ink, runner.find_lines(ink), runner.detect(page), truth)


def prepare_written(pages: Sequence[PageTruth], classifier: Classifier) -> list[PreparedPage]:
    """Return synthesized pages ready to be read."""
    return [prepare(Page(page.photo), describe_page(page, ""), classifier) for page in pages]


def prepare_folder(folder: Path, classifier: Classifier) -> list[PreparedPage]:
    """Return the pages of a folder with truth.json ready to be read, those of one page; none without the folder.

    Raises
    ------
    InputError : as for `load_truth` and `load_pages`
    """
    if not folder.is_dir():
        return []
    named = ((truth, [*load_pages(folder / truth["file"])]) for truth in load_truth(folder))
    return [prepare(pages[0], truth, classifier) for truth, pages in named if len(pages) == 1]


def measure(classifier: Classifier, held_out: HeldOut) -> dict[str, float]:
    """Return the percentages right, by what they are of."""
    n_digits = sum(len(one.digits) for one in held_out.corrections)
    n_edits = sum(edit_distance(one.digits, read_number(one, classifier)) for one in held_out.corrections)
    figures = {
        CORRECTIONS: 100 * max(0, n_digits - n_edits) / max(1, n_digits),
        "digits of pages of the original kind": score_prepared(held_out.pages, classifier).figures["digits"],
        "crops of the original kind": measure_share(classifier, held_out.crops),
    }
    if held_out.samples:
        figures["numbers of the samples"] = score_prepared(held_out.samples, classifier).figures["numbers"]
    return figures


def score_prepared(pages: Sequence[PreparedPage], classifier: Classifier) -> PageScore:
    """Return the counts of prepared pages."""
    read = ((one.truth, read_lines(one.ink, one.lines, one.detection, classifier).readings) for one in pages)
    return sum((score_page(truth, readings) for truth, readings in read), PageScore())


def compare(before: dict[str, float], after: dict[str, float]) -> list[Change]:
    """Return the change of each figure."""
    return [Change(what, before[what], after[what]) for what in before]


def list_worse(changes: Sequence[Change]) -> list[Change]:
    """Return what got worse; held-out corrections did where they are not read better."""

    def is_worse(one: Change) -> bool:
        return one.after <= one.before if one.what == CORRECTIONS else one.after < one.before - WORSE

    return [one for one in changes if is_worse(one)]


def rank_shares(before: dict[str, float], by_share: dict[float, dict[str, float]]) -> list[float]:
    """Return the shares, those that harm least first; of those alike, that which reads corrections best."""

    def rate(share: float) -> tuple[float, float, float]:
        changes = compare(before, by_share[share])
        harm = sum(one.before - WORSE - one.after for one in changes if one.after < one.before - WORSE)
        return -harm, by_share[share][CORRECTIONS], -share

    return sorted(by_share, key=rate, reverse=True)
