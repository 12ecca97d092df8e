"""Digits of a line -> the numbers they form."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box
from pipeline.page_scale import measure_digit_height
from pipeline.settings.layout import NumberGroupSettings

_BROADEST_FRAC = 0.25
"""Of the height: broader ink between digits is no line or stroke, but what lies between labels, or a patch."""

_BLURRED = 16
"""Part of the height by which the blurred edge of a digit reaches into the gap beside it."""

_LEAST_GAP_PX = 5
"""A narrower gap has no room for a line and paper on both its sides."""

Link = Callable[[Box, Box], tuple[float, bool]]
"""Of two neighbors' boxes: how probable it is, 0..1, that they belong to one number, and whether ink stands between."""


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
        ink between them, or white that is wide, ends one that it does not link
    """
    if not digits:
        return []
    height = measure_digit_height(digits)
    limit = find_gap_limit(measure_gaps(digits), height, settings)
    least, most = settings.sign_height_frac * height, settings.tallest_sign_frac * height
    tall = [b for b in signs if least <= b.height <= most]
    numbers = [[0]]
    for i, gap in enumerate(measure_gaps(digits), start=1):
        ends = gap > limit or any(_stands_between(s, digits[i - 1], digits[i]) for s in tall)
        if link is not None:
            linked, is_parted = link(digits[i - 1], digits[i])
            is_far = gap > settings.far_heights * height
            ends = linked < settings.sure_link if ends else (is_parted or is_far) and linked < settings.least_link
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


def are_parted(
    ink: NDArray[np.uint8], darkness: NDArray[np.uint8], before: Box, after: Box, settings: NumberGroupSettings
) -> bool:
    """Return whether a wall, a sign, a letter or a pale line of a table stands in the gap between two boxes.

    Parameters
    ----------
    ink : uint8 (H, W), 255 ink, rulings among it
    darkness : uint8 (H, W), darker is more
    before, after : of two neighbors on a line, px of the page
    settings : how much of the gap ink takes, and how much darker a pale line is than the paper
    """
    if has_ink_between(ink, before, after, settings.parted_rows_frac):
        return True
    return measure_line_between(darkness, before, after) >= settings.pale_line_levels


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


def measure_line_between(darkness: NDArray[np.uint8], before: Box, after: Box) -> float:
    """Return how much darker than the rest an upright line in the gap between two boxes is, gray levels.

    A line of a table that is too pale to be ink still shows in the mean over the rows.

    Parameters
    ----------
    darkness : uint8 (H, W), darker is more
    before, after : of two neighbors on a line, px of the page
    """
    top, bottom = max(before.top, after.top), min(before.bottom, after.bottom)
    blur = max(2, (bottom - top) // _BLURRED)
    left, right = before.right + blur, after.left - blur
    if bottom - top < _LEAST_GAP_PX or right - left < _LEAST_GAP_PX:
        return 0.0
    profile = np.sort(darkness[top:bottom, left:right].mean(axis=0))
    broadest = max(2, int(_BROADEST_FRAC * (bottom - top)))
    if len(profile) <= broadest:
        return 0.0
    return float(profile[-2:].mean() - max(profile[len(profile) // 2], profile[-1 - broadest]))
