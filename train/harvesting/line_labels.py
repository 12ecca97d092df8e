"""Text lines of synthesized pages as the front end cuts them, and the label of each of their columns.

A column's label is the digit whose middle lies there, the space between two numbers, or nothing; the columns where a
digit's middle ends, and those of digits that nobody can read, are ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from skimage.measure import regionprops

from pipeline.reading.stages import Stages
from pipeline.recognition.line_images import COLUMN_PX, LINE_IMAGE_PX, LineImage, cut_line_images
from pipeline.types import N_DIGITS, TextLine
from train.datasets.harvested_lines import IGNORED, SPACE, Lines, concatenate_lines
from train.harvesting.span_labels import Ownership
from train.synthesis.pages.synthesize import PageTruth

_LEAST_INK = 0.3
"""Share of a digit's ink that a line must have found for the digit to be the line's."""
_MIDDLE_FRAC = 0.25
"""Columns within this share of a digit's width from its center are its middle."""
_SIZES = (0.45, 2.0)
"""Heights, of the line image's digits, that are labelled; others have a line image of their own."""
_RIM_PX = 3
"""A digit whose center is nearer than this to the line image's upper or lower rim is ignored."""


def cut_lines(stages: Stages, truth: PageTruth, owned: Ownership) -> Lines:
    """Return the line images of all lines that the front end found on a page, labelled."""
    homes = _find_homes(stages.lines, owned)
    places = {region.label: region.slice for region in regionprops(owned.core)}
    parts = []
    for number, line in enumerate(stages.lines):
        for line_image in cut_line_images(line, stages.ink.darkness):
            digits = sorted(_place_digits(line_image, number, homes, places, truth))
            columns = label_columns(line_image.n_columns, digits)
            parts.append(Lines(line_image.pixels, columns, np.array([line_image.pixels.shape[1]])))
    return concatenate_lines(parts)


def label_columns(n_columns: int, digits: Sequence[tuple[float, float, int, int]]) -> NDArray[np.int8]:
    """Return the label of each column, int8 (n_columns,), of digits (first column, last column, label, number)."""
    columns = np.full(n_columns, N_DIGITS, np.int8)
    for (_, end, _, group), (start, _, _, next_group) in pairwise(digits):
        if group != next_group:
            _mark_space(columns, end, start)
    for start, end, label, _ in digits:
        _mark(columns, start, end, label)
    for (start, end, label, _), (next_start, next_end, next_label, _) in pairwise(digits):
        if label == next_label != IGNORED:  # two alike need a column of nothing between them
            columns[min(n_columns - 1, max(0, int((start + end + next_start + next_end) / 4)))] = N_DIGITS
    return columns


def _find_homes(lines: Sequence[TextLine], owned: Ownership) -> NDArray[np.int64]:
    """Return, for each owner of ink, the index of the line that holds most of it; -1 where none holds enough."""
    held = np.zeros((len(lines) + 1, len(owned.n_core_px)))
    for number, line in enumerate(lines):
        for component in line.components:
            inked = owned.core[component.box.slices][component.mask > 0]
            held[number] += np.bincount(inked, minlength=held.shape[1])
    found = held[:-1].max(axis=0, initial=0) >= _LEAST_INK * owned.n_core_px
    return np.where(found, held.argmax(axis=0), -1)


def _place_digits(
    line_image: LineImage,
    number: int,
    homes: NDArray[np.int64],
    places: dict[int, tuple[slice, slice]],
    truth: PageTruth,
) -> Iterator[tuple[float, float, int, int]]:
    """Yield (first column, last column, label or IGNORED, group) of the digits that line `number`'s strip shows."""
    inverse = np.linalg.inv(np.vstack([line_image.to_page, [0, 0, 1]]))
    for owner, (rows, across) in places.items():
        at = owner - 1
        if truth.kinds[at] not in ("digit", "cut"):
            continue
        middle = inverse @ [(across.start + across.stop - 1) / 2, (rows.start + rows.stop - 1) / 2, 1]
        center = (middle[0] + 0.5) / COLUMN_PX
        width = (
            across.stop - across.start - abs(line_image.slant) * (rows.stop - rows.start)
        )  # of the digit sheared upright
        half = max(1.0, width) / (2 * COLUMN_PX * line_image.to_page[0, 0])
        start, end = center - half, center + half
        if end < 0 or start > line_image.n_columns:
            continue
        inside = _RIM_PX <= middle[1] <= LINE_IMAGE_PX - _RIM_PX
        is_known = _SIZES[0] <= (rows.stop - rows.start) / line_image.digit_height_px <= _SIZES[1]
        if homes[owner] == number:
            label = truth.labels[at] if inside and is_known and truth.kinds[at] == "digit" else IGNORED
            yield start, end, label, truth.groups[at]
        elif homes[owner] == -1 and inside:
            yield start, end, IGNORED, truth.groups[at]


def _mark_space(columns: NDArray[np.int8], start: float, end: float) -> None:
    """Write the space between two numbers, from column `start` to `end`, into `columns`, in place: its middle half."""
    reach = np.abs(np.arange(len(columns)) + 0.5 - (start + end) / 2)
    columns[reach <= max(0.5, (end - start) / 4)] = SPACE


def _mark(columns: NDArray[np.int8], start: float, end: float, label: int) -> None:
    """Write a digit that reaches from column `start` to `end` into `columns`, in place, left neighbors being there."""
    reach = np.abs(np.arange(len(columns)) + 0.5 - (start + end) / 2)
    if label == IGNORED:
        columns[(reach <= (end - start) / 2) & (columns >= N_DIGITS)] = IGNORED
        return
    half = max(0.5, _MIDDLE_FRAC * (end - start))
    middle = reach <= half
    columns[(reach <= half + 1) & ~middle & (columns >= N_DIGITS)] = IGNORED
    columns[middle] = label
