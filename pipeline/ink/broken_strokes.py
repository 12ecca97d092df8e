"""Parts of one broken digit: found where one stands close above the other, and joined."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box
from pipeline.ink.labels import measure_stroke_width
from pipeline.page_scale import measure_digit_height
from pipeline.settings.ink import BrokenStrokeSettings
from pipeline.types import Component


def join_broken_strokes(components: Sequence[Component], settings: BrokenStrokeSettings) -> tuple[Component, ...]:
    """Return the components, those joined that stand close above one another and are together no taller than a digit.

    A pale pen, a ruling taken out or a glare cuts a digit across; the digits of two rows are taller together. Parts
    side by side are left to the lattice, where the network tells whether they are one digit.

    Parameters
    ----------
    components : of a page, in any order
    settings : how close, and how tall together
    """
    if not settings.is_enabled or len(components) < 2:
        return tuple(components)
    height = measure_digit_height([c.box for c in components], [c.area_px for c in components])
    joined = list(components)
    while pairs := _find_pairs(joined, height, settings):
        for low, high in pairs:
            joined[low] = _join(joined[low], joined[high])
        taken = {high for _, high in pairs}
        joined = [component for n, component in enumerate(joined) if n not in taken]
    return tuple(joined)


def overlay(parts: Sequence[Component]) -> tuple[Box, NDArray[np.uint8], float]:
    """Return the box, the ink (uint8, of that box) and the mean contrast of components laid over one another."""
    box = Box.around([part.box for part in parts])
    ink = np.zeros((box.height, box.width), np.uint8)
    for part in parts:
        top, left = part.box.top - box.top, part.box.left - box.left
        view = ink[top : top + part.box.height, left : left + part.box.width]
        np.maximum(view, part.mask, out=view)
    return box, ink, sum(p.contrast * p.area_px for p in parts) / sum(p.area_px for p in parts)


def _find_pairs(
    components: Sequence[Component], height_px: float, settings: BrokenStrokeSettings
) -> list[tuple[int, int]]:
    """Return pairs of indices, the lower first, of components that are parts of one digit: the closest, none twice."""
    left, top, right, bottom = np.array([c.box.as_list() for c in components], np.float64).T
    heights, strokes = bottom - top, np.array([c.stroke_width_px for c in components])
    contrasts = np.array([c.contrast for c in components])
    shared = np.minimum(right[:, None], right) - np.maximum(left[:, None], left)
    gap = np.maximum(top[:, None], top) - np.minimum(bottom[:, None], bottom)
    together = np.maximum(bottom[:, None], bottom) - np.minimum(top[:, None], top)
    is_joined = shared >= settings.least_overlap_frac * np.minimum((right - left)[:, None], right - left)
    is_joined &= gap <= settings.most_gap_strokes * np.minimum(strokes[:, None], strokes)
    is_joined &= np.minimum(heights[:, None], heights) >= settings.least_height_frac * together
    is_joined &= together <= settings.tallest_frac * height_px
    paler, darker = np.minimum(contrasts[:, None], contrasts), np.maximum(contrasts[:, None], contrasts)
    is_joined &= paler >= settings.least_contrast_frac * darker
    firsts, seconds = np.nonzero(np.triu(is_joined, 1))
    taken: set[int] = set()
    pairs = []
    for n in np.argsort(gap[firsts, seconds], kind="stable"):
        pair = int(firsts[n]), int(seconds[n])
        if taken.isdisjoint(pair):
            taken.update(pair)
            pairs.append(pair)
    return pairs


def _join(a: Component, b: Component) -> Component:
    box, ink, contrast = overlay([a, b])
    return Component(box, ink, cv2.countNonZero(ink), measure_stroke_width(ink), contrast)
