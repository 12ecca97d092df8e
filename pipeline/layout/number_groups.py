"""Digits of a line -> the numbers they form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box
from pipeline.layout.between_digits import Between
from pipeline.page_scale import measure_digit_height
from pipeline.robust_stats import median
from pipeline.settings.layout import NumberGroupSettings

_LEAST_WALLS = 2
"""One alone may be a crease or a hair through a number."""

_LIKELY = 0.5
"""A link is more probable than not."""

_ALIKE, _MOST_COVERED = 0.5, 0.6
"""A wall that a digit is written over is at least so dark as the others of its line, and they as it; and how many such
walls a line has at most, of the others."""

Link = Callable[[Box, Box], Between]
"""Of two neighbors' boxes, left and right."""


def split_numbers(
    digits: Sequence[Box],
    signs: Sequence[Box],
    settings: NumberGroupSettings,
    link: Link | None = None,
    parting: Sequence[Box] = (),
) -> list[list[int]]:
    """Return the numbers of a line, each a list of indices into `digits`, left to right.

    A number ends at a gap clearly wider than the gaps between its digits, and at a sign or letter.

    Parameters
    ----------
    digits : boxes of the digits of one line, left to right
    signs : boxes of the ink between them that was read as no digit
    link : what the page network says of two neighbors; a gap or a sign ends no number whose digits it surely links,
        unless the gap is beyond all others, and ink or a wall between them, or white that is wide, ends one that it
        does not link. A wall in a gap wider than the digits are tall ends one that is not more likely linked than not.
        Walls always end one where they bound cells of several digits, those too that a digit is written over, and what
        is more likely linked than not is then sure; in a comb each box holds a digit.
    parting : boxes of the signs and letters known by name that end a number wherever they stand
    """
    if not digits:
        return []
    height = measure_digit_height(digits)
    gaps = measure_gaps(digits)
    limit = find_gap_limit(gaps, height, settings)
    least, most = settings.sign_height_frac * height, settings.tallest_sign_frac * height
    tall = [b for b in signs if least <= b.height <= most]
    numbers = [[0]]
    betweens = [link(*pair) for pair in pairwise(digits)] if link is not None else []
    ends_cell = find_cell_ends(betweens, settings.least_wall_levels)
    sure_link = _LIKELY if any(ends_cell) else settings.sure_link
    beyond = settings.gap_ratio**2 * median(gaps) if len(gaps) else 0.0
    for i, gap in enumerate(gaps, start=1):
        ends = gap > limit or any(_stands_between(s, digits[i - 1], digits[i]) for s in tall)
        if link is not None:
            linked, has_ink, has_wall, _ = betweens[i - 1]
            is_parted = has_ink or has_wall or gap > settings.far_heights * height
            is_joined = linked >= sure_link and gap <= beyond
            least = _LIKELY if has_wall and gap > height else settings.least_link
            ends = not is_joined if ends else is_parted and linked < least
            ends = ends or ends_cell[i - 1]
        ends = ends or any(_stands_between(sign, digits[i - 1], digits[i]) for sign in parting)
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
    """Return whether the walls of a line bound cells of several digits: half of the cells, or more, hold two.

    Parameters
    ----------
    walls : of each gap between two digits, whether a wall stands there
    """
    if sum(walls) < _LEAST_WALLS:
        return False
    n_digits = np.diff(np.flatnonzero([True, *walls, True]))
    return bool(np.mean(n_digits > 1) >= 0.5)


def find_cell_ends(betweens: Sequence[Between], least_levels: float) -> list[bool]:
    """Return at which gaps of a line a cell ends; at none where its cells do not hold several digits.

    Parameters
    ----------
    betweens : what there is in each gap
    least_levels : a paler wall is none, gray levels
    """
    walls = [between.has_wall for between in betweens]
    if not has_cells(walls):
        return [False] * len(walls)
    levels = [between.measure_covered() for between in betweens]
    usual = median([level for level, is_wall in zip(levels, walls, strict=True) if is_wall])
    low, high = max(least_levels, _ALIKE * usual), usual / _ALIKE
    covered = [low <= level <= high and not is_wall for level, is_wall in zip(levels, walls, strict=True)]
    if sum(covered) > _MOST_COVERED * sum(walls):
        return walls
    return [is_wall or is_covered for is_wall, is_covered in zip(walls, covered, strict=True)]
