"""Touching digits: candidate cuts, and every span between them that may be a digit -> Lattice.

Over-segmentation as in Hochuli et al., "Handwritten digit segmentation: is it still necessary?" (2018, arXiv
1804.09279): cut where a cut is possible at all, and let the classifier tell which parts are digits.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box
from pipeline.ink.broken_strokes import overlay
from pipeline.ink.labels import measure_stroke_width
from pipeline.settings.recognition import SegmentSettings
from pipeline.types import Component, Lattice, Span, TextLine


def build_lattice(
    line: TextLine, settings: SegmentSettings, touching_px: Sequence[float] = (), slant: float = 0.0
) -> Lattice:
    """Return the lattice of a text line.

    The ink is split into atoms: whole components, or the parts of a wide one between its candidate cuts. A span joins
    up to `most_atoms` neighboring atoms; so a span can cut touching digits and can join the parts of a broken one.

    Parameters
    ----------
    line : its components, left to right
    settings : how deep and how dense cuts may be
    touching_px : page x of places where one digit is known to end and the next to begin
    slant : of the writing, px right per px up, which cuts follow
    """
    height = line.height_px
    is_wide = [c.box.width >= settings.split_width_frac * max(height, c.box.height) for c in line.components]
    joints = [[x for x in touching_px if c.box.left + 1 < x < c.box.right - 1] for c in line.components]
    is_cut = [wide or bool(own) for wide, own in zip(is_wide, joints, strict=True)]
    atoms = []
    for component, cut, own in zip(line.components, is_cut, joints, strict=True):
        atoms += split_component(component, slant, settings, own) if cut else [component]
    spans = []
    for first in range(len(atoms)):
        for last in range(first + 1, min(first + settings.most_atoms, len(atoms)) + 1):
            if last == first + 1 or _may_join(atoms[first:last], height, settings):
                spans.append(_join(atoms[first:last], first, last))
    return Lattice(line, len(atoms) + 1, tuple(spans))


def split_component(
    component: Component, slant: float, settings: SegmentSettings, touching_px: Sequence[float] = ()
) -> list[Component]:
    """Return the parts of a component between its candidate cuts, left to right; itself where there are none.

    A cut follows the slant of the writing, through a low of the projection profile taken along that slant, or through
    one of `touching_px`, page x at half the component's height.
    """
    height = component.box.height
    rows, columns = np.nonzero(component.mask)
    sheared = _shear(rows, columns, slant, height)
    upright = np.zeros((height, int(sheared.max()) + 1), np.uint8)
    upright[rows, sheared] = 255
    cuts = find_cuts(upright, component.stroke_width_px, settings)
    shift = sheared[0] - np.rint(columns[0] - slant * (height - 1 - rows[0]))
    known = [float(x - component.box.left - slant * (height - 1) / 2 + shift) for x in touching_px]
    cuts = _add_joints(cuts, known, upright, settings)
    belongs = np.searchsorted(cuts, sheared, side="right")
    parts = [_take(component, rows[belongs == i], columns[belongs == i]) for i in range(len(cuts) + 1)]
    return [part for part in parts if part is not None]


def find_cuts(ink: NDArray[np.uint8], stroke_width_px: float, settings: SegmentSettings) -> list[int]:
    """Return columns, strictly inside `ink`, at which touching digits may be cut apart.

    A cut crosses few strokes, or runs where the ink is narrow from top to bottom, as where two bowls meet. Both are
    local lows of a profile, smoothed over half the stroke width; the lowest come first, none nearer to another than a
    digit can be narrow.

    Parameters
    ----------
    ink : uint8 (h, w), 255 ink, sheared upright
    stroke_width_px : mean pen stroke width
    settings : how deep and how dense cuts may be
    """
    height = len(ink)
    crossed = np.count_nonzero(ink, axis=0) / (settings.deepest_cut_strokes * stroke_width_px)
    bottom, top = height - np.argmax(ink[::-1] > 0, axis=0), np.argmax(ink > 0, axis=0)
    narrow = np.where(crossed > 0, bottom - top, 0) / (settings.deepest_joint_frac * height)
    apart = max(2, round(settings.least_part_frac * height))
    depths = np.minimum(*(_find_lows(_smooth(profile, stroke_width_px), apart) for profile in (crossed, narrow)))
    lows = np.flatnonzero(np.isfinite(depths))
    cuts: list[int] = []
    for x in lows[np.argsort(depths[lows], kind="stable")]:
        if len(cuts) == settings.most_cuts:
            break
        if all(abs(x - c) >= apart for c in cuts):
            cuts.append(int(x))
    return sorted(cuts)


def _find_lows(smooth: NDArray[np.float32], apart: int) -> NDArray[np.float32]:
    """Return the profile at its local lows of at most 1, no nearer to an end than `apart`; elsewhere infinity."""
    lowest = cv2.erode(smooth[None], np.ones((1, apart // 2 * 2 + 1), np.uint8))[0]
    is_low = (smooth <= lowest) & (smooth <= 1)
    is_low[:apart] = is_low[len(smooth) - apart :] = False
    return np.where(is_low, smooth, np.float32(np.inf))


def _add_joints(
    cuts: list[int], joints: Sequence[float], upright: NDArray[np.uint8], settings: SegmentSettings
) -> list[int]:
    """Return the cuts and, for each joint that none is near, one more where the ink next to it is thinnest."""
    reach = max(1, round(settings.least_part_frac * len(upright) / 2))
    crossed = np.count_nonzero(upright, axis=0)
    added = list(cuts)
    for joint in joints:
        near = np.arange(max(1, round(joint) - reach), min(len(crossed) - 1, round(joint) + reach + 1))
        if len(near) and not any(abs(cut - joint) <= reach for cut in cuts):
            added.append(int(near[np.argmin(crossed[near] + 1e-3 * np.abs(near - joint))]))
    return sorted(set(added))


def _smooth(profile: NDArray[np.float64], stroke_width_px: float) -> NDArray[np.float32]:
    width = max(1, round(stroke_width_px / 2)) | 1
    row = profile[None].astype(np.float32)
    smooth: NDArray[np.float32] = cv2.blur(row, (width, 1), borderType=cv2.BORDER_REPLICATE)[0]
    return smooth


def _shear(rows: NDArray[np.intp], columns: NDArray[np.intp], slant: float, height: int) -> NDArray[np.intp]:
    """Return the columns of ink pixels sheared upright, shifted so that none is negative."""
    sheared = np.rint(columns - slant * (height - 1 - rows)).astype(np.intp)
    shifted: NDArray[np.intp] = sheared - sheared.min()
    return shifted


def _take(component: Component, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Component | None:
    """Return the part of a component that lies at the given pixels of its mask."""
    if len(rows) == 0:
        return None
    top, left = int(rows.min()), int(columns.min())
    ink = np.zeros((int(rows.max()) - top + 1, int(columns.max()) - left + 1), np.uint8)
    ink[rows - top, columns - left] = 255
    x, y = component.box.left + left, component.box.top + top
    box = Box(x, y, x + ink.shape[1], y + ink.shape[0])
    return Component(box, ink, len(rows), component.stroke_width_px, component.contrast)


def _may_join(atoms: list[Component], height: float, settings: SegmentSettings) -> bool:
    """Return whether the atoms lie close enough together to be one digit."""
    box = Box.around([atom.box for atom in atoms])
    if box.width > settings.widest_digit_frac * max(height, box.height):
        return False
    reached = atoms[0].box.right
    for atom in atoms[1:]:
        if atom.box.left - reached > settings.join_gap_frac * height:
            return False
        reached = max(reached, atom.box.right)
    return True


def _join(atoms: list[Component], first: int, last: int) -> Span:
    if len(atoms) == 1:
        only = atoms[0]
        return Span(first, last, only.box, only.mask, only.stroke_width_px, only.contrast)
    box, ink, contrast = overlay(atoms)
    return Span(first, last, box, ink, measure_stroke_width(ink), contrast)
