"""Threshold the evened-out page into an InkMask."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.page_scale import measure_side
from pipeline.robust_stats import quantiles
from pipeline.settings.ink import BinarizeSettings
from pipeline.types import PAPER_LEVEL, InkMask


def binarize(darkness: NDArray[np.uint8], settings: BinarizeSettings) -> InkMask:
    """Return the ink of an evened-out page.

    A pixel is ink when it is darker than the grain of the paper and at least a fraction as dark as the darkest ink
    near it. The second rule puts the edge of every stroke at the same share of its own darkness, so that pencil and
    marker on one page both keep their width, and drops what is pale beside a dark stroke (halos, grid lines).

    Parameters
    ----------
    darkness : uint8 (H, W), PAPER_LEVEL paper .. 255 black, from `flatten_light`
    settings : the two fractions, the window, and the least contrast
    """
    smooth = cv2.GaussianBlur(darkness, (3, 3), 0)
    edge = PAPER_LEVEL + (_find_peaks(smooth, settings) - PAPER_LEVEL) * settings.peak_frac
    levels = (np.clip(grid, 0, 254).astype(np.uint8) for grid in (measure_grain(smooth, settings), edge))
    floor, edge = (cv2.resize(grid, smooth.shape[::-1], interpolation=cv2.INTER_LINEAR) for grid in levels)
    return InkMask(cv2.compare(smooth, cv2.max(floor, edge), cv2.CMP_GT))


def measure_grain(darkness: NDArray[np.uint8], settings: BinarizeSettings) -> NDArray[np.float32]:
    """Return, per tile, the darkness (0..255) that its bare paper hardly ever reaches: float32 (rows, cols).

    It is the tile's median plus a multiple of its spread, which is taken from below the median, where no ink can
    widen it. Per tile, because a creased corner or a wooden desk has more grain than the sheet beside it; a tile that
    differs from all around it is ink, and takes their grain (an opening over tiles).
    """
    side = max(settings.least_tile_px, round(measure_side(darkness.shape) / settings.grain_tiles))
    step = max(1, side // 24)
    sampled = darkness[::step, ::step]
    rows, cols = (max(1, n * step // side) for n in sampled.shape)
    height, width = sampled.shape[0] // rows, sampled.shape[1] // cols
    parted = sampled[: rows * height, : cols * width].reshape(rows, height, cols, width)
    tiles = parted.transpose(0, 2, 1, 3).reshape(rows, cols, height * width)
    quarter, middle = quantiles(tiles, (0.25, 0.5))
    span = 255 - PAPER_LEVEL
    least, most = settings.least_contrast_frac * span, settings.most_contrast_frac * span
    floor = middle + np.clip(settings.grain_sigmas * (middle - quarter) / 0.6745, least, max(least, most))
    floor = np.minimum(floor, 254).astype(np.float32)
    opened: NDArray[np.float32] = cv2.morphologyEx(floor, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return opened


def _find_peaks(darkness: NDArray[np.uint8], settings: BinarizeSettings) -> NDArray[np.float32]:
    """Return the darkest value in the window around each point of a coarse grid, float32 (h, w)."""
    step = max(1, round(measure_side(darkness.shape) * settings.window_frac / 4))
    peak = cv2.dilate(darkness, np.ones((step, step), np.uint8))[step // 2 :: step, step // 2 :: step]
    if peak.size == 0:
        peak = darkness.max(keepdims=True)
    widest: NDArray[np.float32] = cv2.dilate(peak, np.ones((5, 5), np.uint8)).astype(np.float32)
    return widest
