"""Connected components of the ink: measured, and those that cannot be part of a digit dropped."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box
from pipeline.ink.labels import label_ink, measure_stroke_width
from pipeline.page_scale import measure_digit_height
from pipeline.robust_stats import weighted_median
from pipeline.settings.ink import ComponentSettings
from pipeline.types import PAPER_LEVEL, Component, InkMask

_SEVERAL = 2
"""Things side by side; a digit may have room for one."""


def find_components(mask: InkMask, darkness: NDArray[np.uint8], settings: ComponentSettings) -> tuple[Component, ...]:
    """Return the connected ink that may be a digit or part of one, in no particular order.

    Dropped are specks, solid blots, thin frames around other ink, what lies along the rim (the edge of the sheet, the
    desk, a binding) and what is much paler than the page's ink.

    Parameters
    ----------
    mask : the ink, (H, W)
    darkness : uint8 (H, W), PAPER_LEVEL paper .. 255 black; gives each component its contrast
    settings : limits of size and shape
    """
    labels, stats = label_ink(mask.ink)
    kept = 1 + np.flatnonzero(_fits_page(stats[1:], mask.ink.shape, settings))  # label 0 is the paper
    lengths = stats[kept][:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)  # by area, each 1 would go first
    kept = kept[np.argsort(-lengths, kind="stable")][: settings.most_components]
    found = [_measure(labels, darkness, stats[label], int(label)) for label in kept]
    if not settings.is_enabled:
        return tuple(found)
    sides = np.array([(*c.box.as_list(), c.stroke_width_px) for c in found], np.float64).reshape(-1, 5)
    inked = [c for c in found if not _is_blot(c, settings)]
    if settings.is_frame_dropped:
        inked = [c for c in inked if not _is_frame(c, sides, settings)]
    return _drop_pale(_drop_specks(_drop_dashes(inked, settings), settings), settings)


def _fits_page(stats: NDArray[np.int32], shape: tuple[int, ...], settings: ComponentSettings) -> NDArray[np.bool_]:
    """Return which rows of connected-component statistics may be ink of a digit by size and place, bool (N,)."""
    left, top, width, height = (stats[:, i].astype(np.int64) for i in range(4))
    page_height, page_width = shape[:2]
    is_large = np.maximum(width, height) >= settings.least_side_px
    if not settings.is_enabled:
        return is_large
    beside = (left <= 1) | (left + width >= page_width - 1)
    below = (top <= 1) | (top + height >= page_height - 1)
    along_side = beside & (height > settings.rim_frac * page_height) & (width < settings.rim_depth_frac * height)
    along_top = below & (width > settings.rim_frac * page_width) & (height < settings.rim_depth_frac * width)
    is_rim = beside | below if settings.is_rim_dropped else along_side | along_top
    return is_large & (height <= settings.tallest_frac * page_height) & ~is_rim


def _is_frame(component: Component, others: NDArray[np.float64], settings: ComponentSettings) -> bool:
    """Return whether the component surrounds others: a drawn frame, a sheet's edge, a binding, the shadow of a card.

    It holds something tall, or several things; a 0 may hold a speck. Unless it is thin, they are several tall ones, or
    written with a pen much finer than itself.

    `others` are the boxes of all components and their stroke widths, float64 (N, 5).
    """
    box = component.box
    left, top, right, bottom, stroke = others.T
    inside = (left > box.left) & (top > box.top) & (right < box.right) & (bottom < box.bottom)
    is_tall = inside & (bottom - top >= settings.framed_height_frac * box.height)
    if np.count_nonzero(is_tall) >= _SEVERAL:
        return True
    if component.area_px > settings.frame_fill_frac * box.width * box.height:
        inside &= component.stroke_width_px >= settings.frame_stroke_ratio * stroke
    heights = np.sort((bottom - top)[inside])[::-1] / box.height
    return bool(
        np.any(heights[:1] >= settings.framed_height_frac) or np.any(heights[1:2] >= settings.framed_height_frac / 3)
    )


def _is_blot(component: Component, settings: ComponentSettings) -> bool:
    """Return whether the component is a solid patch: its stroke as wide as the patch itself, and no upright bar."""
    box = component.box
    return component.stroke_width_px > settings.blot_frac * max(box.width, box.height)


def _measure(labels: NDArray[Any], darkness: NDArray[np.uint8], row: NDArray[np.int32], label: int) -> Component:
    left, top, width, height, area = (int(n) for n in row)
    box = Box(left, top, left + width, top + height)
    ink = (labels[box.slices] == label).astype(np.uint8) * 255  # cv2.compare takes 1x1 and 4x1 for scalars
    contrast = (cv2.mean(darkness[box.slices], mask=ink)[0] - PAPER_LEVEL) / (255 - PAPER_LEVEL)
    return Component(box, ink, area, measure_stroke_width(ink), contrast)


def _drop_dashes(components: list[Component], settings: ComponentSettings) -> list[Component]:
    """Return the components without level dashes longer than a digit is tall: remains of rulings, underlines.

    A shorter dash may be the bar of a 5 or a 7. The height of digits is taken from what is no dash.
    """
    is_dash = [c.box.width >= settings.dash_slenderness * c.box.height for c in components]
    others = [c for c, dash in zip(components, is_dash, strict=True) if not dash]
    if not others:
        return components
    height = measure_digit_height([c.box for c in others], [c.area_px for c in others])
    return [c for c, dash in zip(components, is_dash, strict=True) if not (dash and c.box.width > height)]


def _drop_specks(components: list[Component], settings: ComponentSettings) -> list[Component]:
    """Return the components without those much smaller than the page's ink: dust, grain, crumbs of rulings."""
    if not components:
        return []
    usual_px = measure_digit_height([c.box for c in components], [c.area_px for c in components])
    least = settings.speck_frac * usual_px
    return [c for c in components if max(c.box.width, c.box.height) >= least]


def _drop_pale(components: list[Component], settings: ComponentSettings) -> tuple[Component, ...]:
    """Return the components without those much paler than the page's ink: grain, show-through, JPEG noise."""
    if not components:
        return ()
    middle = weighted_median([c.contrast for c in components], [c.area_px for c in components])
    return tuple(c for c in components if c.contrast >= settings.pale_frac * middle)
