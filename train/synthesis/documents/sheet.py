"""A paper that is being filled: what is printed on it, what is written on it, and which mark owns each pixel."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from train.augmentation.ink import Mask
from train.synthesis.handwriting.writers import WriterPool
from train.synthesis.pages.ink_layout import Draft, Script

UPRIGHT = (0.0, -1.0)
"""The way up of level writing, image axes."""


@dataclass(frozen=True, slots=True, eq=False)
class Supplies:
    """What papers are made from.

    Attributes
    ----------
    pool : writers of digits
    print_fonts, script_fonts : font files for print and for words by hand
    alphabets : for each person the letters a to z that the person wrote, uint8 masks; None where a letter is missing
    strange : letters of other alphabets, uint8 masks
    """

    pool: WriterPool
    print_fonts: tuple[str, ...]
    script_fonts: tuple[str, ...]
    alphabets: tuple[tuple[Mask, ...], ...]
    strange: tuple[Mask, ...]


@dataclass(slots=True, eq=False)
class Sheet:
    """A paper of (W, H) px.

    Attributes
    ----------
    pen, print : drafts by hand and in print; they share the owner map and the list of marks
    lines : uint8 (H, W), 255 where a line is printed or drawn: it owns nothing
    stains : float32 (H, W), factor of the paper's brightness
    printed : indices of the marks that are printed
    ups : way up of the marks that are not upright, by index
    """

    pen: Draft
    print: Draft
    lines: NDArray[np.uint8]
    stains: NDArray[np.float32]
    printed: set[int]
    ups: dict[int, tuple[float, float]]

    @classmethod
    def of_size(cls, size_px: tuple[int, int]) -> Sheet:
        """Return an empty sheet."""
        pen = Draft.of_size(size_px)
        printing = Draft(np.zeros_like(pen.coverage), pen.owner, pen.labels, pen.kinds, pen.groups)
        return cls(pen, printing, np.zeros_like(pen.coverage), np.ones(size_px[::-1], np.float32), set(), {})

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        return self.pen.coverage.shape[1], self.pen.coverage.shape[0]

    def start_print(self) -> int:
        """Let the next numbers in print be others than those by hand; return the index of the next mark."""
        self.print.n_groups = self.pen.n_groups
        return len(self.pen.labels)

    def end_print(self, first: int) -> None:
        """Record that the marks from `first` on are printed."""
        self.pen.n_groups = self.print.n_groups
        self.printed.update(range(first, len(self.pen.labels)))


@dataclass(frozen=True, slots=True, eq=False)
class Hands:
    """How one paper is filled.

    Attributes
    ----------
    script : how digits are written
    word_style : "font", "letters" or "cursive"
    font, print_font : files
    alphabet : the writer's letters
    """

    script: Script
    word_style: str
    font: str
    print_font: str
    alphabet: tuple[Mask, ...]


def draw_line(
    sheet: Sheet,
    start: tuple[float, float],
    end: tuple[float, float],
    width_px: float,
    wobble_px: float,
    rng: np.random.Generator,
) -> None:
    """Draw a line of the table or form, straight or by hand."""
    n = 2 if wobble_px <= 0 else 8
    share = np.linspace(0, 1, n)[:, None]
    points = np.array(start) * (1 - share) + np.array(end) * share
    if wobble_px > 0:
        points += np.cumsum(rng.normal(0, wobble_px / 3, points.shape), axis=0)
    cv2.polylines(
        sheet.lines, [np.rint(points * 16).astype(np.int32)], False, 255, max(1, round(width_px)), cv2.LINE_AA, 4
    )
