"""Digits of a line -> the numbers they form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box
from pipeline.page_scale import measure_digit_height
from pipeline.settings.layout import NumberGroupSettings

_BROADEST_FRAC = 0.25
"""Of the height: broader ink between digits is no line or stroke, but what lies between labels, or a patch."""

_TALLER_FRAC, _BESIDE_FRAC = 0.3, 0.1
"""Of the height: by how much a wall is taller than the digits, above and below, and how far beside it paper shows."""

_N_PARTS = 5
"""Parts of a wall, top to bottom; each but one is seen: a crossing line may hide it there."""

_WALL_SLOPES = np.linspace(-0.2, 0.2, 9)
"""Px to the side for each px down: tables are photographed aslant."""

_LEAST_WALLS = 2
"""One alone may be a crease or a hair through a number."""


class Between(NamedTuple):
    """What there is between two neighbors on a line.

    Attributes
    ----------
    linked : how probable it is, 0..1, that they belong to one number
    has_ink : whether a stroke, a sign or a letter stands there
    has_wall : whether the wall of a box or the line of a table does
    """

    linked: float
    has_ink: bool
    has_wall: bool


Link = Callable[[Box, Box], Between]
"""Of two neighbors' boxes."""


def split_numbers(
    digits: Sequence[Box], signs: Sequence[Box], settings: NumberGroupSettings, link: Link | None = None
) -> list[list[int]]:
    """Return the numbers of a line, each a list of indices into `digits`, left to right.

    A number ends at a gap clearly wider than the gaps between its digits, and at a sign or letter.

    Parameters
    ----------
    digits : boxes of the digits of one line, left to right
    signs : boxes of the ink between them that was read as no digit
    link : what the page network says of two neighbors; a gap or a sign ends no number whose digits it surely links, and
        ink or a wall between them, or white that is wide, ends one that it does not link. Walls always end one where
        they bound cells of several digits; in a comb each box holds a digit.
    """
    if not digits:
        return []
    height = measure_digit_height(digits)
    limit = find_gap_limit(measure_gaps(digits), height, settings)
    least, most = settings.sign_height_frac * height, settings.tallest_sign_frac * height
    tall = [b for b in signs if least <= b.height <= most]
    numbers = [[0]]
    betweens = [link(*pair) for pair in pairwise(digits)] if link is not None else []
    are_cells = has_cells([between.has_wall for between in betweens])
    for i, gap in enumerate(measure_gaps(digits), start=1):
        ends = gap > limit or any(_stands_between(s, digits[i - 1], digits[i]) for s in tall)
        if link is not None:
            linked, has_ink, has_wall = betweens[i - 1]
            is_parted = has_ink or has_wall or gap > settings.far_heights * height
            ends = linked < settings.sure_link if ends else is_parted and linked < settings.least_link
            ends = ends or (has_wall and are_cells)
        if ends:
            numbers.append([])
        numbers[-1].append(i)
    return numbers


def measure_gaps(boxes: Sequence[Box]) -> NDArray[np.float64]:
    """Return the white space in px before each box but the first, (N - 1,); negative where boxes overlap."""
    rights = np.maximum.accumulate([b.right for b in boxes[:-1]]) if len(boxes) > 1 else np.zeros(0)
    return np.array([b.left for b in boxes[1:]], np.float64) - rights


def find_gap_limit(gaps: NDArray[np.float64], height_px: float, settings: NumberGroupSettings) -> float:
    """Return the gap in px above which a new number begins; infinity where all gaps are alike.

    The gaps between digits and those between numbers are two clusters: the limit lies at the widest step, as a ratio,
    between one sorted gap and the next, if the gaps above it are so much wider on the mean than those below that it is
    no accident of handwriting.
    """
    ordered = np.sort(np.maximum(gaps, settings.least_gap_frac * height_px))
    if len(ordered) < 2:
        return float("inf")
    step = 1 + int(np.argmax(ordered[1:] / np.maximum(ordered[:-1], 1e-9)))
    if ordered[step:].mean() < settings.gap_ratio * ordered[:step].mean():
        return float("inf")
    return float(np.sqrt(ordered[step - 1] * ordered[step]))


def _stands_between(sign: Box, before: Box, after: Box) -> bool:
    return before.center[0] < sign.center[0] < after.center[0]


def has_cells(walls: Sequence[bool]) -> bool:
    """Return whether the walls of a line bound cells of several digits: half of what two of them bound, or more.

    Parameters
    ----------
    walls : of each gap between two digits, whether a wall stands there
    """
    at = np.flatnonzero([True, *walls, True])
    if len(at) < _LEAST_WALLS + 2:
        return False
    return bool(np.mean(np.diff(at) > 1) >= 0.5)


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
        measure_wall(darkness, before, after) >= settings.least_wall_levels,
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


def measure_wall(darkness: NDArray[np.uint8], before: Box, after: Box) -> float:
    """Return how much darker than the paper on both its sides a wall in the gap between two boxes is, gray levels.

    It is thin, more or less upright, and taller than the digits; a line that is too pale to be ink still shows in the
    means over its parts. 0 where the gap has no room for one, or where such a line runs behind one of the digits, as
    on squared paper.

    Parameters
    ----------
    darkness : uint8 (H, W), darker is more
    before, after : of two neighbors on a line, px of the page
    """
    height = max(before.height, after.height)
    over = round(_TALLER_FRAC * height)
    rows = slice(max(0, min(before.top, after.top) - over), max(before.bottom, after.bottom) + over)
    wall = 0.0
    for slope in _WALL_SLOPES:
        aside = round(abs(slope) * height / 2)
        parts = _measure_parts(darkness[rows], before.right + aside, after.left - aside, slope, height)
        wall = max(wall, float(np.sort(parts, axis=0)[1].max(initial=0)))
    behind = (
        _measure_parts(darkness[rows], box.left, box.right, slope, height)[[0, -1]].min(axis=0).max(initial=0)
        for box in (before, after)
        for slope in _WALL_SLOPES
    )
    return wall if wall and max(behind) < wall / 2 else 0.0


def _measure_parts(
    darkness: NDArray[np.uint8], left: int, right: int, slope: float, height_px: int
) -> NDArray[np.float32]:
    """Return how much darker than on both sides lines aslant are, which cross the middle row between two columns.

    float32 (parts of a line from top to bottom, columns), gray levels; no columns where there is no room.
    """
    rows, columns = np.arange(len(darkness)), np.arange(left, right)
    if len(rows) < _N_PARTS or not len(columns):
        return np.zeros((_N_PARTS, 0), np.float32)
    beside = max(2, round(_BESIDE_FRAC * height_px))
    along = columns + np.round((rows - rows.mean()) * slope).astype(int)[:, None]
    here, before, after = (
        darkness[rows[:, None], np.clip(along + d, 0, darkness.shape[1] - 1)].astype(np.float32)
        for d in (0, -beside, beside)
    )
    return np.stack([part.mean(axis=0) for part in np.array_split(here - np.maximum(before, after), _N_PARTS)])
