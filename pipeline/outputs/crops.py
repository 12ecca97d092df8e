"""Where a number is in a picture: the crop of its box, with some paper around it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box


def crop_number(
    bgr: NDArray[np.uint8], box: Box, to_source: NDArray[np.float64] | None, margin_frac: float, least_margin_px: int
) -> NDArray[np.uint8]:
    """Return the crop of a number, a view of `bgr`, at least one px a side.

    Parameters
    ----------
    bgr : uint8 (H, W, 3), upright
    box : of the number
    to_source : float64 (3, 3), px of `bgr` -> px of the box (pixel centers); the same px where None
    margin_frac : of the number's height, left around it
    least_margin_px : of `bgr`, left around it in any case
    """
    from_source = np.eye(3) if to_source is None else np.linalg.inv(to_source)
    corners = np.array([[box.left, box.right], [box.top, box.bottom], [1.5, 1.5]]) - 0.5  # edges -> pixel centers
    (x0, x1), (y0, y1) = np.sort((from_source @ corners)[:2] + 0.5, axis=1)
    margin = max(least_margin_px, margin_frac * (y1 - y0))
    left, right = _keep_inside(x0 - margin, x1 + margin, bgr.shape[1])
    top, bottom = _keep_inside(y0 - margin, y1 + margin, bgr.shape[0])
    return bgr[top:bottom, left:right]


def _keep_inside(low: float, high: float, size: int) -> tuple[int, int]:
    """Return the range in whole px, clipped to 0..size, at least one px long."""
    start = min(max(0, int(np.floor(low))), size - 1)
    return start, min(max(start + 1, int(np.ceil(high))), size)
