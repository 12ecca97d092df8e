"""The minus before a number, the point and the comma inside it: recognized by where ink stands beside the digits.

No network takes part. A sign is written into a number's text; its digits and their confidence stay what they were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
from numpy.typing import NDArray

from pipeline.decoding.lattice_decoder import make_reading
from pipeline.decoding.marks import (
    Body,
    LabeledInk,
    Mark,
    find_marks,
    label_marks,
    measure_body,
    measure_mark,
    measure_reach,
)
from pipeline.geometry import Box
from pipeline.layout.number_groups import measure_gaps
from pipeline.settings.decoding import SignSettings
from pipeline.types import Digit, InkMask, Reading

DASH = "-"
"""Before a number a minus; between two digits it parts them, and is no part of either number."""

_LEAST_SHARED = 0.5
"""Two numbers stand side by side when their nearest digits share this much of the smaller one's height."""

_LETTER_HEIGHTS = (0.35, 1.6)
"""Ink so tall, in heights of the digits, is a letter or a digit; less is dust, more the wall of a box."""

_MINUS_GAPS = 1.5
"""The white before a minus is so much wider than that behind it, or the dash stands between two things."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign beside a digit, or anything that the line network knows by name: its text and its box, px."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """The ink of a page, the labels in it that are digits, and what a sign looks like."""

    ink: LabeledInk
    taken: frozenset[int]
    settings: SignSettings


@dataclass(frozen=True, slots=True)
class _Row:
    """Where a few digits stand: their height, foot and middle (y, downward), px, and their pen."""

    height: float
    foot: float
    middle: float
    stroke_width_px: float
    contrast: float


@dataclass(frozen=True, slots=True, eq=False)
class _Number:
    """A number being written: digits, their ink, the sign before each; `reading` while it has the digits of one."""

    digits: list[Digit]
    bodies: list[Body]
    signs: list[Sign | None]
    line: int
    reading: Reading | None


def write_signs(
    readings: Sequence[Reading],
    mask: InkMask,
    darkness: NDArray[np.uint8],
    settings: SignSettings,
) -> tuple[Reading, ...]:
    """Return the readings with their signs in the text; numbers that a point or a comma holds together are joined.

    A dash between two digits parts them. Nothing is written after a number's last digit.

    Parameters
    ----------
    readings : numbers of a page in reading order, boxes in page px
    mask : the ink that they were read from
    darkness : uint8 (H, W), PAPER_LEVEL paper .. 255 black
    settings : where a sign stands and what it looks like
    """
    if not settings.is_enabled or not readings:
        return tuple(readings)
    ink = label_marks(mask, darkness)
    bodies = [[measure_body(ink, digit.box) for digit in reading.digits] for reading in readings]
    taken = frozenset(label for row in bodies for body in row for label in body.labels)
    scene = Scene(ink, taken, settings)
    parts = [part for r, row in zip(readings, bodies, strict=True) for part in _part(r, row, scene)]
    return tuple(_finish(number, scene) for number in _join(parts, scene))


def find_sign(before: Sequence[Body], after: Sequence[Body], scene: Scene, usual_gap_px: float = 0) -> Sign | None:
    """Return the point, the comma or the parting dash between two digits, or None.

    Parameters
    ----------
    before, after : the digits on either side, left to right, one or two each
    scene : ink of the page
    usual_gap_px : white between the other digits of their number; a point may have as much on either side
    """
    a, b = before[-1], after[0]
    row = _measure_row([*before, *after])
    zone = (a.box.center[0], row.foot - row.height, b.box.center[0], row.foot + row.height / 2)
    marks = [mark for mark in _list_marks(zone, row, scene) if _stands_between(mark, a, b, scene.ink)]
    signs = [(mark, name_sign(mark, row.foot, row.height, scene.settings)) for mark in marks]
    points = [(mark, text) for mark, text in signs if text]
    if len(points) == 1:
        mark, text = points[0]
        white_px = max(mark.box.left - a.box.right, b.box.left - mark.box.right)
        is_near = white_px <= max(usual_gap_px, scene.settings.most_gap_frac * row.height)
        return Sign(text, mark.box) if is_near and not _has_company(mark, marks) else None
    dashes = [mark for mark in marks if _is_dash(mark, row, scene.settings)]
    return Sign(DASH, dashes[0].box) if dashes and not points else None


def name_sign(mark: Mark, foot_px: float, height_px: float, settings: SignSettings) -> str:
    """Return whether a mark between two digits is a point or a comma: ".", "," or "".

    Parameters
    ----------
    mark : small ink
    foot_px : y of the digits' foot
    height_px : height of the digits
    settings : where a sign stands and what it looks like
    """
    rise = (foot_px - mark.box.center[1]) / height_px
    is_long = mark.elongation >= settings.least_elongation
    if rise > settings.foot_frac or mark.breadth_px > settings.widest_frac * height_px:
        return ""
    if is_long and mark.tilt_deg <= settings.most_level_deg:
        return ""
    drops = mark.box.bottom >= foot_px + settings.drop_frac * height_px
    if is_long and drops:
        return "," if mark.length_px <= settings.longest_comma_frac * height_px else ""
    return "." if mark.length_px <= settings.widest_frac * height_px and rise >= -settings.foot_frac else ""


def find_minus(number: Sequence[Body], scene: Scene) -> Sign | None:
    """Return the minus before a number, or None: a dash near its first digit, with white before it.

    Parameters
    ----------
    number : its digits, left to right
    scene : ink of the page
    """
    first, row, settings = number[0].box, _measure_row(number[:2]), scene.settings
    most_gap_px = settings.most_gap_frac * row.height
    left = first.left - most_gap_px - settings.longest_minus_frac * row.height
    zone = (left, row.middle - row.height / 2, first.center[0], row.middle + row.height / 2)
    marks = _list_marks(zone, row, scene)
    for mark in sorted(marks, key=lambda mark: -mark.box.right):
        gap_px = first.left - mark.box.right
        if gap_px > most_gap_px or mark.box.center[0] > first.left or not _is_dash(mark, row, settings):
            continue
        white_px = max(settings.apart_frac * row.height, _MINUS_GAPS * gap_px)
        is_lone = not _has_company(mark, marks) and not _follows_ink(mark, white_px, row, scene)
        return Sign(DASH, mark.box) if is_lone else None
    return None


def _part(reading: Reading, bodies: Sequence[Body], scene: Scene) -> list[_Number]:
    """Return the number with the signs inside it, or its parts where dashes part it."""
    gaps = measure_gaps([body.box for body in bodies])
    signs = []
    for i in range(1, len(bodies)):
        others = np.delete(gaps, i - 1)
        usual_px = float(np.median(others)) if len(others) else 0.0
        signs.append(find_sign(bodies[max(0, i - 2) : i], bodies[i : i + 2], scene, usual_px))
    cuts = [i for i, sign in enumerate(signs, start=1) if sign and sign.text == DASH]
    parts = []
    for start, end in zip([0, *cuts], [*cuts, len(bodies)], strict=True):
        digits, inner = list(reading.digits[start:end]), [None, *signs[start : end - 1]]
        parts.append(_Number(digits, list(bodies[start:end]), inner, reading.line, None if cuts else reading))
    return parts


def _join(numbers: Sequence[_Number], scene: Scene) -> list[_Number]:
    """Return the numbers, those joined that a point or a comma holds together, also where they came as two lines."""
    joined = list(numbers)
    at = 0
    while at < len(joined):
        left = joined[at]
        right = _find_next(left, joined)
        sign = None if right is None else find_sign(left.bodies[-2:], right.bodies[:2], scene)
        if right is None or sign is None or sign.text == DASH:
            at += 1
            continue
        signs = [*left.signs, sign, *right.signs[1:]]
        whole = _Number(left.digits + right.digits, left.bodies + right.bodies, signs, left.line, None)
        joined[at] = whole
        joined.remove(right)
        at = joined.index(whole)
    return joined


def _find_next(left: _Number, numbers: Sequence[_Number]) -> _Number | None:
    """Return the number that stands next to the right at the same height, or None."""
    end, found = left.bodies[-1].box, []
    for number in numbers:
        box = number.bodies[0].box
        shared = min(box.bottom, end.bottom) - max(box.top, end.top)
        is_level = shared >= _LEAST_SHARED * min(box.height, end.height)
        if number is not left and is_level and box.center[0] > end.right:
            found.append((box.left, number))
    return min(found, key=lambda pair: pair[0])[1] if found else None


def _finish(number: _Number, scene: Scene) -> Reading:
    """Return the number with its signs in its text and within its box."""
    reading = number.reading or make_reading(number.digits, number.line)
    signs = [find_minus(number.bodies, scene), *number.signs[1:]]
    text = "".join((sign.text if sign else "") + d.text for sign, d in zip(signs, number.digits, strict=True))
    boxes = tuple(sign.box for sign in signs if sign)
    return replace(reading, text=text, box=Box.around([reading.box, *boxes]), signs=boxes)


def _measure_row(bodies: Sequence[Body]) -> _Row:
    return _Row(
        height=median(body.box.height for body in bodies),
        foot=median(body.box.bottom for body in bodies),
        middle=median(body.box.center[1] for body in bodies),
        stroke_width_px=median(body.stroke_width_px for body in bodies),
        contrast=median(body.contrast for body in bodies),
    )


def _list_marks(zone: tuple[float, float, float, float], row: _Row, scene: Scene) -> list[Mark]:
    """Return what may be a sign in a zone of the page: of the digits' pen, and no part of a digit."""
    settings = scene.settings
    most_px = row.height * max(settings.longest_comma_frac, settings.longest_minus_frac)
    least_px, palest = settings.least_breadth_strokes * row.stroke_width_px, settings.least_contrast_frac * row.contrast
    labels = [label for label in find_marks(scene.ink, zone, most_px) if label not in scene.taken]
    marks = [measure_mark(scene.ink, label) for label in labels]
    return [mark for mark in marks if mark.breadth_px >= least_px and mark.contrast >= palest]


def _stands_between(mark: Mark, a: Body, b: Body, ink: LabeledInk) -> bool:
    """Return whether the ink of digit a ends left of the mark, and that of b begins right of it, in the mark's rows."""
    rows = slice(mark.box.top, mark.box.bottom)
    left, right = measure_reach(ink, a, rows), measure_reach(ink, b, rows)
    x = mark.box.center[0]
    return (left is None or left[1] < x) and (right is None or right[0] > x)


def _is_dash(mark: Mark, row: _Row, settings: SignSettings) -> bool:
    is_level = mark.tilt_deg <= settings.most_level_deg and mark.elongation >= settings.least_elongation
    is_long = settings.shortest_minus_frac <= mark.length_px / row.height <= settings.longest_minus_frac
    return is_level and is_long and abs(mark.box.center[1] - row.middle) <= settings.middle_frac * row.height


def _has_company(mark: Mark, marks: Sequence[Mark]) -> bool:
    """Return whether another mark, no smaller than half, stands above or below: a colon, an equals or division sign."""
    left, right = mark.box.left - mark.breadth_px, mark.box.right + mark.breadth_px
    others = [other for other in marks if other is not mark and left <= other.box.center[0] <= right]
    return any(other.length_px >= mark.length_px / 2 for other in others)


def _follows_ink(mark: Mark, white_px: float, row: _Row, scene: Scene) -> bool:
    """Return whether a letter or a digit, of the digits' pen, ends less than `white_px` before the mark."""
    left, top, right, bottom = scene.ink.boxes.T
    is_beside = (top < row.middle + row.height / 2) & (bottom > row.middle - row.height / 2)
    is_before = (right > mark.box.left - white_px) & (right <= mark.box.center[0]) & (left < mark.box.left)
    shortest, tallest = (frac * row.height for frac in _LETTER_HEIGHTS)
    is_letter = (bottom - top >= shortest) & (bottom - top <= tallest)
    found = [measure_mark(scene.ink, int(i) + 1) for i in np.flatnonzero(is_beside & is_before & is_letter)]
    return any(other.contrast >= scene.settings.least_contrast_frac * row.contrast for other in found)
