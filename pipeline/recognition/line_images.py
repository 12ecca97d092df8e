"""A text line -> a level line image of one height: the line network's input.

It is gray, not black and white, and shows what stands around the line: where one digit ends and the next begins,
whether a stroke is a 1 or the wall of a box, shows in the neighborhood more than in a candidate's own ink.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box
from pipeline.page_scale import fit_middle, measure_digit_height, measure_level
from pipeline.robust_stats import median
from pipeline.types import PAPER_LEVEL, TextLine

LINE_IMAGE_PX = 32
"""Height of a line image."""

DIGIT_PX = 18
"""Height of the line's digits in it."""

COLUMN_PX = 2
"""Width of the line image for each column that the network tells of."""

MARGIN_PX = 12
"""LineImage before the first and behind the last component."""

_INK_LEVEL = 200
"""Level in the line image of ink as dark as the line's."""

_LEAST_HEIGHT_PX = 6.0
_MOST_COLUMNS = 2048
_SMALL, _LARGE = 0.55, 1.8
"""Ink lower or taller than this, of the line's digit height, is looked at in a line image of its own."""
_APART_HEIGHTS = 8.0
"""Such ink farther apart, of its own height, is not looked at together: most of a common line image would be bare."""
_STEEPEST = 0.35
_MOST_SLANT = 1.0
_SLANTS = np.arange(-0.3, _MOST_SLANT + 0.05, 0.1)
"""Slants tried; hands lean forward more than back."""
_SLANT_PRICE = 0.15
"""Energy that a slant of 1 costs: a steep 7 or 1 alone says little of the writing."""
_INKED = 127


@dataclass(frozen=True, slots=True, eq=False)
class LineImage:
    """A line image.

    Attributes
    ----------
    pixels : uint8 (32, W, 2), W even: darkness, and the ink of the line's own components, both 0 paper .. 255
    to_page : float64 (2, 3), takes px of the line image (x, y, 1) to px of the page
    """

    pixels: NDArray[np.uint8]
    to_page: NDArray[np.float64]

    @property
    def digit_height_px(self) -> float:
        """Height on the page of digits that the line image shows at `DIGIT_PX`."""
        return float(DIGIT_PX * self.to_page[1, 1])

    @property
    def slant(self) -> float:
        """Slant of the writing that the line image takes out, px to the right per px upward."""
        return float(-self.to_page[0, 1] / self.to_page[0, 0])

    @property
    def n_columns(self) -> int:
        """Columns that the network tells of."""
        n_columns: int = self.pixels.shape[1] // COLUMN_PX
        return n_columns

    @property
    def _left_px(self) -> float:
        """Page x of the line image's first px, halfway down: where the writing slants, columns lean on the page."""
        return float(self.to_page[0, 1] * (LINE_IMAGE_PX - 1) / 2 + self.to_page[0, 2])

    def find_columns(self, xs_px: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where page xs lie on the line's middle, in columns: column k covers k to k + 1."""
        columns: NDArray[np.float64] = ((xs_px - 0.5 - self._left_px) / self.to_page[0, 0] + 0.5) / COLUMN_PX
        return columns

    def find_x(self, column: float) -> float:
        """Return the page x, in px, at which `column`, in fractions, crosses the line's middle."""
        return float((column * COLUMN_PX - 0.5) * self.to_page[0, 0] + self._left_px + 0.5)


def cut_line_images(line: TextLine, darkness: NDArray[np.uint8]) -> tuple[LineImage, ...]:
    """Return the images of a line: of all of it first, then of each place much smaller or larger than the rest.

    Parameters
    ----------
    line : its components tell height, slope and contrast
    darkness : uint8 (H, W), PAPER_LEVEL paper .. 255 black
    """
    boxes = [c.box for c in line.components]
    height = _measure_height(boxes)
    slope, level = fit_middle(boxes)
    if abs(slope) > _STEEPEST:
        slope = math.copysign(_STEEPEST, slope)
        level = measure_level(boxes, slope)
    images = [_cut(line, darkness, boxes, height, slope, level)]
    odd = ([b for b in boxes if b.height < _SMALL * height], [b for b in boxes if b.height > _LARGE * height])
    for own in chain(*map(_part, odd)):
        images.append(_cut(line, darkness, own, _measure_height(own), slope, measure_level(own, slope)))
    return tuple(images)


def _measure_height(boxes: Sequence[Box]) -> float:
    return max(_LEAST_HEIGHT_PX, measure_digit_height(boxes))


def _part(boxes: Sequence[Box]) -> list[list[Box]]:
    """Return the boxes in runs from left to right, no two neighbors of a run far apart."""
    far_px = _APART_HEIGHTS * _measure_height(boxes) if boxes else 0.0
    runs: list[list[Box]] = []
    reached = -np.inf
    for box in sorted(boxes, key=lambda b: b.left):
        if box.left - reached > far_px:
            runs.append([])
        runs[-1].append(box)
        reached = max(reached, box.right)
    return runs


def _cut(
    line: TextLine, darkness: NDArray[np.uint8], boxes: Sequence[Box], height: float, slope: float, level: float
) -> LineImage:
    """Return a line image of a line around some of its boxes, digits of `height` px scaled to `DIGIT_PX`.

    Its middle lies at page y = level + slope * x. The line image is sheared level, and its ink as dark as every line's.
    """
    around = Box.around(boxes)
    most = COLUMN_PX * _MOST_COLUMNS - 2 * MARGIN_PX
    scale = min(DIGIT_PX / height, most / around.width)
    width = round(around.width * scale) + 2 * MARGIN_PX
    width += -width % COLUMN_PX
    left = around.left - MARGIN_PX / scale
    shear = np.array(
        [[1 / scale, 0, left], [slope / scale, 1 / scale, level + slope * left - LINE_IMAGE_PX / 2 / scale]]
    )
    shear[:, 2] += shear[:, :2] @ [0.5, 0.5] - 0.5  # from corners to centers of pixels
    reach = _MOST_SLANT * LINE_IMAGE_PX / 2
    ends = shear @ np.array([(x, y, 1) for x in (-reach, width + reach) for y in (0, LINE_IMAGE_PX)]).T
    window = _clip(ends, darkness.shape)
    own = np.zeros((window.height, window.width), np.uint8)
    for component in line.components:
        _paste(own, component.mask, component.box, window)
    slant = measure_slant(_warp(own, shear, window, scale, width, 0))
    shear = shear @ np.array([[1, -slant, slant * (LINE_IMAGE_PX - 1) / 2], [0, 1, 0], [0, 0, 1]])
    contrast = max(0.05, median([c.contrast for c in line.components]))
    dark = _warp(darkness[window.slices], shear, window, scale, width, PAPER_LEVEL).astype(np.float32) - PAPER_LEVEL
    gray = np.clip(dark * (_INK_LEVEL / contrast / (255 - PAPER_LEVEL)), 0, 255).astype(np.uint8)
    pixels = np.stack([gray, _warp(own, shear, window, scale, width, 0)], axis=2)
    return LineImage(pixels, shear)


def measure_slant(image: NDArray[np.uint8]) -> float:
    """Return the slant of the writing in a line image's ink, px to the right per px upward; 0 where it is not plain.

    Sheared upright, strokes stand straight: the slant is the shear at which columns of unbroken ink are tallest, their
    heights squared and summed up (Vinciarelli & Luettin 2001, doi 10.1016/S0167-8655(01)00042-3).
    """
    rows, columns = np.nonzero(image > _INKED)
    if len(rows) == 0 or np.ptp(columns) < DIGIT_PX:
        return 0.0
    up = (LINE_IMAGE_PX - 1) / 2 - rows
    shifted = np.rint(columns - _SLANTS[:, None] * up).astype(np.intp)
    shifted -= shifted.min()
    ink = np.zeros((len(_SLANTS), LINE_IMAGE_PX, int(shifted.max()) + 1), np.uint8)
    ink[np.arange(len(_SLANTS))[:, None], rows, shifted] = 1
    tall = ink.sum(axis=1, dtype=np.uint8)
    reach = LINE_IMAGE_PX - ink[:, ::-1].argmax(axis=1) - ink.argmax(axis=1)
    uprightness = np.sum(np.where(tall == reach, tall, 0.0) ** 2, axis=1)
    return float(_SLANTS[np.argmax(uprightness * (1 - _SLANT_PRICE * np.abs(_SLANTS)))])


def _clip(points: NDArray[np.float64], page_shape: tuple[int, ...]) -> Box:
    """Return the box around points (2, N), with a pixel more on every side, inside the page."""
    left, top = (np.floor(points.min(axis=1)) - 1).astype(int)
    right, bottom = (np.ceil(points.max(axis=1)) + 2).astype(int)
    left, top = min(max(left, 0), page_shape[1] - 1), min(max(top, 0), page_shape[0] - 1)
    return Box(
        int(left),
        int(top),
        int(max(left + 1, min(right, page_shape[1]))),
        int(max(top + 1, min(bottom, page_shape[0]))),
    )


def _paste(own: NDArray[np.uint8], mask: NDArray[np.uint8], box: Box, window: Box) -> None:
    """Lay a component's mask into the window's picture, in place, as far as it lies inside."""
    left, top = max(box.left, window.left), max(box.top, window.top)
    right, bottom = min(box.right, window.right), min(box.bottom, window.bottom)
    if left >= right or top >= bottom:
        return
    view = own[top - window.top : bottom - window.top, left - window.left : right - window.left]
    np.maximum(view, mask[top - box.top : bottom - box.top, left - box.left : right - box.left], out=view)


def _warp(
    picture: NDArray[np.uint8], shear: NDArray[np.float64], window: Box, scale: float, width: int, paper: int
) -> NDArray[np.uint8]:
    """Return the line image (32, width) of the window's picture; what lies beyond the page is paper.

    Large digits are averaged down by a whole number first: a warp alone would look at one pixel in many.
    """
    step = max(1, int(1 / scale))
    back = shear.copy()
    back[:, 2] -= window.left, window.top
    if step > 1:
        height, rest = picture.shape
        padded = cv2.copyMakeBorder(picture, 0, -height % step, 0, -rest % step, cv2.BORDER_REPLICATE)
        picture = cv2.resize(padded, (padded.shape[1] // step, padded.shape[0] // step), interpolation=cv2.INTER_AREA)
        back /= step
        back[:, 2] += 0.5 / step - 0.5
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    image: NDArray[np.uint8] = cv2.warpAffine(
        picture, back, (width, LINE_IMAGE_PX), flags=how, borderMode=cv2.BORDER_CONSTANT, borderValue=paper
    )
    return image
