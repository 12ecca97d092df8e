"""A field of a registered form -> its own picture: level, of the picture's resolution, without the blank's print."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.forms.blank import flatten, measure_print
from pipeline.forms.register import Registration
from pipeline.forms.template import FormField
from pipeline.geometry import Box
from pipeline.types import Page

_MARGIN_FRAC = 0.3
"""Room around a field's box, of its height: digits may leave it."""

_HEIGHTS_PX = (36.0, 160.0)
"""Height of the box in the picture: one that is smaller has too few pixels, one that is larger shows nothing new."""

_REACH_FRAC = 0.06
"""How far off its place the print may still be, of the box's height."""

_LEAST_PRINT_FRAC = 0.02
"""Of the picture that must be print to tell where it is."""

_DARK_FRAC, _GROWN_FRAC = 0.2, 0.02
"""Of its darkest, from which a place counts as print; how far print is widened, of the box's height."""

_CLOSE = 0.01
"""Correlations that differ by less are alike; the one of the smaller shift is then believed."""

_INPAINT_PX = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class FieldPicture:
    """A field's own picture.

    Attributes
    ----------
    page : its gray, what the blank has printed there painted as what is around it
    box : the field's box in it
    print : uint8 (H, W), 255 where print was painted over
    seen : uint8 (H, W), gray, before that
    """

    page: Page
    box: Box
    print: NDArray[np.uint8]
    seen: NDArray[np.uint8]


def cut_field(page: Page, reference: Page, registration: Registration, field: FormField) -> FieldPicture:
    """Return the picture of a field.

    Parameters
    ----------
    page : the picture of the filled form
    reference : the blank page that it was registered to
    registration : of the two
    field : on that page
    """
    box = field.box
    margin = _MARGIN_FRAC * box.height
    left, top = box.left - margin, box.top - margin
    wide, tall = box.width + 2 * margin, box.height + 2 * margin
    ends = [(left, top), (left + wide, top), (left + wide, top + tall), (left, top + tall)]
    corners = np.array(ends, np.float64) - 0.5
    there = registration.map_points(corners)
    scale = np.clip(_measure_height(there) / tall, _HEIGHTS_PX[0] / box.height, _HEIGHTS_PX[1] / box.height)
    size = max(8, round(wide * scale)), max(8, round(tall * scale))
    rim = np.array([(0, 0), (size[0], 0), size, (0, size[1])], np.float32) - 0.5
    to_page = cv2.getPerspectiveTransform(rim.astype(np.float32), there.astype(np.float32))
    seen = _cut(page.gray, to_page, size)
    from_source = np.asarray(np.linalg.inv(reference.to_source), np.float64)
    to_reference = cv2.getPerspectiveTransform(rim.astype(np.float32), _map(from_source, corners).astype(np.float32))
    blank = _cut(reference.gray, to_reference, size)
    own = Box(*(round(v * scale) for v in (margin, margin, margin + box.width, margin + box.height)))
    print_mask = find_print(seen, blank, own.height)
    gray = cv2.inpaint(seen, print_mask, _INPAINT_PX, cv2.INPAINT_TELEA) if print_mask.any() else seen.copy()
    cut = Page(gray, page.source, page.number, page.to_source @ to_page, page.source_size_px, 0.0, page.turned_deg)
    return FieldPicture(cut, own, print_mask, seen)


def find_print(seen: NDArray[np.uint8], blank: NDArray[np.uint8], height_px: int) -> NDArray[np.uint8]:
    """Return where a field's picture shows the print of the blank, uint8 (H, W), 255 there, a little widened.

    Parameters
    ----------
    seen, blank : uint8 (H, W), the same place in the picture and in the blank, up to a small shift
    height_px : of the field's box
    """
    printed = measure_print(flatten(blank))
    strongest = float(printed.max())
    is_print = (printed > max(20.0, _DARK_FRAC * strongest)).astype(np.uint8) * 255
    if not is_print.any():
        return is_print
    dx, dy = measure_shift(measure_print(flatten(seen)), printed, max(2, round(_REACH_FRAC * height_px)))
    shift = np.array([[1, 0, dx], [0, 1, dy]], np.float64)
    moved = cv2.warpAffine(is_print, shift, is_print.shape[::-1], flags=cv2.INTER_NEAREST)
    reach = 2 * max(1, round(_GROWN_FRAC * height_px)) + 1
    wider: NDArray[np.uint8] = cv2.dilate(moved, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    return wider


def measure_shift(seen: NDArray[np.uint8], printed: NDArray[np.uint8], reach_px: int) -> tuple[int, int]:
    """Return by how many px (x, y) print lies beside its place in `seen`, both uint8 (H, W), 0 paper; 0 if it is bare.

    Along a straight line nothing tells: of shifts that fit alike, the smallest is returned.
    """
    if np.count_nonzero(printed > 20) < _LEAST_PRINT_FRAC * printed.size:
        return 0, 0
    padded = cv2.copyMakeBorder(seen, *(reach_px,) * 4, cv2.BORDER_REPLICATE)
    found = np.nan_to_num(cv2.matchTemplate(padded, printed, cv2.TM_CCOEFF_NORMED))
    steps = np.arange(-reach_px, reach_px + 1)
    far = np.hypot(steps[:, None], steps[None])
    row, column = np.unravel_index(int((found - _CLOSE * far / reach_px).argmax()), found.shape)
    return int(column) - reach_px, int(row) - reach_px


def _cut(gray: NDArray[np.uint8], to_picture: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a picture as seen from one of `size` (w, h), which `to_picture` (3, 3) takes to its px."""
    shrinking = float(np.sqrt(abs(np.linalg.det(to_picture[:2, :2]))))
    if shrinking > 1.5:
        gray = cv2.GaussianBlur(gray, (0, 0), 0.35 * shrinking)
    how = (cv2.INTER_CUBIC if shrinking < 1 else cv2.INTER_LINEAR) | cv2.WARP_INVERSE_MAP
    cut: NDArray[np.uint8] = cv2.warpPerspective(gray, to_picture, size, flags=how, borderMode=cv2.BORDER_REPLICATE)
    return cut


def _map(homography: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    mapped: NDArray[np.float64] = cv2.perspectiveTransform(points[None], homography)[0]
    return mapped


def _measure_height(quad: NDArray[np.float64]) -> float:
    """Return the mean length of the left and right side of four corners, clockwise from the upper left."""
    return float(np.hypot(*(quad[3] - quad[0])) + np.hypot(*(quad[2] - quad[1]))) / 2
