"""A blank form as it is drawn: text, lines and fields in mm, rendered at any scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from pipeline.decoding.constraints.constraint import Constraint
from pipeline.forms.template import FormField, FormSum
from pipeline.geometry import Box

BoxMm = tuple[float, float, float, float]
"""Left, top, right, bottom, mm."""

_THIN_MM = 0.25
_CAPS_FRAC = 0.72
"""Height of a capital, of its font's size."""


@dataclass(slots=True)
class FormSheet:
    """A blank form.

    Attributes
    ----------
    size_mm : width and height
    strokes : what draws it, each given the coverage uint8 (H, W) and its scale, px per mm
    fields : name, box in mm, boxes of the comb or None, constraint
    sums : what adds up
    """

    size_mm: tuple[float, float]
    strokes: list[Callable[[NDArray[np.uint8], float], None]] = field(default_factory=list)
    fields: list[tuple[str, BoxMm, int | None, Constraint]] = field(default_factory=list)
    sums: list[FormSum] = field(default_factory=list)

    def text(self, words: str, x: float, y: float, height: float = 2.6) -> None:
        """Print words from x, their capitals of a height and standing on y, mm."""
        self.strokes.append(lambda coverage, scale: _print_text(coverage, words, (x, y, height), scale))

    def line(self, x0: float, y0: float, x1: float, y1: float, width: float = _THIN_MM) -> None:
        """Draw a line, mm."""
        self.strokes.append(lambda coverage, scale: _draw_line(coverage, (x0, y0, x1, y1), width, scale))

    def box(self, box: BoxMm, width: float = _THIN_MM) -> None:
        """Draw the outline of a box, mm."""
        left, top, right, bottom = box
        for y in (top, bottom):
            self.line(left, y, right, y, width)
        for x in (left, right):
            self.line(x, top, x, bottom, width)

    def fill(self, box: BoxMm, share: float = 1.0) -> None:
        """Fill a box with ink, a share of it, mm."""
        self.strokes.append(lambda coverage, scale: _fill_box(coverage, box, share, scale))

    def put_field(
        self, name: str, box: BoxMm, constraint: Constraint, look: str = "box", comb: int | None = None
    ) -> None:
        """Draw a field and note it: look is "box", "line" for an underline, or "comb"."""
        left, top, right, bottom = box
        if look in ("box", "comb"):
            self.box(box)
        if look == "line":
            self.line(left, bottom, right, bottom)
        for k in range(1, comb or 1):
            x = left + k * (right - left) / (comb or 1)
            self.line(x, top, x, bottom)
        self.fields.append((name, box, comb, constraint))

    def render(self, px_per_mm: float) -> NDArray[np.uint8]:
        """Return the print, uint8 (H, W), 0 paper .. 255 ink."""
        width, height = (round(side * px_per_mm) for side in self.size_mm)
        coverage = np.zeros((height, width), np.uint8)
        for stroke in self.strokes:
            stroke(coverage, px_per_mm)
        return coverage

    def list_fields(self, px_per_mm: float) -> tuple[FormField, ...]:
        """Return the fields with their boxes in px."""
        return tuple(
            FormField(name, Box(*(round(side * px_per_mm) for side in box)), 1, comb, constraint)
            for name, box, comb, constraint in self.fields
        )


def _print_text(coverage: NDArray[np.uint8], words: str, at_mm: tuple[float, float, float], scale: float) -> None:
    x, y, height = (v * scale for v in at_mm)
    font = _load_font(round(4 * height / _CAPS_FRAC) / 4)
    left, top, right, bottom = (int(v) for v in font.getbbox(words, anchor="ls"))
    picture = Image.new("L", (max(1, right - left), max(1, bottom - top)))
    ImageDraw.Draw(picture).text((-left, -top), words, fill=255, font=font, anchor="ls")
    patch = np.asarray(picture)
    row, column = round(y) + top, round(x) + left
    place = coverage[max(0, row) : row + len(patch), max(0, column) : column + patch.shape[1]]
    patch = patch[max(0, -row) :, max(0, -column) :][: place.shape[0], : place.shape[1]]
    np.maximum(place, patch, out=place)


@lru_cache(maxsize=64)
def _load_font(size: float) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font


def _draw_line(
    coverage: NDArray[np.uint8], ends_mm: tuple[float, float, float, float], width_mm: float, scale: float
) -> None:
    x0, y0, x1, y1 = (round(16 * v * scale) for v in ends_mm)
    cv2.line(coverage, (x0, y0), (x1, y1), 255, max(1, round(width_mm * scale)), cv2.LINE_AA, 4)


def _fill_box(coverage: NDArray[np.uint8], box_mm: BoxMm, share: float, scale: float) -> None:
    left, top, right, bottom = (round(v * scale) for v in box_mm)
    place = coverage[top:bottom, left:right]
    np.maximum(place, np.uint8(255 * share), out=place)
