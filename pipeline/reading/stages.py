"""What the stages of reading one page make, and who may take part: a taker of stages, a memory of lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.recognition.line_images import Strip
from pipeline.types import DigitScores, InkMask, Lattice, Page, Pick, Reading, TextLine


class LineMemory(Protocol):
    """Knows what some text lines of a page show, from a page before that looked much like it."""

    def recall(self, lines: Sequence[TextLine]) -> Sequence[Sequence[Pick] | None]:
        """Return the path of each line that need not be read, None of the others."""

    def keep(
        self, lines: Sequence[TextLine], known: Sequence[Sequence[Pick] | None], paths: Sequence[Sequence[Pick]]
    ) -> None:
        """Take in the paths of a page's lines, and which of them were recalled."""


@dataclass(frozen=True, slots=True, eq=False)
class Stages:
    """What the stages of one page made, in their order.

    `recalled` are the paths of the lines that were not read, None of those that were, as all are where it is empty;
    lattices, strips, `shown`, which the line network tells of each strip, evidence and scores are of lines that were
    read.
    """

    page: Page
    paper: NDArray[np.uint8]
    darkness: NDArray[np.uint8]
    ink: InkMask
    cleared: InkMask
    lines: tuple[TextLine, ...] = ()
    lattices: tuple[Lattice, ...] = ()
    batch: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 28, 28, 1), np.float32))
    strips: tuple[Strip, ...] = ()
    shown: tuple[NDArray[np.float32], ...] = ()
    evidence: tuple[NDArray[np.float64], ...] = ()
    scores: DigitScores = field(default_factory=lambda: DigitScores(np.zeros((0, 11), np.float32)))
    recalled: tuple[Sequence[Pick] | None, ...] = ()
    paths: tuple[Sequence[Pick], ...] = ()
    readings: tuple[Reading, ...] = ()

    @property
    def known(self) -> tuple[Sequence[Pick] | None, ...]:
        """What is known of each line before any is read."""
        return self.recalled or (None,) * len(self.lines)

    @property
    def unread(self) -> list[TextLine]:
        """The lines of which nothing is known before they are read."""
        return [line for line, path in zip(self.lines, self.known, strict=True) if path is None]


class StageTaker(Protocol):
    """Takes in the stages of a page that was read."""

    def write(self, stages: Stages) -> None:
        """Take them in."""
