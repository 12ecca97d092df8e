from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.detection.page_network import CELL_PX, N_CHANNELS
from pipeline.forms.field_lattice import _share_out, measure_inside, read_lattice
from pipeline.forms.field_picture import FieldPicture
from pipeline.forms.read_form import make_form_settings
from pipeline.geometry import Box
from pipeline.reading.run_stages import StageRunner
from pipeline.reading.stage_timer import StageTimer
from pipeline.settings.tree import Settings
from pipeline.types import Component, Page
from tests.support.drawing import make_component, make_reader

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


class BlindNetwork:
    """A page network that sees no digit."""

    def predict(self, gray: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the maps of a page."""
        return np.full((-(-gray.shape[0] // CELL_PX), -(-gray.shape[1] // CELL_PX), N_CHANNELS), -8, np.float32)


@pytest.mark.parametrize(("stroke_px", "is_blank"), [(44, False), (8, True), (0, True)], ids=["1", "speck", "nothing"])
def test_writing_that_the_page_network_misses_is_read(stroke_px: int, is_blank: bool) -> None:
    gray = np.full((120, 200), 220, np.uint8)
    gray[40 : 40 + stroke_px, 80:85] = 40
    picture = FieldPicture(Page(gray), Box(20, 20, 180, 100), np.zeros_like(gray), gray)
    classifier = replace(make_reader(), page_network=BlindNetwork())
    found = read_lattice(picture, None, StageRunner(classifier, make_form_settings(Settings()), StageTimer(0.0)))
    assert (found.lattice is None) == is_blank
