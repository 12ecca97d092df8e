from __future__ import annotations

import numpy as np

from pipeline.forms.field_lattice import _share_out, measure_inside
from pipeline.geometry import Box
from pipeline.types import Component
from tests.support.drawing import make_component

COMB = Box(0, 0, 120, 40)


def count_cells(*marks: Component) -> list[int]:
    return [sum(mark.area_px for mark in own) for own in _share_out(marks, COMB, 3)]


def test_mark_belongs_to_the_box_that_has_most_of_it() -> None:
    assert count_cells(make_component(45, 5, 75, 35)) == [0, 900, 0]
    assert count_cells(make_component(30, 5, 75, 35)) == [0, 1350, 0]


def test_mark_over_two_boxes_is_cut_at_the_wall() -> None:
    assert count_cells(make_component(10, 5, 70, 35)) == [900, 900, 0]


def test_marks_of_one_box_stay_together() -> None:
    assert count_cells(make_component(85, 5, 95, 15), make_component(90, 20, 110, 35)) == [0, 0, 400]


def test_share_inside_counts_ink_alone() -> None:
    mask = np.zeros((10, 10), np.uint8)
    mask[:, :5] = 255
    mark = Component(Box(-0, 0, 10, 10), mask, 50, 3.0)
    assert measure_inside(mark, Box(0, 0, 5, 10)) == 1.0
    assert measure_inside(mark, Box(5, 0, 20, 10)) == 0.0
    assert measure_inside(mark, Box(50, 50, 60, 60)) == 0.0
