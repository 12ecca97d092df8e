"""Bright writing on dark plates, such as stamps, keys and label tape: turned into dark writing on bare paper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box
from pipeline.ink.labels import label_ink, measure_stroke_width
from pipeline.robust_stats import median
from pipeline.settings.ink import PlateSettings
from pipeline.types import PAPER_LEVEL, InkMask

_MOST = 60
"""The largest so many pieces of ink are looked at."""

_LEAST_HULL = 0.88
"""A plate fills its upright or slanted rectangle, corners rounded; a bold digit leaves them bare."""

_RIM_FRAC = 0.06
"""Of a plate's shorter side, how wide its rim is."""

_LEAST_ALIKE = 0.8
"""What is about as high as a plate is one even where its writing is solid or runs into the rim."""

_LEAST_RIM = 0.5
"""Of its rim, how much of such a plate is dark."""


@dataclass(frozen=True, slots=True, eq=False)
class _Plate:
    """A piece of ink that may be a plate.

    Attributes
    ----------
    box : where it lies
    height_px : of the plate itself, which may be slanted
    whole, inside : all of it, and all but its rim: uint8 (h, w)
    is_sure : whether it shows writing
    """

    box: Box
    height_px: float
    whole: NDArray[np.uint8]
    inside: NDArray[np.uint8]
    is_sure: bool


def turn_plates(
    mask: InkMask, darkness: NDArray[np.uint8], settings: PlateSettings
) -> tuple[InkMask, NDArray[np.uint8]]:
    """Return the ink and the darkness of a page with the writing on its plates dark, and the plates gone.

    A plate is a patch of ink, rectangular, with a dark rim all around; what is bright on it, tall, of strokes no
    broader than the dark between them, and not solid itself, is writing. Where there is none, the same objects return.

    Parameters
    ----------
    mask : the ink, (H, W)
    darkness : uint8 (H, W), PAPER_LEVEL paper .. 255 black
    settings : how high a plate is at the least, how solid
    """
    found = list(_find_plates(mask.ink, settings))
    heights = [plate.height_px for plate in found if plate.is_sure]
    if not heights:
        return mask, darkness
    ink, dark = mask.ink.copy(), darkness.copy()
    for plate in found:
        alike = [min(plate.height_px, height) / max(plate.height_px, height) for height in heights]
        if plate.is_sure or max(alike) >= _LEAST_ALIKE:
            _turn(plate, ink, dark)
    return InkMask(ink), dark


def _find_plates(ink: NDArray[np.uint8], settings: PlateSettings) -> Iterator[_Plate]:
    labels, stats = label_ink(ink)
    left, top, width, height, area = stats[1:].T.astype(np.int64)
    page_height, page_width = ink.shape
    fill = area / (width * height)
    fits = (np.minimum(width, height) >= settings.least_side_px) & (fill >= settings.least_fill / 2)
    fits &= (left > 0) & (top > 0) & (left + width < page_width) & (top + height < page_height)
    kept = 1 + np.flatnonzero(fits)
    for label in kept[np.argsort(-stats[kept, cv2.CC_STAT_AREA], kind="stable")][:_MOST]:
        x, y, w, h = (int(n) for n in stats[label, :4])
        box = Box(x, y, x + w, y + h)
        own = np.where(labels[box.slices] == label, np.uint8(255), np.uint8(0))
        plate = _examine(own, ink[box.slices], box, settings)
        if plate is not None:
            yield plate


def _examine(own: NDArray[np.uint8], ink: NDArray[np.uint8], box: Box, settings: PlateSettings) -> _Plate | None:
    """Return a piece of ink, its own and all in its box, uint8 (h, w), as a plate; None where it is none."""
    corners, whole = _find_hull(own)
    sides = np.abs(np.diff(cv2.boxPoints(cv2.minAreaRect(corners))[:3], axis=0))  # two of them, px (x, y)
    lengths = np.hypot(*sides.T)
    height_px = float(lengths[np.argmax(sides[:, 1] - sides[:, 0])])
    if cv2.contourArea(corners) < _LEAST_HULL * lengths.prod():
        return None
    n_rim = max(1, round(_RIM_FRAC * min(own.shape)))
    padded = cv2.copyMakeBorder(whole, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    inside = cv2.erode(padded, np.ones((3, 3), np.uint8), iterations=n_rim)[1:-1, 1:-1]
    rim = cv2.bitwise_and(whole, cv2.bitwise_not(inside))
    dark_rim = _measure_share(own, rim)
    if dark_rim < min(_LEAST_RIM, settings.least_rim) or _measure_share(own, whole) < settings.least_fill:
        return None
    bright = cv2.bitwise_and(inside, cv2.bitwise_not(ink))
    is_broad = measure_stroke_width(own) >= settings.stroke_ratio * measure_stroke_width(bright)
    is_sure = is_broad and dark_rim >= settings.least_rim and any(_list_written(bright, height_px, settings))
    return _Plate(box, height_px, whole, inside, is_sure)


def _find_hull(ink: NDArray[np.uint8]) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Return the corners of the convex hull of some ink, uint8 (h, w), and the hull filled with 255."""
    corners = cv2.convexHull(cv2.findNonZero(ink))
    return corners, cv2.fillConvexPoly(np.zeros_like(ink), corners, 255)


def _measure_share(ink: NDArray[np.uint8], region: NDArray[np.uint8]) -> float:
    return cv2.countNonZero(cv2.bitwise_and(ink, region)) / max(1, cv2.countNonZero(region))


def _list_written(bright: NDArray[np.uint8], height_px: float, settings: PlateSettings) -> Iterator[bool]:
    """Yield of each piece of what is bright on a plate whether it is writing: tall, and no solid patch."""
    labels, stats = label_ink(bright)
    for label in range(1, len(stats)):
        if stats[label, cv2.CC_STAT_HEIGHT] >= settings.least_height_frac * height_px:
            _, hull = _find_hull((labels == label).astype(np.uint8))
            yield bool(stats[label, cv2.CC_STAT_AREA] <= settings.most_solid * cv2.countNonZero(hull))


def _turn(plate: _Plate, ink: NDArray[np.uint8], darkness: NDArray[np.uint8]) -> None:
    """Turn the plate's inside over, and take away what is left of it and its soft edge, in place."""
    box = Box(plate.box.left - 1, plate.box.top - 1, plate.box.right + 1, plate.box.bottom + 1)
    whole, inside = (
        cv2.copyMakeBorder(part, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0) for part in (plate.whole, plate.inside)
    )
    own, level = ink[box.slices], darkness[box.slices]
    full = int(median(level[(whole > 0) & (own > 0)]))
    turned = np.clip(full + PAPER_LEVEL - level.astype(np.int16), PAPER_LEVEL, 255)
    own[:] = np.where(inside > 0, 255 - own, np.where(whole > 0, 0, own))
    edge = cv2.dilate(whole, np.ones((3, 3), np.uint8))
    level[:] = np.where(inside > 0, turned, np.where(edge > 0, PAPER_LEVEL, level))
