"""What tells that a cell, or a whole table, may not be what it was read as."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box
from pipeline.types import Reading

ON_WALL = "a digit lies on a wall of its cell"
UNREAD = "its cell holds ink that was not read"
WORDS = "most of its row is no number"
TWO_LINES = "its cell holds two lines of numbers: a wall may be missing"
TABLE = "the rows and columns of its table are not sure"

_LEAST_INK, _LEAST_WIDE, _LEAST_AREA = 0.4, 1.0, 0.03
"""Height of ink that may be a digit, width of ink that may be a wall, of the digits' height; area, of its square."""

_AROUND_DIGIT, _LEAST_OUTSIDE = 0.05, 0.6
"""Ink is that of a digit where it lies in its box or so near, of its height; unread if more of it is outside."""

_MOST_MISFITS, _MOST_MISSING = 0.34, 0.3
"""Share of the filled cells with a misfit, and of the inner walls that are missing, at which no cell is sure."""

_FRAME_CELLS = 3
"""Cells with numbers that a frame around numbers has at most: the edge of a sheet is one or two beside the binding."""

_PART_HEIGHTS = 0.6
"""Digits of one number with more space between them, of their height, may stand in two columns."""


def find_unread(ink: NDArray[np.uint8], digits: Sequence[Box]) -> list[Box]:
    """Return the boxes of ink as large as a digit, or as long as a wall, that no digit was read from.

    Parameters
    ----------
    ink : uint8 (H, W), 255 ink, without the lines of the table
    digits : boxes of those that were read
    """
    if not digits:
        return []
    height_px = float(np.median([box.height for box in digits]))
    unread = (ink > 0).astype(np.uint8)
    for box in digits:
        around = round(_AROUND_DIGIT * box.height)
        unread[max(0, box.top - around) : box.bottom + around, max(0, box.left - around) : box.right + around] = 0
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8, ltype=cv2.CV_32S)
    areas = stats[:, cv2.CC_STAT_AREA]
    outside = np.bincount(labels.ravel(), unread.ravel(), minlength=len(areas))
    is_unread = (outside >= _LEAST_OUTSIDE * areas) & (areas >= _LEAST_AREA * height_px**2)
    tall, wide = stats[:, cv2.CC_STAT_HEIGHT] / height_px, stats[:, cv2.CC_STAT_WIDTH] / height_px
    is_unread &= (tall >= _LEAST_INK) | (wide >= _LEAST_WIDE)
    is_unread[0] = False
    return [Box(left, top, left + width, top + height) for left, top, width, height, _ in stats[is_unread].tolist()]


def has_lines(readings: Sequence[Reading]) -> bool:
    """Return whether one number of a cell stands below another."""
    tops, bottoms = [reading.box.top for reading in readings], [reading.box.bottom for reading in readings]
    return len(readings) > 1 and max(tops) >= min(bottoms)


def is_frame(cells: Iterable[Sequence[Reading]]) -> bool:
    """Return whether what holds numbers is no table: all of them stand in a few cells, which hold lines of them."""
    filled = [has_lines(readings) for readings in cells]
    return len(filled) <= _FRAME_CELLS and 2 * sum(filled) >= len(filled)


def has_gap(readings: Sequence[Reading]) -> bool:
    """Return whether a cell holds two numbers, or one whose digits stand far apart."""
    digits = sorted((digit.box for reading in readings for digit in reading.digits), key=lambda box: box.left)
    apart = [after.left - before.right for before, after in zip(digits[:-1], digits[1:], strict=True)]
    return len(readings) > 1 or any(gap > _PART_HEIGHTS * digits[0].height for gap in apart)


def is_doubtful(n_misfits: int, n_filled: int, walls: Sequence[NDArray[np.bool_]] = ()) -> bool:
    """Return whether so many numbers do not fit into their cells, or inner walls are missing, that none is sure.

    Parameters
    ----------
    n_misfits, n_filled : how many cells have a number that lies on a wall or two lines of them, and how many have any
    walls : bool, where there are inner walls
    """
    inner = np.concatenate([np.ravel(own) for own in walls]) if walls else np.ones(1, bool)
    return n_misfits > _MOST_MISFITS * n_filled or (len(inner) > 0 and 1 - float(inner.mean()) > _MOST_MISSING)
