"""Text lines of synthesized pages as the front end cuts them, and the label of each of their columns.

A column's label is the digit or the sign whose middle lies there, a letter or what is struck out, the space between two
numbers, or nothing; the columns where a middle ends, and those of digits that nobody can read, are ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from skimage.measure import regionprops

from pipeline.recognition.column_classes import NOTHING, OTHER, SPACE
from pipeline.recognition.line_images import COLUMN_PX, LINE_IMAGE_PX, LineImage, cut_line_images
from pipeline.types import N_DIGITS, TextLine
from train.datasets.harvested_lines import IGNORED, Lines, concatenate_lines
from train.synthesis.documents.marked_page import MarkedPage
from train.synthesis.pages.synthesize import PageTruth

_LEAST_INK = 0.3
"""Share of a digit's ink that a line must have found for the digit to be the line's."""
_MIDDLE_FRAC = 0.25
"""Columns within this share of a digit's width from its center are its middle."""
_WORD_FRAC = 0.4
"""The same of a word, a letter, or what is struck out."""
_FAR_COLUMNS = 5.0
"""White so wide beside a sign is a space, as between words: half of a digit's height."""
_SIZES = (0.45, 2.0)
"""Heights, of the line image's digits, that are labelled; others have a line image of their own."""
_RIM_PX = 3
"""A digit whose center is nearer than this to the line image's upper or lower rim is ignored."""


Marks = PageTruth | MarkedPage
"""What has of each mark on a page its label, its kind and its group, as in `ink_layout.Draft`."""


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where the marks of a page that own ink lie.

    Attributes
    ----------
    indices : int64 (N,), of each mark
    sides : float64 (N, 4), its ink's left, top, right, bottom px
    homes : int64 (N,), the line that holds most of its ink; -1 where none holds enough
    """

    indices: NDArray[np.int64]
    sides: NDArray[np.float64]
    homes: NDArray[np.int64]


def cut_lines(lines: Sequence[TextLine], darkness: NDArray[np.uint8], owner: NDArray[np.uint16], marks: Marks) -> Lines:
    """Return the line images of all lines that the front end found on a page, labelled.

    Parameters
    ----------
    lines : of the page
    darkness : uint8 (H, W), of the page
    owner : uint16 (H, W), 0 where nobody wrote, else 1 + index of the mark whose ink it is
    marks : of the page
    """
    places = _find_places(lines, owner)
    parts = []
    for number, line in enumerate(lines):
        for line_image in cut_line_images(line, darkness):
            items = sorted(_place_marks(line_image, number, places, marks))
            columns = label_columns(line_image.n_columns, items)
            parts.append(Lines(line_image.pixels, columns, np.array([line_image.pixels.shape[1]])))
    return concatenate_lines(parts)


def label_columns(n_columns: int, items: Sequence[tuple[float, float, int, int]]) -> NDArray[np.int8]:
    """Return each column's label, int8 (n_columns,), of digits and signs (first column, last column, label, group).

    Digits overwrite what else stands there. A sign parts the digits beside it, by a space too where it stands far off.
    """
    columns = np.full(n_columns, NOTHING, np.int8)
    _mark_spaces(columns, items)
    digits = [item for item in items if item[2] < N_DIGITS]
    for start, end, label, _ in [*(item for item in items if item[2] >= OTHER), *digits]:
        _mark(columns, start, end, label)
    for (start, end, label, _), (next_start, next_end, next_label, _) in pairwise(digits):
        if label == next_label != IGNORED:  # two alike need a column of nothing between them
            columns[min(n_columns - 1, max(0, int((start + end + next_start + next_end) / 4)))] = NOTHING
    for start, end, label, _ in items:
        if SPACE < label < OTHER:
            _mark_sign(columns, start, end, label)
    return columns


def _find_places(lines: Sequence[TextLine], owner: NDArray[np.uint16]) -> Places:
    found = [(region.label, region.slice) for region in regionprops(owner)]
    n_px = np.bincount(owner.ravel())
    held = np.zeros((len(lines) + 1, len(n_px)))
    for number, line in enumerate(lines):
        for component in line.components:
            inked = owner[component.box.slices][component.mask > 0]
            held[number] += np.bincount(inked, minlength=len(n_px))
    is_held = held[:-1].max(axis=0, initial=0) >= _LEAST_INK * n_px
    homes = np.where(is_held, held.argmax(axis=0), -1)
    sides = [(across.start, rows.start, across.stop, rows.stop) for _, (rows, across) in found]
    labels = np.array([label for label, _ in found], np.int64)
    return Places(labels - 1, np.array(sides, np.float64).reshape(-1, 4), homes[labels])


def _place_marks(
    line_image: LineImage, number: int, places: Places, marks: Marks
) -> Iterator[tuple[float, float, int, int]]:
    """Yield (first column, last column, label or IGNORED, group) of what line `number`'s image shows.

    Each sign is a group of its own. What another line holds is nothing.
    """
    inverse = np.linalg.inv(np.vstack([line_image.to_page, [0, 0, 1]]))[:2]
    left, top, right, bottom = places.sides.T
    middles = inverse[:, :2] @ [(left + right - 1) / 2, (top + bottom - 1) / 2] + inverse[:, 2:]
    centers, heights = (middles[0] + 0.5) / COLUMN_PX, bottom - top
    widths = right - left - abs(line_image.slant) * heights  # of the ink sheared upright
    halves = np.maximum(1.0, widths) / (2 * COLUMN_PX * line_image.to_page[0, 0])
    is_inside = (middles[1] >= _RIM_PX) & (middles[1] <= LINE_IMAGE_PX - _RIM_PX)
    is_shown = (centers + halves >= 0) & (centers - halves <= line_image.n_columns)
    is_known = (heights >= _SIZES[0] * line_image.digit_height_px) & (heights <= _SIZES[1] * line_image.digit_height_px)
    for i in np.flatnonzero(is_shown & ((places.homes == number) | ((places.homes == -1) & is_inside))):
        at = int(places.indices[i])
        kind, label, group = marks.kinds[at], marks.labels[at], marks.groups[at]
        if kind not in ("digit", "cut"):
            if not is_inside[i] or (kind == "speck" and label == N_DIGITS):
                continue
            label, group = label if label > SPACE else OTHER, -2 - at
        elif kind == "cut" or not is_known[i] or not is_inside[i] or places.homes[i] == -1:
            label = IGNORED
        yield float(centers[i] - halves[i]), float(centers[i] + halves[i]), label, group


def _mark_spaces(columns: NDArray[np.int8], items: Sequence[tuple[float, float, int, int]]) -> None:
    """Write the spaces between items of different groups into `columns`, in place; none between signs."""
    reached: tuple[float, int, bool] | None = None
    for start, end, label, group in items:
        is_sign = label > SPACE
        if reached is not None and reached[1] != group:
            far = _FAR_COLUMNS if is_sign or reached[2] else -np.inf
            if start - reached[0] > far and not (is_sign and reached[2]):
                _mark_space(columns, reached[0], start)
        if reached is None or end >= reached[0] or not is_sign:
            reached = end, group, is_sign


def _mark_space(columns: NDArray[np.int8], start: float, end: float) -> None:
    """Write the space between two numbers, from column `start` to `end`, into `columns`, in place: its middle half."""
    reach = np.abs(np.arange(len(columns)) + 0.5 - (start + end) / 2)
    columns[reach <= max(0.5, (end - start) / 4)] = SPACE


def _mark(columns: NDArray[np.int8], start: float, end: float, label: int) -> None:
    """Write a digit that reaches from column `start` to `end` into `columns`, in place, left neighbors being there."""
    reach = np.abs(np.arange(len(columns)) + 0.5 - (start + end) / 2)
    if label == IGNORED:
        columns[(reach <= (end - start) / 2) & (columns >= NOTHING)] = IGNORED
        return
    half = max(0.5, (_MIDDLE_FRAC if label < OTHER else _WORD_FRAC) * (end - start))
    middle = reach <= half
    columns[(reach <= half + 1) & ~middle & (columns >= NOTHING)] = IGNORED
    columns[middle] = label


def _mark_sign(columns: NDArray[np.int8], start: float, end: float, label: int) -> None:
    """Write a sign that reaches from column `start` to `end` into `columns`, in place, where no digit's middle is."""
    reach = np.abs(np.arange(len(columns)) + 0.5 - (start + end) / 2)
    is_free = (columns < 0) | (columns >= NOTHING)
    columns[is_free & (reach <= max(0.5, _MIDDLE_FRAC * (end - start)))] = label
