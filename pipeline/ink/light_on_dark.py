"""Bright writing on dark regions, such as stamps, keys and label tape: turned into dark writing on bare paper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box
from pipeline.ink.labels import label_ink, measure_stroke_width
from pipeline.robust_stats import median
from pipeline.settings.ink import LightOnDarkSettings
from pipeline.types import PAPER_LEVEL, InkMask

_MOST = 60
"""The largest so many components are looked at."""

_LEAST_HULL = 0.88
"""A region fills its upright or slanted rectangle, corners rounded; a bold digit leaves them bare."""

_RIM_FRAC = 0.06
"""Of a region's shorter side, how wide its rim is."""

_LEAST_ALIKE = 0.8
"""What is about as high as a region is one even where its writing is solid or runs into the rim."""

_LEAST_RIM = 0.5
"""Of its rim, how much of such a region is dark."""


@dataclass(frozen=True, slots=True, eq=False)
class _Region:
    """A component that may be a region.

    Attributes
    ----------
    box : where it lies
    height_px : of the region itself, which may be slanted
    whole, inside : all of it, and all but its rim: uint8 (h, w)
    is_sure : whether it shows writing
    """

    box: Box
    height_px: float
    whole: NDArray[np.uint8]
    inside: NDArray[np.uint8]
    is_sure: bool


def invert_light_on_dark(
    mask: InkMask, darkness: NDArray[np.uint8], settings: LightOnDarkSettings
) -> tuple[InkMask, NDArray[np.uint8]]:
    """Return the ink and the darkness of a page with the writing on its regions dark, and the regions gone.

    A region is a patch of ink, rectangular, with a dark rim all around; what is bright on it, tall, of strokes no
    broader than the dark between them, and not solid itself, is writing. Where there is none, the same objects return.

    Parameters
    ----------
    mask : the ink, (H, W)
    darkness : uint8 (H, W), PAPER_LEVEL paper .. 255 black
    settings : how high a region is at the least, how solid
    """
    found = list(_find_regions(mask.ink, settings)) if settings.is_enabled else []
    heights = [region.height_px for region in found if region.is_sure]
    if not heights:
        return mask, darkness
    ink, dark = mask.ink.copy(), darkness.copy()
    for region in found:
        alike = [min(region.height_px, height) / max(region.height_px, height) for height in heights]
        if region.is_sure or max(alike) >= _LEAST_ALIKE:
            _invert(region, ink, dark)
    return InkMask(ink), dark


def _find_regions(ink: NDArray[np.uint8], settings: LightOnDarkSettings) -> Iterator[_Region]:
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
        region = _examine(own, ink[box.slices], box, settings)
        if region is not None:
            yield region


def _examine(own: NDArray[np.uint8], ink: NDArray[np.uint8], box: Box, settings: LightOnDarkSettings) -> _Region | None:
    """Return a component, its own and all in its box, uint8 (h, w), as a region; None where it is none."""
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
    return _Region(box, height_px, whole, inside, is_sure)


def _find_hull(ink: NDArray[np.uint8]) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Return the corners of the convex hull of some ink, uint8 (h, w), and the hull filled with 255."""
    corners = cv2.convexHull(cv2.findNonZero(ink))
    return corners, cv2.fillConvexPoly(np.zeros_like(ink), corners, 255)


def _measure_share(ink: NDArray[np.uint8], region: NDArray[np.uint8]) -> float:
    return cv2.countNonZero(cv2.bitwise_and(ink, region)) / max(1, cv2.countNonZero(region))


def _list_written(bright: NDArray[np.uint8], height_px: float, settings: LightOnDarkSettings) -> Iterator[bool]:
    """Yield of each bright component on a region whether it is writing: tall, and no solid patch."""
    labels, stats = label_ink(bright)
    for label in range(1, len(stats)):
        if stats[label, cv2.CC_STAT_HEIGHT] >= settings.least_height_frac * height_px:
            _, hull = _find_hull((labels == label).astype(np.uint8))
            yield bool(stats[label, cv2.CC_STAT_AREA] <= settings.most_solid * cv2.countNonZero(hull))


def _invert(region: _Region, ink: NDArray[np.uint8], darkness: NDArray[np.uint8]) -> None:
    """Turn the region's inside over, and take away what is left of it and its soft edge, in place."""
    box = Box(region.box.left - 1, region.box.top - 1, region.box.right + 1, region.box.bottom + 1)
    whole, inside = (
        cv2.copyMakeBorder(part, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0) for part in (region.whole, region.inside)
    )
    own, level = ink[box.slices], darkness[box.slices]
    full = int(median(level[(whole > 0) & (own > 0)]))
    turned = np.clip(full + PAPER_LEVEL - level.astype(np.int16), PAPER_LEVEL, 255)
    own[:] = np.where(inside > 0, 255 - own, np.where(whole > 0, 0, own))
    edge = cv2.dilate(whole, np.ones((3, 3), np.uint8))
    level[:] = np.where(inside > 0, turned, np.where(edge > 0, PAPER_LEVEL, level))
