"""Connected components of the ink: measured, and those that cannot be part of a digit dropped."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.settings import ComponentSettings
from pipeline.types import Box, Component, InkMask


def find_components(
    mask: InkMask, darkness: NDArray[np.uint8], settings: ComponentSettings
) -> tuple[Component, ...]:
    """Return the pieces of ink that may be a digit or part of one, in no particular order.

    Dropped are specks, hair lines much longer than a digit is wide, what fills its box like a blot, what spans most of
    the page, and what lies along the rim (the edge of the sheet, the desk, a binding).

    Parameters
    ----------
    mask : the ink, (H, W)
    darkness : uint8 (H, W), 0 paper .. 255 black; gives each component its contrast
    settings : limits of size and shape
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.ink, connectivity=8, ltype=cv2.CV_32S)
    kept = np.flatnonzero(_is_plausible(stats, mask.ink.shape, settings))
    kept = kept[np.argsort(-stats[kept, cv2.CC_STAT_AREA], kind="stable")][: settings.most_components]
    found = [_measure(labels, darkness, stats[label], int(label)) for label in kept if label != 0]
    return _drop_pale([c for c in found if not _is_blot(c, settings)], settings)


def measure_stroke_width(ink: NDArray[np.uint8]) -> float:
    """Return the mean width in px of the pen stroke in `ink`, uint8 (h, w), from its distance transform.

    Across a stroke w px wide the distance to paper averages (w + 2) / 4; a page without ink measures 0.
    """
    padded = cv2.copyMakeBorder(ink, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, 3)
    inked = cv2.countNonZero(ink)
    return max(1.0, 4 * float(distance.sum()) / inked - 2) if inked else 0.0


def _is_plausible(stats: NDArray[np.int32], shape: tuple[int, ...], settings: ComponentSettings) -> NDArray[np.bool_]:
    """Return which rows of connected-component statistics may be ink of a digit, bool (N,)."""
    left, top, width, height = (stats[:, i].astype(np.int64) for i in range(4))
    page_height, page_width = shape[:2]
    longest = np.maximum(width, height)
    rim = (left <= 1) | (top <= 1) | (left + width >= page_width - 1) | (top + height >= page_height - 1)
    ok = longest >= settings.least_side_px
    ok &= width <= settings.longest_frac * page_width
    ok &= ~((height > settings.longest_frac * page_height) & (width > settings.longest_frac * page_width))
    return ok & ~(rim & (longest > settings.rim_frac * max(page_height, page_width)))


def _is_blot(component: Component, settings: ComponentSettings) -> bool:
    """Return whether the component is a solid patch: its stroke as wide as the patch itself, and no upright bar."""
    box = component.box
    return component.stroke_width_px > settings.blot_frac * max(box.width, box.height)


def _measure(labels: NDArray[np.int32], darkness: NDArray[np.uint8], row: NDArray[np.int32], label: int) -> Component:
    left, top, width, height, area = (int(n) for n in row)
    box = Box(left, top, left + width, top + height)
    ink = cv2.compare(labels[box.slices], float(label), cv2.CMP_EQ)
    contrast = cv2.mean(darkness[box.slices], mask=ink)[0] / 255
    return Component(box, ink, area, measure_stroke_width(ink), contrast)


def _drop_pale(components: list[Component], settings: ComponentSettings) -> tuple[Component, ...]:
    """Return the components without those much paler than the page's ink: grain, show-through, JPEG noise."""
    if not components:
        return ()
    weights = np.array([c.area_px for c in components], float)
    contrasts = np.array([c.contrast for c in components])
    order = np.argsort(contrasts)
    middle = contrasts[order][np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)]
    return tuple(c for c in components if c.contrast >= settings.pale_frac * middle)
