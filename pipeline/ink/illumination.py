"""Even out the light: paper background estimate, shadow removal, polarity (dark on light or light on dark)."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.page_scale import measure_side, resize_area
from pipeline.settings.ink import IlluminationSettings
from pipeline.types import PAPER_LEVEL, Page

_FROM_START = 2
"""Setting `inverse` that takes black for white from the start."""

_STROKE_HEIGHTS, _PAPER_HEIGHTS = 0.5, 3.0
"""Windows of strokes and of the paper around them, in digit heights."""


def shrink(gray: NDArray[np.uint8], settings: IlluminationSettings) -> NDArray[np.uint8]:
    """Return the picture, uint8 (h, w), its long side (`measure_side`) `background_side_px` at most."""
    scale = settings.background_side_px / measure_side(gray.shape)
    if scale >= 1:
        return gray
    height, width = (max(1, round(n * scale)) for n in gray.shape)
    return resize_area(gray, (width, height))


def measure_polarity(gray: NDArray[np.uint8], settings: IlluminationSettings) -> bool:
    """Return True where the ink is darker than the paper, False for chalk on a board and the like.

    Ink is whichever has more energy, what is thin and dark or what is thin and bright: wide things (desk, window,
    shadow) count for neither. Bright ink is rare and shows little that is dark beside it, while the bright edges of a
    small label stand around dark ink: bright ink must have several times the energy.

    Parameters
    ----------
    gray : uint8 (H, W), shrunk or not
    settings : side of the reduced picture that is looked at, the two windows, and how much more is asked of bright ink
    """
    small = shrink(gray, settings)
    side = min(small.shape)
    dark, bright = _measure_thin(small, side * settings.stroke_window_frac, side * settings.background_window_frac)
    return float(dark.sum()) * settings.least_bright_ratio >= float(bright.sum())


def measure_polarity_of_digits(
    gray: NDArray[np.uint8], area: NDArray[np.float32], digit_height_px: float, settings: IlluminationSettings
) -> bool:
    """Return `measure_polarity` of what is known to be digits, the windows being of their size.

    Parameters
    ----------
    gray : uint8 (H, W)
    area : float32 (h, w) over the whole picture, 0..1, how sure it is that a digit is there
    digit_height_px : of the picture, over 0
    settings : as for `measure_polarity`
    """
    small = shrink(gray, settings)
    height = digit_height_px * len(small) / len(gray)
    where = cv2.resize(area, small.shape[::-1], interpolation=cv2.INTER_LINEAR)
    thin = _measure_thin(small, _STROKE_HEIGHTS * height, min(_PAPER_HEIGHTS * height, min(small.shape)))
    dark, bright = (float((energy * where).sum()) for energy in thin)
    return dark * settings.least_bright_ratio >= bright


def _measure_thin(
    gray: NDArray[np.uint8], stroke_px: float, paper_px: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the energy of what is thin and dark, and of what is thin and bright, each float32 (H, W).

    A pen stroke is thin and stands out from the paper, which is the median of a window of `paper_px`. What is both
    darker than that median and filled by a closing of `stroke_px` is thin and dark; what is both brighter and removed
    by such an opening is thin and bright. So the white inside a loop is no brighter than the paper.
    """
    window, paper = np.ones((_odd(stroke_px),) * 2, np.uint8), _wide_median(gray, _odd(paper_px))
    dark = np.minimum(cv2.morphologyEx(gray, cv2.MORPH_BLACKHAT, window), cv2.subtract(paper, gray))
    bright = np.minimum(cv2.morphologyEx(gray, cv2.MORPH_TOPHAT, window), cv2.subtract(gray, paper))
    return dark.astype(np.float32) ** 2, bright.astype(np.float32) ** 2


def darken_ink(page: Page, settings: IlluminationSettings) -> Page:
    """Return the page with its ink darker than its paper: inverted where it is brighter.

    With `settings.inverse` of 2, what seems to be the paper is taken for the ink.
    """
    return page if measure_polarity(page.gray, settings) == (settings.inverse < _FROM_START) else invert(page)


def invert(page: Page) -> Page:
    """Return the page with black for white."""
    return replace(page, gray=cv2.bitwise_not(page.gray))


def flatten_light(gray: NDArray[np.uint8], paper: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the darkness of each pixel relative to the paper around it: uint8 (H, W), PAPER_LEVEL paper .. 255 black.

    Dividing by the paper (rather than subtracting) makes the same pen equally dark in shadow and in light.

    Parameters
    ----------
    gray : uint8 (H, W), ink darker than paper
    paper : uint8 (h, w), brightness of the bare paper, reduced, from `estimate_paper`
    """
    full = cv2.resize(paper, gray.shape[::-1], interpolation=cv2.INTER_LINEAR)
    darkness: NDArray[np.uint8] = cv2.bitwise_not(cv2.divide(gray, full, scale=255 - PAPER_LEVEL))
    return darkness


def estimate_paper(gray: NDArray[np.uint8], settings: IlluminationSettings) -> NDArray[np.uint8]:
    """Return the brightness of the bare paper, uint8 (h, w), reduced to at most `background_side_px` on the long side.

    It is a gray closing of the reduced picture: whatever is dark and narrower than the closing is ink, whatever is dark
    and wider is shadow, desk or border. The border is replicated outward before the closing, so that a corner darkened
    by the lens counts as shadow.
    """
    small = shrink(gray, settings)
    side = _odd(min(small.shape) * settings.background_window_frac)
    padded = cv2.copyMakeBorder(small, side, side, side, side, cv2.BORDER_REPLICATE)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    smooth = cv2.blur(closed, (_odd(side / 4), _odd(side / 4)))[side:-side, side:-side]
    paper: NDArray[np.uint8] = np.maximum(smooth, 1)
    return paper


def _odd(size: float) -> int:
    return max(3, int(size) | 1)


def _wide_median(gray: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """Return the median of a window around each pixel, taken on the halved picture: a quarter of the work."""
    half = cv2.resize(gray, [max(1, n // 2) for n in gray.shape[::-1]], interpolation=cv2.INTER_AREA)
    width = _odd(width / 2)
    padded = cv2.copyMakeBorder(half, width, width, width, width, cv2.BORDER_REPLICATE)
    median = cv2.medianBlur(padded, width)[width:-width, width:-width]
    enlarged: NDArray[np.uint8] = cv2.resize(median, gray.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return enlarged
