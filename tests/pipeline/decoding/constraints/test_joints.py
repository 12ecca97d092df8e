"""Where digits may be joined or divided, by hand: digits 10 px wide and 20 high."""

from __future__ import annotations

from math import inf, log

import numpy as np
import pytest

from pipeline.decoding.constraints.joints import find_joints, measure_white
from pipeline.decoding.lattice_decoder import GroupedLine
from pipeline.decoding.pick import Pick
from pipeline.geometry import Box
from pipeline.settings.layout import NumberGroupSettings
from pipeline.types import Lattice, Span
from tests.support.drawing import make_line

SETTINGS = NumberGroupSettings()


def make_line_of(lefts: list[int], numbers: list[list[int]], others: dict[int, str] | None = None) -> tuple:
    """Return a line with a digit at each of `lefts` but at `others`, which are passed over; and its lattice."""
    others = others or {}
    boxes = [Box(left, 0, left + 10, 20) for left in lefts]
    spans = [Span(i, i + 1, box, np.full((20, 10), 255, np.uint8), 3.0) for i, box in enumerate(boxes)]
    row = np.full(10, 0.1, np.float32)
    picks = [Pick(span, row, left not in others, others.get(left, "")) for span, left in zip(spans, lefts, strict=True)]
    lattice = Lattice(make_line(*((b.left, b.top, b.right, b.bottom) for b in boxes)), len(boxes) + 1, tuple(spans))
    return GroupedLine(1, picks, [pick for pick in picks if pick.is_digit], numbers, []), lattice


def test_white_by_hand() -> None:
    _, lattice = make_line_of([0, 12, 40], [[0, 1, 2]])
    assert measure_white(lattice).tolist() == [inf, 2, 18, inf]


def test_joined_neighbors_cost_more_the_wider_the_gap() -> None:
    line, lattice = make_line_of([0, 12, 42, 54], [[0, 1], [2, 3]])
    joints = find_joints(line, lattice, SETTINGS, None, is_parted=False)
    assert [(j.start, j.end, j.is_end) for j in joints] == [
        *[(0, 0, True), (1, 1, False), (2, 2, True), (3, 3, False), (4, 4, True)]
    ]
    # the gap is 20 px wide, one height; nothing else may be done otherwise: the inner gaps are no wider than usual
    assert [j.cost for j in joints] == [inf, inf, pytest.approx(2 - log(0.1) + 1), inf, inf]
    parted = find_joints(line, lattice, SETTINGS, None, is_parted=True)
    assert parted[2].cost == pytest.approx(1)  # signs stand in gaps


@pytest.mark.parametrize(
    ("linked", "cost"), [(1.0, 2 + 1), (0.5, 2 - log(0.5) + 1), (0.0, 2 - log(0.1) + 1)], ids=["yes", "maybe", "no"]
)
def test_page_network_says_whether_neighbors_belong_together(linked: float, cost: float) -> None:
    line, lattice = make_line_of([0, 12, 42, 54], [[0, 1], [2, 3]])
    joints = find_joints(line, lattice, SETTINGS, lambda *_: linked, is_parted=False)
    assert joints[2].cost == pytest.approx(cost)


def test_number_is_divided_where_its_gap_is_wide() -> None:
    line, lattice = make_line_of([0, 12, 42, 54], [[0, 1, 2, 3]])
    joints = find_joints(line, lattice, SETTINGS, None, is_parted=False)
    # the gap is 20 px wide, the usual one 2
    assert [j.cost for j in joints] == [inf, inf, pytest.approx(2 - log(0.1) + 0.1), inf, inf]


def test_far_neighbors_are_never_joined() -> None:
    line, lattice = make_line_of([0, 12, 110, 122], [[0, 1], [2, 3]])
    assert find_joints(line, lattice, SETTINGS, None, is_parted=True)[2].cost == inf


@pytest.mark.parametrize(
    ("sign", "is_parted", "is_barred"), [("/", False, True), ("/", True, False), (".", False, False)]
)
def test_sign_bars_what_is_written_without(sign: str, is_parted: bool, is_barred: bool) -> None:
    line, lattice = make_line_of([0, 12, 24], [[0], [1]], {12: sign})
    assert (find_joints(line, lattice, SETTINGS, None, is_parted)[1].cost == inf) == is_barred


def test_near_ink_beside_a_number_is_taken_in_and_far_ink_is_not() -> None:
    line, lattice = make_line_of([0, 60, 72, 84, 140], [[0, 1]], {0: "", 84: "", 140: ""})
    first, _, last = find_joints(line, lattice, SETTINGS, None, is_parted=False)
    assert (first.start, last.end) == (1, 4)  # what stands at 84 is near, what stands at 0 and 140 is far


def test_ink_between_two_numbers_is_of_one_of_them_alone() -> None:
    line, lattice = make_line_of([0, 11, 26, 37], [[0], [1]], {11: "", 26: ""})
    joint = find_joints(line, lattice, SETTINGS, None, is_parted=False)[1]
    assert (joint.start, joint.end) == (2, 2)  # the widest white, 5 px, is between the two strokes
