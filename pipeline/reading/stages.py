"""What the stages of reading one page made, under the hypothesis that read it best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.decoding.lattice_decoder import GroupedPage
from pipeline.decoding.pick import Pick
from pipeline.detection.detection import Detection
from pipeline.page_scale import PageScale
from pipeline.recognition.line_images import LineImage
from pipeline.types import SIDE_PX, DigitScores, Lattice, Page, PageInk, Reading, TextLine


class LineMemory(Protocol):
    """Knows what some text lines of a page show, from a page before that looked much like it."""

    def recall(self, lines: Sequence[TextLine]) -> Sequence[Sequence[Pick] | None]:
        """Return the path of each line that need not be read, None of the others."""

    def keep(
        self, lines: Sequence[TextLine], known: Sequence[Sequence[Pick] | None], paths: Sequence[Sequence[Pick]]
    ) -> None:
        """Take in the paths of a page's lines, and which of them were recalled."""


@dataclass(frozen=True, slots=True, eq=False)
class Recognition:
    """What the networks made of the text lines that were read.

    Attributes
    ----------
    line_images : of all those lines in their order
    column_posteriors : per line image, float32 (columns, K) of `COLUMN_CLASSES`, rows of sum 1; empty without a line
        network
    lattices : one per line
    signs : per lattice, what the line network knows by name, from `named_signs.find_signs`; empty without one
    log_likelihoods : per lattice, float64 (spans, 11), from `span_scores.score_spans`; empty without a line network
    batch : float32 (N, 28, 28, 1), 0 paper .. 1 ink, of the spans of all lattices in their order
    scores : of the batch
    """

    line_images: tuple[LineImage, ...] = ()
    column_posteriors: tuple[NDArray[np.float32], ...] = ()
    lattices: tuple[Lattice, ...] = ()
    signs: tuple[Sequence[Pick], ...] = ()
    log_likelihoods: tuple[NDArray[np.float64], ...] = ()
    batch: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, SIDE_PX, SIDE_PX, 1), np.float32))
    scores: DigitScores = field(default_factory=lambda: DigitScores(np.zeros((0, 11), np.float32)))


@dataclass(frozen=True, slots=True)
class Trial:
    """A hypothesis that a page was read under, and its score (`hypotheses.measure_score`)."""

    hypothesis: str
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Stages:
    """What each stage made of a page.

    Attributes
    ----------
    ink : the page, its light evened out, its ink
    lines : text lines in reading order
    scale : how large and how aslant their writing is
    recognition : of the lines that were read
    paths : what each line is read as, from `lattice_decoder.find_paths`
    grouped : the digits of the paths, grouped to numbers
    readings : the numbers, boxes in page px
    hypothesis : under which the page was read
    unleveled : the page before it was leveled
    trials : all hypotheses that were tried, in their order
    seconds : per stage, and their total
    detection : the digits that the page network sees, on the page of `ink`; None without one
    is_cut_short : whether the page had made so much work that it was not read every way that was worth trying
    """

    ink: PageInk
    lines: tuple[TextLine, ...] = ()
    scale: PageScale = field(default_factory=PageScale)
    recognition: Recognition = field(default_factory=Recognition)
    paths: tuple[Sequence[Pick], ...] = ()
    grouped: GroupedPage = field(default_factory=GroupedPage)
    readings: tuple[Reading, ...] = ()
    hypothesis: str = ""
    unleveled: Page | None = None
    trials: tuple[Trial, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    detection: Detection | None = None
    is_cut_short: bool = False
