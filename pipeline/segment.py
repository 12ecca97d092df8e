"""Touching digits: candidate cuts, and every span between them that may be a digit -> Lattice.

Over-segmentation as in Hochuli et al., "Handwritten digit segmentation: is it still necessary?" (2018, arXiv
1804.09279): cut where a cut is possible at all, and let the classifier tell which pieces are digits.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.components import measure_stroke_width
from pipeline.settings import SegmentSettings
from pipeline.types import Box, Component, Lattice, Span, TextLine


def build_lattice(line: TextLine, settings: SegmentSettings) -> Lattice:
    """Return the lattice of a text line.

    The ink is split into atoms: whole components, or the pieces of a wide one between its candidate cuts. A span joins
    up to `most_atoms` neighboring atoms; so a span can cut touching digits and can join the pieces of a broken one.
    """
    height = line.height_px
    atoms = [piece for c in line.components for piece in _split(c, height, settings)]
    spans = []
    for first in range(len(atoms)):
        for last in range(first + 1, min(first + settings.most_atoms, len(atoms)) + 1):
            if last == first + 1 or _may_join(atoms[first:last], height, settings):
                spans.append(_join(atoms[first:last], first, last))
    return Lattice(line, len(atoms) + 1, tuple(spans))


def find_cuts(ink: NDArray[np.uint8], stroke_width_px: float, settings: SegmentSettings) -> list[int]:
    """Return columns, strictly inside `ink` (uint8 (h, w)), at which touching digits may be cut apart.

    A cut runs down a column that crosses little ink: a local minimum of the projection profile, smoothed over the
    stroke width, the lowest first, none nearer to another than a digit can be narrow.
    """
    profile = (ink > 0).sum(axis=0).astype(np.float32)
    width = max(1, round(stroke_width_px / 2)) | 1
    profile = cv2.blur(profile[None], (width, 1), borderType=cv2.BORDER_REPLICATE)[0]
    apart = max(2, round(settings.least_piece_frac * ink.shape[0]))
    inner = np.arange(apart, len(profile) - apart)
    lows = [x for x in inner if profile[x] <= profile[max(0, x - apart // 2) : x + apart // 2 + 1].min()]
    cuts: list[int] = []
    for x in sorted(lows, key=lambda x: profile[x]):
        if profile[x] <= settings.deepest_cut_strokes * stroke_width_px and all(abs(x - c) >= apart for c in cuts):
            cuts.append(int(x))
    return sorted(cuts[: settings.most_cuts])


def _split(component: Component, height: float, settings: SegmentSettings) -> list[Component]:
    """Return the component whole, or its pieces between cuts if it is wide enough to be more than one digit."""
    box = component.box
    if box.width < settings.split_width_frac * max(height, box.height):
        return [component]
    cuts = find_cuts(component.mask, component.stroke_width_px, settings)
    edges = [0, *cuts, box.width]
    pieces = []
    for left, right in zip(edges[:-1], edges[1:], strict=True):
        ink = component.mask[:, left:right]
        x, y, w, h = cv2.boundingRect(ink)
        if w and h:
            place = Box(box.left + left + x, box.top + y, box.left + left + x + w, box.top + y + h)
            piece = np.ascontiguousarray(ink[y : y + h, x : x + w])
            pieces.append(
                Component(place, piece, cv2.countNonZero(piece), component.stroke_width_px, component.contrast)
            )
    return pieces


def _may_join(atoms: list[Component], height: float, settings: SegmentSettings) -> bool:
    """Return whether the atoms lie close enough together to be one digit."""
    box = _bounds(atoms)
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
    box = _bounds(atoms)
    ink = np.zeros((box.height, box.width), np.uint8)
    for atom in atoms:
        top, left = atom.box.top - box.top, atom.box.left - box.left
        view = ink[top : top + atom.box.height, left : left + atom.box.width]
        np.maximum(view, atom.mask, out=view)
    contrast = sum(a.contrast * a.area_px for a in atoms) / sum(a.area_px for a in atoms)
    return Span(first, last, box, ink, measure_stroke_width(ink), contrast)


def _bounds(atoms: list[Component]) -> Box:
    box = atoms[0].box
    for atom in atoms[1:]:
        box = box.union(atom.box)
    return box
