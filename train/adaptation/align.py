"""Cuts the digits of a corrected number out of its crop: the lattice forced to spell the right value.

The crop goes through the stages of reading. Of all ways through the lattice of its line, the most probable one is
taken whose digits, within the number's box, are those of the right value (Viterbi over cuts and digits). A way that
leaves too much ink out, or takes for a digit what the networks see to be none, says that the crop does not show it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.decoding.lattice_decoder import combine_scores, find_best_path
from pipeline.detection.detection import Detection
from pipeline.geometry import Box
from pipeline.reading.prepare import prepare_page
from pipeline.reading.run_stages import StageRunner
from pipeline.reading.stage_timer import StageTimer
from pipeline.reading.stages import Stages
from pipeline.recognition.classify import Classifier
from pipeline.recognition.line_images import COLUMN_PX, LineImage
from pipeline.settings.tree import Settings
from pipeline.types import N_DIGITS, DigitScores, Lattice, Page, PageInk, Span, TextLine
from train.adaptation.corrections import CorrectedCrop
from train.datasets.harvested_crops import KINDS, Crops
from train.datasets.harvested_lines import IGNORED, Lines
from train.harvesting.line_labels import label_columns

_MOST_LEFT_OUT = 0.25
"""Share of the ink in the number's box that may be no digit's: signs, specks, rests of rulings."""

_LEAST_DIGIT = 0.5
"""Least probability that a span which reading would not have cut out is a digit, whichever."""

_BESIDE_COLUMNS = 2
"""Columns beside the number whose label is known: nothing."""

_DIGIT = KINDS.index("digit")


@dataclass(frozen=True, slots=True, eq=False)
class FoundLine:
    """The text line of a corrected number, and the number's box on the page that was prepared for reading.

    `detection` is what the page network saw there; None where it did not look.
    """

    ink: PageInk
    line: TextLine
    detection: Detection | None
    box: Box
    digits: str

    def read(self, classifier: Classifier) -> Stages:
        """Return the stages of reading the line; the page network does not look again."""
        return read_lines(self.ink, (self.line,), self.detection, classifier)


@dataclass(frozen=True, slots=True, eq=False)
class CutNumber:
    """The digits of a corrected number, and the image of its line with labelled columns."""

    crops: Crops
    lines: Lines


def find_line(crop: CorrectedCrop, classifier: Classifier, settings: Settings) -> FoundLine | None:
    """Return the text line of a corrected number; None where no line holds ink in its box."""
    runner = StageRunner(classifier, settings, StageTimer(0.0))
    page = prepare_page(Page(crop.gray), runner)
    ink = runner.find_ink(page)
    corners = np.array([[crop.box.left, crop.box.right], [crop.box.top, crop.box.bottom], [1.5, 1.5]]) - 0.5
    (x0, x1), (y0, y1) = (np.linalg.inv(page.to_source) @ corners)[:2] + 0.5
    box = Box(int(x0), int(y0), max(int(x0) + 1, round(x1)), max(int(y0) + 1, round(y1)))
    lines = runner.find_lines(ink)
    held = [sum(c.area_px for c in line.components if _is_inside(c.box, box)) for line in lines]
    return FoundLine(ink, lines[int(np.argmax(held))], runner.detect(page), box, crop.digits) if any(held) else None


def read_lines(
    ink: PageInk, lines: tuple[TextLine, ...], detection: Detection | None, classifier: Classifier
) -> Stages:
    """Return the stages of reading a page from its lines on, with what the page network saw of it, None for nothing."""
    s = Settings()
    if detection is None:
        s = replace(s, detection=replace(s.detection, is_enabled=False))
    runner = StageRunner(classifier, s, StageTimer(0.0))
    if detection is not None:
        runner.remember(ink.page, detection)
    return runner.read(ink, lines)


def find_lines(crop: CorrectedCrop, classifier: Classifier) -> list[FoundLine]:
    """Return the line of a corrected number as the page network leaves it, as it is without it, and with rulings."""
    s = Settings()
    whole = replace(s, detection=replace(s.detection, is_enabled=False))
    ruled = replace(whole, rulings=replace(s.rulings, is_enabled=False))
    found = [find_line(crop, classifier, settings) for settings in (s, whole, ruled)]
    return [one for one in found if one is not None]


def cut_number(found: Sequence[FoundLine], classifier: Classifier) -> CutNumber | None:
    """Return what the first line that can be aligned with the right value gives to learn from; None if none can."""
    for one in found:
        recognition = one.read(classifier).recognition
        lattice = recognition.lattices[0]
        log_scores = _score(lattice, recognition.scores, recognition.log_likelihoods)
        chosen = align(lattice, log_scores, one.digits, one.box)
        if chosen and _is_plausible(lattice, log_scores, recognition.scores, chosen, one.box):
            spans = [lattice.spans[i] for i in chosen]
            images = np.rint(255 * recognition.batch[list(chosen), :, :, 0]).astype(np.uint8)
            labels = np.array([*map(int, one.digits)], np.uint8)
            crops = Crops(images, labels, np.full(len(labels), _DIGIT, np.uint8))
            return CutNumber(crops, label_line(recognition.line_images[0], spans, one.digits))
    return None


def read_number(found: FoundLine, classifier: Classifier) -> str:
    """Return the digits that reading finds in the box of a corrected number."""
    picks = [pick for pick in found.read(classifier).paths[0] if pick.is_digit and _is_inside(pick.span.box, found.box)]
    return "".join(str(int(pick.row.argmax())) for pick in picks)


def _score(
    lattice: Lattice, scores: DigitScores, log_likelihoods: Sequence[NDArray[np.float64]]
) -> NDArray[np.float64]:
    return combine_scores(lattice, scores, log_likelihoods[0] if log_likelihoods else None, Settings().decode)


def align(lattice: Lattice, log_scores: NDArray[np.float64], digits: str, box: Box) -> tuple[int, ...] | None:
    """Return the spans that spell `digits` within `box` on the most probable way through a lattice; None without one.

    Parameters
    ----------
    lattice : of the number's line
    log_scores : float64 (N, 11), log-scores of the spans as digits and as passed over
    digits : the right value
    box : of the number; what lies outside costs nothing
    """
    n = len(digits)
    best = np.full((lattice.n_cuts, n + 1), -np.inf)
    best[0, 0] = 0
    back: dict[tuple[int, int], tuple[int, bool]] = {}
    for i in sorted(range(len(lattice.spans)), key=lambda i: lattice.spans[i].first):
        span = lattice.spans[i]
        is_inside = _is_inside(span.box, box)
        for k in range(n + 1):
            steps = [(k, log_scores[i, N_DIGITS] if is_inside else 0.0, False)]
            if is_inside and k < n:
                steps.append((k + 1, log_scores[i, int(digits[k])], True))
            for after, score, is_digit in steps:
                if best[span.first, k] + score > best[span.last, after]:
                    best[span.last, after] = best[span.first, k] + score
                    back[span.last, after] = i, is_digit
    if not np.isfinite(best[-1, n]):
        return None
    at, k, chosen = lattice.n_cuts - 1, n, list[int]()
    while at > 0:
        i, is_digit = back[at, k]
        chosen += [i] if is_digit else []
        at, k = lattice.spans[i].first, k - is_digit
    return tuple(chosen[::-1])


def _is_plausible(
    lattice: Lattice, log_scores: NDArray[np.float64], scores: DigitScores, chosen: Sequence[int], box: Box
) -> bool:
    """Return whether the chosen spans hold nearly all ink in the box, and are digits as far as can be told."""
    atoms = [span for span in lattice.spans if span.last == span.first + 1 and _is_inside(span.box, box)]
    taken = {at for i in chosen for at in range(lattice.spans[i].first, lattice.spans[i].last)}
    inked = [np.count_nonzero(atom.mask) for atom in atoms]
    left_out = sum(n for n, atom in zip(inked, atoms, strict=True) if atom.first not in taken)
    if left_out > _MOST_LEFT_OUT * sum(inked):
        return False
    usual = {i for i, is_digit in find_best_path(lattice, log_scores) if is_digit}
    return all(i in usual or scores.digits[i].sum() >= _LEAST_DIGIT for i in chosen)


def label_line(image: LineImage, spans: Sequence[Span], digits: str) -> Lines:
    """Return the image of a number's line, its columns labelled where the number stands and ignored elsewhere."""
    inverse = np.linalg.inv(np.vstack([image.to_page, [0, 0, 1]]))[:2]
    items = []
    for span, digit in zip(spans, digits, strict=True):
        x, y = span.box.center
        center = (float((inverse @ [x - 0.5, y - 0.5, 1])[0]) + 0.5) / COLUMN_PX
        width = max(1.0, span.box.width - abs(image.slant) * span.box.height)
        half = width / (2 * COLUMN_PX * float(image.to_page[0, 0]))
        items.append((center - half, center + half, int(digit), 0))
    columns = label_columns(image.n_columns, sorted(items))
    at = np.arange(image.n_columns) + 0.5
    start, end = min(item[0] for item in items), max(item[1] for item in items)
    columns[(at < start - _BESIDE_COLUMNS) | (at > end + _BESIDE_COLUMNS)] = IGNORED
    return Lines(image.pixels, columns, np.array([image.pixels.shape[1]]))


def _is_inside(box: Box, around: Box) -> bool:
    x, y = box.center
    return around.left <= x < around.right and around.top <= y < around.bottom
