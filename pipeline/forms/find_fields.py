"""A blank form -> where its fields are: boxes, combs (rows of equal boxes), cells of tables, underlined blanks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.forms.blank import flatten
from pipeline.forms.find_lines import find_lines, find_pale_lines
from pipeline.geometry import Box, is_within
from pipeline.types import PAPER_LEVEL

_SIDES_FRAC = (0.014, 0.12)
"""Least and greatest height of a field, of the page's long side."""

_LEAST_LINE_FRAC, _WIDEST_FRAC = 0.02, 0.7
"""Shortest line that is drawn, of the page's long side; longest underline, of the page's width: longer ones divide."""

_BROADEST_FRAC = 0.1
"""Breadth of an underline, of its length."""

_INK_FRAC = 0.25
"""Of the way from paper to the darkest print, from which a pixel is print."""

_MOST_PRINT_FRAC, _SHADE_LEVEL = 0.004, 12
"""Print in a box that is a field, of its area; and how much darker than the paper it may be all over."""

_LEAST_FULL = 0.85
"""Of its upright box that a cell must fill."""

_ALIKE_FRAC, _MOST_GAP_FRAC, _WIDEST_COMB = 0.15, 0.45, 1.15
"""Differences and gaps of a comb's boxes, of their width, and their width over height."""

_BLANK_HEIGHT_FRAC, _LEAST_SHAPE = 0.04, 0.7
"""Height of an underlined blank, of the page's long side, and least width of a field, of its height."""


_LEAST_COVERED, _MANY_PARTS = 0.8, 4
"""Of a cell, that the parts cover into which pale or broken lines divide it; and how many of them are no accident."""

_MOST_LINES = 2.5
"""Ink so many times taller than the line in it is no line: letters, or a box."""


@dataclass(frozen=True, slots=True)
class FoundField:
    """A field of a blank: its box in px, and the number of its boxes if it is a comb."""

    box: Box
    comb: int | None = None


def find_fields(gray: NDArray[np.uint8]) -> tuple[FoundField, ...]:
    """Return the fields of a blank form, uint8 (H, W), that lies upright, in reading order; boxes in px."""
    darkness = flatten(gray)
    level = PAPER_LEVEL + _INK_FRAC * max(40.0, float(np.percentile(darkness, 99.8)) - PAPER_LEVEL)
    ink = (cv2.GaussianBlur(darkness, (3, 3), 0) > level).astype(np.uint8) * 255
    least = max(8, round(_LEAST_LINE_FRAC * max(gray.shape)))
    drawn = find_lines(ink, least, True), find_lines(ink, least, False)
    pale, walls = find_pale_lines(darkness, least)
    cells = _merge_cells(_find_cells(*drawn, ink, darkness), _find_cells(*walls, ink, darkness))
    blanks = _find_blanks(*drawn, ink, cells)
    known = [*cells, *(one.box for one in blanks)]
    blanks += _find_blanks(*pale, np.asarray(cv2.bitwise_or(ink, cv2.bitwise_or(*pale))), known)
    return tuple(sort_fields([*_join_combs(cells), *blanks]))


def _merge_cells(drawn: Sequence[Box], faint: Sequence[Box]) -> list[Box]:
    """Return the cells that drawn lines enclose, and those of pale and broken lines where there are no others.

    A drawn cell is parted by faint lines only into several alike, a comb, or many: one line may be a crease.
    """
    cells = []
    for cell in drawn:
        parts = [box for box in faint if is_within(box, cell)]
        covered = sum(box.width * box.height for box in parts) / (cell.width * cell.height)
        is_parted = len(parts) > 1 and covered >= _LEAST_COVERED
        if not is_parted or not (len(parts) >= _MANY_PARTS or len(_join_combs(parts)) == 1):
            cells.append(cell)
    return [*cells, *(box for box in faint if not any(box.measure_shared(cell) for cell in cells))]


def _find_cells(
    across: NDArray[np.uint8], down: NDArray[np.uint8], ink: NDArray[np.uint8], darkness: NDArray[np.uint8]
) -> list[Box]:
    """Return the boxes that lines enclose, of a field's size, with nothing printed in them; their walls left out."""
    walls = cv2.morphologyEx(cv2.bitwise_or(across, down), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(cv2.bitwise_not(walls), connectivity=4)
    least, most = (frac * max(ink.shape) for frac in _SIDES_FRAC)
    cells = []
    for left, top, width, height, area in stats[1:].tolist():
        is_sized = least <= height <= most and width >= _LEAST_SHAPE * height
        if not is_sized or area < _LEAST_FULL * width * height:
            continue
        box = Box(left, top, left + width, top + height)
        if _is_bare(box, ink, darkness):
            cells.append(box)
    return cells


def _is_bare(box: Box, ink: NDArray[np.uint8], darkness: NDArray[np.uint8]) -> bool:
    """Return whether nothing is printed in a box, and it is not shaded."""
    margin = max(1, round(0.08 * box.height))
    inner = (slice(box.top + margin, box.bottom - margin), slice(box.left + margin, box.right - margin))
    part = ink[inner]
    if not part.size or np.count_nonzero(part) > _MOST_PRINT_FRAC * part.size:
        return False
    return float(np.median(darkness[inner])) <= PAPER_LEVEL + _SHADE_LEVEL


def _join_combs(cells: Sequence[Box]) -> list[FoundField]:
    """Return the boxes as fields, rows of equal narrow ones as combs."""
    rest = sorted(cells, key=lambda box: (box.left, box.top))
    fields = []
    while rest:
        row = [rest.pop(0)]
        while (after := _find_next(row[-1], rest)) is not None and not _is_in_table(row[-1], cells):
            row.append(after)
            rest.remove(after)
        if len(row) == 1:
            fields.append(FoundField(row[0]))
        else:
            fields.append(FoundField(Box.around(row), len(row)))
    return fields


def _find_next(box: Box, others: Sequence[Box]) -> Box | None:
    """Return the box that goes on a comb to the right of `box`; None for none."""
    if box.width > _WIDEST_COMB * box.height:
        return None
    reach = _ALIKE_FRAC * box.width
    for other in others:
        is_level = abs(other.top - box.top) <= reach and abs(other.bottom - box.bottom) <= reach
        is_alike = abs(other.width - box.width) <= reach
        if is_level and is_alike and 0 <= other.left - box.right <= _MOST_GAP_FRAC * box.width:
            return other
    return None


def _is_in_table(box: Box, cells: Sequence[Box]) -> bool:
    """Return whether a box of the same columns stands right above or below another: a table's, no comb's."""
    reach = _ALIKE_FRAC * box.height
    for other in cells:
        is_same_column = abs(other.left - box.left) <= reach and abs(other.right - box.right) <= reach
        gap = max(other.top - box.bottom, box.top - other.bottom)
        if other is not box and is_same_column and 0 <= gap <= reach:
            return True
    return False


def _find_blanks(
    across: NDArray[np.uint8], down: NDArray[np.uint8], ink: NDArray[np.uint8], cells: Sequence[Box]
) -> list[FoundField]:
    """Return the underlined blanks: level lines that no wall meets, with bare paper above them."""
    near_walls = cv2.dilate(down, np.ones((5, 5), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(across)
    _, owners, inked, _ = cv2.connectedComponentsWithStats(ink)
    tall = round(_BLANK_HEIGHT_FRAC * max(ink.shape))
    least = 0.45 * tall
    fields = []
    for left, top, width, height, _ in stats[1:].tolist():
        if not tall <= width <= _WIDEST_FRAC * ink.shape[1] or height > _BROADEST_FRAC * width:
            continue
        line = Box(left, top, left + width, top + height)
        own = inked[np.bincount(owners[line.slices][ink[line.slices] > 0]).argmax()]
        is_part = own[cv2.CC_STAT_HEIGHT] > max(_MOST_LINES * height, 2 * _BROADEST_FRAC * width)
        if is_part or near_walls[line.slices].any():
            continue
        above = _measure_room(line, ink, tall)
        box = Box(left, top - above, left + width, top) if above >= least else None
        if box and not any(box.measure_shared(cell) for cell in cells):
            fields.append(FoundField(box))
    return fields


def _measure_room(line: Box, ink: NDArray[np.uint8], most: int) -> int:
    """Return how many px of bare paper are above a line, `most` at the outside."""
    gap = 2
    top = max(0, line.top - most)
    rows = ink[top : max(0, line.top - gap), line.left : line.right].any(axis=1)
    inked = np.flatnonzero(rows)
    return line.top - top if not len(inked) else line.top - (top + int(inked[-1]) + 1)


def sort_fields(fields: Sequence[FoundField]) -> list[FoundField]:
    """Return fields in reading order: rows from top to bottom, each from left to right."""
    rows: list[list[FoundField]] = []
    for field in sorted(fields, key=lambda one: one.box.center[1]):
        if rows and field.box.center[1] < rows[-1][0].box.bottom and field.box.top < rows[-1][0].box.center[1]:
            rows[-1].append(field)
        else:
            rows.append([field])
    return [field for row in rows for field in sorted(row, key=lambda one: one.box.left)]
