"""A paper that is being filled: what is printed on it, what is written on it, and which mark owns each pixel."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from train.augmentation.ink import Mask
from train.synthesis.pages.ink_layout import Draft, Script

UPRIGHT = (0.0, -1.0)
"""The way up of level writing, image axes."""

_WOBBLE_POINTS = 8


@dataclass(slots=True, eq=False)
class Sheet:
    """A paper of (W, H) px.

    Attributes
    ----------
    pen, print : drafts by hand and in print; they share the owner map and the list of marks
    lines : uint8 (H, W), 255 where a line is printed or drawn: it owns nothing
    stains : float32 (H, W), factor of the paper's brightness
    printed : indices of the marks that are printed
    """

    pen: Draft
    print: Draft
    lines: NDArray[np.uint8]
    stains: NDArray[np.float32]
    printed: set[int]

    @classmethod
    def of_size(cls, size_px: tuple[int, int]) -> Sheet:
        """Return an empty sheet."""
        pen = Draft.of_size(size_px)
        printing = Draft(np.zeros_like(pen.coverage), pen.owner, pen.labels, pen.kinds, pen.groups)
        return cls(pen, printing, np.zeros_like(pen.coverage), np.ones(size_px[::-1], np.float32), set())

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        return self.pen.coverage.shape[1], self.pen.coverage.shape[0]

    def start_number(self) -> int:
        """Return the index of a new number, by hand, for `write_digit`."""
        self.pen.n_groups += 1
        return self.pen.n_groups - 1

    def start_print(self) -> int:
        """Let the next numbers in print be others than those by hand; return the index of the next mark."""
        self.print.n_groups = self.pen.n_groups
        return len(self.pen.labels)

    def end_print(self, first: int) -> None:
        """Record that the marks from `first` on are printed."""
        self.pen.n_groups = self.print.n_groups
        self.printed.update(range(first, len(self.pen.labels)))


@dataclass(frozen=True, slots=True, eq=False)
class Style:
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


def draw_line(sheet: Sheet, start_px: tuple[float, float], end_px: tuple[float, float], width_px: float) -> None:
    """Draw a straight line of the table or form, from (x, y) to (x, y)."""
    _draw_polyline(sheet, np.array([start_px, end_px]), width_px)


def draw_wobbly_line(
    sheet: Sheet,
    start_px: tuple[float, float],
    end_px: tuple[float, float],
    width_px: float,
    wobble_px: float,
    rng: np.random.Generator,
) -> None:
    """Draw a line as by hand, which strays by about `wobble_px`; a straight one for 0."""
    if wobble_px <= 0:
        draw_line(sheet, start_px, end_px, width_px)
        return
    share = np.linspace(0, 1, _WOBBLE_POINTS)[:, None]
    points = np.array(start_px) * (1 - share) + np.array(end_px) * share
    _draw_polyline(sheet, points + np.cumsum(rng.normal(0, wobble_px / 3, points.shape), axis=0), width_px)


def draw_box(
    sheet: Sheet, box_px: tuple[float, float, float, float], width_px: float, *, is_open: bool = False
) -> None:
    """Draw the outline of a box (left, top, right, bottom), without its upper side where it `is_open`."""
    left, top, right, bottom = box_px
    sides = [((left, bottom), (right, bottom)), ((left, bottom), (left, top)), ((right, bottom), (right, top))]
    for start, end in [*sides, *([] if is_open else [((left, top), (right, top))])]:
        draw_line(sheet, start, end, width_px)


def draw_dots(sheet: Sheet, span_px: tuple[float, float], y_px: float, pitch_px: float, height_px: float) -> None:
    """Draw a dotted line between two x px, to be written on by digits of `height_px`."""
    for x in np.arange(span_px[0], span_px[1], pitch_px):
        cv2.circle(sheet.lines, (round(x), round(y_px)), max(1, round(0.04 * height_px)), 255, -1, cv2.LINE_AA)


def _draw_polyline(sheet: Sheet, points_px: NDArray[np.float64], width_px: float) -> None:
    points = [np.rint(points_px * 16).astype(np.int32)]
    cv2.polylines(sheet.lines, points, False, 255, max(1, round(width_px)), cv2.LINE_AA, 4)
