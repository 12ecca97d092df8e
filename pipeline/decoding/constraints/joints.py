"""Where the digits of a line may be joined to numbers or divided, and what it costs to do other than the rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, log
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.decoding.lattice_decoder import GroupedLine
from pipeline.decoding.pick import Pick
from pipeline.layout.number_groups import measure_gaps
from pipeline.page_scale import measure_digit_height
from pipeline.recognition.column_classes import POINTS
from pipeline.settings.layout import NumberGroupSettings
from pipeline.types import Lattice

_REGROUP = 2.0
"""Nats: what it costs at least to group two neighbors otherwise than the rules."""

_LEAST_LINK = 0.1
"""What the page network says of two neighbors is never surer than that."""

_WIDER = 1.5
"""A number may be divided at a gap so many times wider than its others."""


MeasureLink: TypeAlias = Callable[[tuple[float, float], tuple[float, float]], float]
"""Of the centers of two neighbors, (x, y) px: how probable it is, 0..1, that they belong to one number."""


@dataclass(frozen=True, slots=True)
class Joint:
    """A place before, between or behind the digits of a line.

    Attributes
    ----------
    start : cut of the lattice from which a number that begins here takes in ink
    end : cut up to which a number that ends here does
    is_end : whether one number ends here by the rules, and the next begins
    cost : nats, of deciding otherwise; infinite where that is out of the question
    """

    start: int
    end: int
    is_end: bool
    cost: float


def find_joints(
    line: GroupedLine,
    lattice: Lattice,
    settings: NumberGroupSettings,
    measure_link: MeasureLink | None,
    is_parted: bool,
) -> list[Joint]:
    """Return the places of a line's n digits where a number may begin or end: n + 1, the line's ends among them.

    Parameters
    ----------
    line : its digits, one at least, grouped by the rules
    lattice : of the line
    settings : how wide gaps are
    measure_link : how probable the page network takes it that two neighbors are of one number; None without one
    is_parted : whether numbers are written with signs or spaces, so that gaps and signs are expected
    """
    boxes = [pick.span.box for pick in line.digits]
    height, gaps = measure_digit_height(boxes), measure_gaps(boxes)
    ends = {number[0] for number in line.numbers}
    inner = [gap for k, gap in enumerate(gaps.tolist(), start=1) if k not in ends]
    near_px = max([settings.least_gap_frac * height, *inner])
    white = measure_white(lattice)
    joints = []
    for k in range(len(boxes) + 1):
        low = line.digits[k - 1].span.last if k > 0 else 0
        high = line.digits[k].span.first if k < len(boxes) else lattice.n_cuts - 1
        between = low + int(white[low : high + 1].argmax())
        start, end = high, low
        while start > between and white[start] <= near_px and k < len(boxes):
            start -= 1
        while end < between and white[end] <= near_px and k > 0:
            end += 1
        cost = inf
        if 0 < k < len(boxes):
            cost = _price(line, k, gaps, height, settings, measure_link, is_parted)
        joints.append(Joint(start, end, k in ends or k == len(boxes), cost))
    return joints


def measure_white(lattice: Lattice) -> NDArray[np.float64]:
    """Return the white in px at each cut, between the ink before it and that behind, float64; infinite at the ends."""
    atoms = sorted((s.first, s.box) for s in lattice.spans if s.last == s.first + 1)
    gaps = measure_gaps([box for _, box in atoms])
    return np.array([inf, *gaps.tolist(), inf])


def _price(
    line: GroupedLine,
    k: int,
    gaps: NDArray[np.float64],
    height: float,
    settings: NumberGroupSettings,
    measure_link: MeasureLink | None,
    is_parted: bool,
) -> float:
    """Return what it costs to join the numbers that end and begin before digit k, or to divide the one around it."""
    before, after = line.digits[k - 1], line.digits[k]
    gap, between = max(0.0, float(gaps[k - 1])) / height, _list_between(line, before, after)
    linked = measure_link(before.span.box.center, after.span.box.center) if measure_link else None
    if any(number[0] == k for number in line.numbers):
        is_barred = any(pick.sign and pick.sign not in POINTS for pick in between) and not is_parted
        if is_barred or gap > settings.far_heights:
            return inf
        return gap if is_parted else _REGROUP - log(max(linked or 0.0, _LEAST_LINK)) + gap
    own = next(number for number in line.numbers if k in number)
    others = [float(gaps[i - 1]) for i in own[1:] if i != k]
    usual = max(0.0, float(np.median(others))) / height if others else settings.least_gap_frac
    is_wide = gap > max(settings.least_gap_frac, _WIDER * usual if others else 0.0)
    is_cut = any(pick.span.box.height >= settings.sign_height_frac * height for pick in between)
    if not (is_wide or is_cut or (linked is not None and linked < settings.least_link)):
        return inf
    parted = 0.0 if linked is None else 1 - linked
    return _REGROUP - log(max(parted, _LEAST_LINK)) + min(1.0, usual / max(gap, 1e-6))


def _list_between(line: GroupedLine, before: Pick, after: Pick) -> list[Pick]:
    """Return the ink passed over whose middle lies between those of two digits."""
    left, right = before.span.box.center[0], after.span.box.center[0]
    return [pick for pick in line.picks if not pick.is_digit and left < pick.span.box.center[0] < right]
