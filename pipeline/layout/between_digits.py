"""What there is between two neighbors on a line: a link, ink, the wall of a box or a table's cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box
from pipeline.settings.layout import NumberGroupSettings

_BROADEST_FRAC = 0.25
"""Of the height: broader ink between digits is no line or stroke, but what lies between labels, or a patch."""

_TALLER_FRAC, _BESIDE_FRAC = 0.3, 0.1
"""Of the height: by how much a wall is taller than the digits, above and below, and how far beside it paper shows."""

_N_PARTS = 5
"""Parts of a wall, top to bottom; each but one is seen: a crossing line may hide it there."""

_BEHIND_FRAC = 0.5
"""Of a wall's darkness: a line behind a digit that is so dark is one of the same kind."""

_HIDDEN_SHARE = 0.2
"""Of a wall's rows above and below the digits, in which it need not show."""

_WALL_SLOPES = np.linspace(-0.2, 0.2, 9)
"""Px to the side for each px down: tables are photographed aslant."""


class Between(NamedTuple):
    """What there is between two neighbors on a line.

    Attributes
    ----------
    linked : how probable it is, 0..1, that they belong to one number
    has_ink : whether a stroke, a sign or a letter stands there
    has_wall : whether the wall of a box or the line of a table does
    measure_covered : measures a wall that one of the two may be written over, as `measure_covered_wall` does; called
        only where it matters
    """

    linked: float
    has_ink: bool
    has_wall: bool
    measure_covered: Callable[[], float] = lambda: 0.0


def look_between(
    linked: float,
    ink: NDArray[np.uint8],
    darkness: NDArray[np.uint8],
    before: Box,
    after: Box,
    settings: NumberGroupSettings,
) -> Between:
    """Return what there is between two boxes.

    Parameters
    ----------
    linked : how probable it is, 0..1, that they belong to one number
    ink : uint8 (H, W), 255 ink, rulings among it
    darkness : uint8 (H, W), darker is more
    before, after : of two neighbors on a line, px of the page
    settings : over how many of the rows ink stands, and how much darker a wall is than the paper
    """
    return Between(
        linked,
        has_ink_between(ink, before, after, settings.parted_rows_frac),
        measure_wall(darkness, before, after, settings.least_wall_levels) >= settings.least_wall_levels,
        lambda: measure_covered_wall(darkness, before, after),
    )


def has_ink_between(ink: NDArray[np.uint8], before: Box, after: Box, least_rows: float) -> bool:
    """Return whether ink stands in the gap between two boxes over most of their rows, but is no patch.

    Parameters
    ----------
    ink : uint8 (H, W), 255 ink, rulings among it
    before, after : of two neighbors on a line, px of the page
    least_rows : share of the rows that both have
    """
    top, bottom = max(before.top, after.top), min(before.bottom, after.bottom)
    left, right = before.right, after.left
    if bottom <= top or right <= left:
        return False
    inked = np.count_nonzero(ink[top:bottom, left:right], axis=1)
    return bool(np.mean((inked > 0) & (inked <= _BROADEST_FRAC * (bottom - top))) >= least_rows)


def measure_wall(darkness: NDArray[np.uint8], before: Box, after: Box, least_levels: float = 0.0) -> float:
    """Return how much darker than the paper on both its sides a wall in the gap between two boxes is, gray levels.

    It is thin, more or less upright, and taller than the digits; a line that is too pale to be ink still shows in the
    means over its parts. 0 where the gap has no room for one, or where such a line runs behind one of the digits, as
    on squared paper.

    Parameters
    ----------
    darkness : uint8 (H, W), darker is more
    before, after : of two neighbors on a line, px of the page
    least_levels : a paler line is 0 at once
    """
    height = max(before.height, after.height)
    over = round(_TALLER_FRAC * height)
    rows = slice(max(0, min(before.top, after.top) - over), max(before.bottom, after.bottom) + over)
    parts = _measure_parts(darkness[rows], before.right, after.left, height)
    columns = np.arange(before.right, after.left)
    aside = np.rint(np.abs(_WALL_SLOPES) * height / 2)[:, None]
    has_room = (columns >= before.right + aside) & (columns < after.left - aside)
    wall = float(np.sort(parts, axis=1)[:, 1].max(where=has_room, initial=0))
    if not wall or wall < least_levels:
        return 0.0
    behind = (
        float(_measure_parts(darkness[rows], box.left, box.right, height)[:, [0, -1]].min(axis=1).max(initial=0))
        for box in (before, after)
    )
    return wall if max(behind) < _BEHIND_FRAC * wall else 0.0


def measure_covered_wall(darkness: NDArray[np.uint8], before: Box, after: Box) -> float:
    """Return how much darker than the paper on both its sides a wall between the middles of two boxes is, gray levels.

    It is looked for above and below the digits alone, as one of them may be written over it. 0 where the page ends
    there, or where the middles have no room between them.

    Parameters
    ----------
    darkness : uint8 (H, W), darker is more
    before, after : of two neighbors on a line, px of the page
    """
    height = max(before.height, after.height)
    over = round(_TALLER_FRAC * height)
    top, bottom = min(before.top, after.top), max(before.bottom, after.bottom)
    left, right = round(before.center[0]), round(after.center[0])
    if top < over or bottom + over > len(darkness) or not over or left >= right:
        return 0.0
    rows = np.concatenate([np.arange(top - over, top), np.arange(bottom, bottom + over)])
    around = cv2.dilate(darkness[rows], np.ones((1, 3), np.uint8))  # a line may pass between two columns
    along = _follow_lines(around, rows - rows.mean(), left, right, height)
    return max(0.0, float(np.quantile(along, _HIDDEN_SHARE, axis=1).max()))


def _measure_parts(darkness: NDArray[np.uint8], left: int, right: int, height_px: int) -> NDArray[np.float32]:
    """Return how much darker than on both sides lines aslant are, which cross the middle row between two columns.

    float32 (slopes, parts of a line from top to bottom, columns), gray levels; no columns where there is no room.
    """
    rows = np.arange(len(darkness))
    if len(rows) < _N_PARTS or left >= right:
        return np.zeros((len(_WALL_SLOPES), _N_PARTS, max(0, right - left)), np.float32)
    along = _follow_lines(darkness, rows - rows.mean(), left, right, height_px)
    starts = np.array([part[0] for part in np.array_split(rows, _N_PARTS)])
    counts = np.diff([*starts, len(rows)])
    return (np.add.reduceat(along, starts, axis=1) / counts[:, None]).astype(np.float32)


def _follow_lines(
    darkness: NDArray[np.uint8], below_px: NDArray[np.float64], left: int, right: int, height_px: int
) -> NDArray[np.float32]:
    """Return how much darker than on both sides lines aslant are in each row, float32 (slopes, rows, columns).

    Parameters
    ----------
    darkness : uint8 (rows, W), darker is more
    below_px : float64 (rows,), how far each row is below the one where the lines cross the columns `left` to `right`
    height_px : of the digits
    """
    beside = max(2, round(_BESIDE_FRAC * height_px))
    aside = np.rint(below_px * _WALL_SLOPES[:, None]).astype(int)
    reach = beside + int(np.abs(aside).max())
    near = np.clip(np.arange(left - reach, right + reach), 0, darkness.shape[1] - 1)
    strip = darkness[:, near].astype(np.float32)
    darker = strip[:, beside:-beside] - np.maximum(strip[:, : -2 * beside], strip[:, 2 * beside :])
    columns = np.arange(right - left) + reach - beside
    along: NDArray[np.float32] = darker[np.arange(len(darkness))[:, None], columns + aside[..., None]]
    return along
