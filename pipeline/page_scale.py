"""How large and how aslant the writing of a page is: one definition each of digit height, stroke width, slope, size.

Below all sub-packages that look at ink: those that drop specks ask for the height before there are text lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.geometry import Box
from pipeline.robust_stats import median, weighted_median

_LONGEST = 2
"""Times its short side: a page that is longer is a strip, and its digits are as large as on a page of this length."""

_LEAST_MEASURED, _MOST_MEASURED = 3, 64
"""Boxes that a line needs to have a slope, and about how many of them are taken."""


@dataclass(frozen=True, slots=True)
class PageScale:
    """The usual writing of a page.

    Attributes
    ----------
    digit_height_px : height of its digits; 0 on a blank page
    stroke_width_px : width of its pen
    slope : px that its lines fall per px to the right
    """

    digit_height_px: float = 0.0
    stroke_width_px: float = 0.0
    slope: float = 0.0


def measure_side(shape: tuple[int, ...]) -> int:
    """Return the long side in px of a page of a shape (H, W, ...), by which its digits are large or small.

    A strip, such as a panorama or a receipt, counts as long as a page of its short side would be.
    """
    return min(max(shape[:2]), _LONGEST * min(shape[:2]))


def measure_digit_height(boxes: Sequence[Box], weights: ArrayLike | None = None) -> float:
    """Return the usual height in px of the digits among boxes of ink, at least one: a weighted median.

    Parameters
    ----------
    boxes : of components, or of digits that were read
    weights : (N,), how much each counts; the root of its box's area where None, so that bars and dashes count for
        little. Ink that may be dust is weighted by its own area, digits that were read by how sure they are.
    """
    if weights is None:
        weights = np.sqrt([float(box.width * box.height) for box in boxes])
    return weighted_median([box.height for box in boxes], weights)


def fit_middle(boxes: Sequence[Box]) -> tuple[float, float]:
    """Return slope (px down per px right) of the middle of a line's boxes, and the page y at which it meets x = 0.

    The slope is the median of those between two boxes (Theil & Sen, doi 10.1080/01621459.1968.10480934), so that walls
    and remains at the ends of a line do not bend it; it is 0 where there are too few. Short boxes do not count.
    """
    height = measure_digit_height(boxes)
    tall = [box for box in boxes if 2 * box.height >= height] or list(boxes)
    centers = np.array([box.center for box in tall])
    some = centers[:: 1 + len(centers) // _MOST_MEASURED]
    across, down = (some[None] - some[:, None]).transpose(2, 0, 1)
    apart = across > height
    slope = median(down[apart] / across[apart]) if len(tall) >= _LEAST_MEASURED and apart.any() else 0.0
    return slope, measure_level(tall, slope)


def measure_level(boxes: Sequence[Box], slope: float) -> float:
    """Return the page y at x = 0 of a line of this slope through the middle of boxes; large ones count for more."""
    levels = [box.center[1] - slope * box.center[0] for box in boxes]
    return weighted_median(levels, np.sqrt([float(box.height * box.width) for box in boxes]))


def resize_area(gray: NDArray[np.uint8], size_px: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a picture uint8 (H, W) reduced to (width, height) px, each the mean of what it covers.

    Halving is exact and fast; what is left, by 2 to 4, is then a fraction of the work.
    """
    while all(side % 2 == 0 and side >= 4 * least for side, least in zip(gray.shape[::-1], size_px, strict=True)):
        gray = cv2.resize(gray, (gray.shape[1] // 2, gray.shape[0] // 2), interpolation=cv2.INTER_AREA)
    if gray.shape[::-1] != size_px:
        gray = cv2.resize(gray, size_px, interpolation=cv2.INTER_AREA)
    return gray


def crop_reduced(reduced: NDArray[np.uint8], sides: Sequence[float], page_shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return the part of a page's reduced picture between sides on the page, at least one pixel of it.

    Parameters
    ----------
    reduced : uint8 (h, w); its two scales differ a little, as sides are rounded, and much where the page is thin
    sides : left, top, right, bottom in px of the page, which may lie outside of it
    page_shape : (H, W) of the page, px
    """
    height, width = reduced.shape[:2]
    across, down = width / page_shape[1], height / page_shape[0]
    left, right = (min(max(0, int(x * across)), width - 1) for x in (sides[0], sides[2]))
    top, bottom = (min(max(0, int(y * down)), height - 1) for y in (sides[1], sides[3]))
    return reduced[top : bottom + 1, left : right + 1]
