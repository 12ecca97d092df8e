"""The outlines that a sheet may have in a picture: where features fail, its corners are laid on the blank's."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_SMALL_PX = 500
_LEAST_FRAC = 0.15
"""Of the picture that a sheet fills."""

_STRAIGHT_FRAC = 0.03
"""How far a side may stray from straight, of the outline's length."""


def list_outlines(gray: NDArray[np.uint8]) -> list[NDArray[np.float64]]:
    """Return outlines, float64 (4, 2) clockwise px: that of the bright sheet in a picture, if any; that of the picture.

    Parameters
    ----------
    gray : uint8 (H, W)
    """
    height, width = gray.shape
    whole = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64) - 0.5
    scale = min(1.0, _SMALL_PX / max(gray.shape))
    small = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    closed = cv2.morphologyEx(cv2.GaussianBlur(small, (0, 0), 2), cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    _, bright = cv2.threshold(closed, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    contours, _ = cv2.findContours(bright, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    largest = max(contours, key=cv2.contourArea, default=None)
    if largest is None or cv2.contourArea(largest) < _LEAST_FRAC * bright.size:
        return [whole]
    hull = cv2.convexHull(largest)
    corners = cv2.approxPolyDP(hull, _STRAIGHT_FRAC * cv2.arcLength(hull, True), True).reshape(-1, 2)
    if len(corners) != 4:
        corners = cv2.boxPoints(cv2.minAreaRect(hull))
    return [_order((corners + 0.5) / scale - 0.5), whole]


def _order(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return four corners clockwise as seen, y down, the one nearest to the upper left first."""
    middle = corners.mean(axis=0)
    angles = np.arctan2(corners[:, 1] - middle[1], corners[:, 0] - middle[0])
    ordered = corners[np.argsort(angles)]
    return np.roll(ordered, -int(ordered.sum(axis=1).argmin()), axis=0)
