"""Photographed tables: chance comes from the seed, cells lie where they are said to, each kind is what it is called."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from tests.support.papers import make_supplies
from train.synthesis.documents.table_photos import KINDS, TablePhoto, photograph_table


@cache
def draw(number: int) -> TablePhoto:
    return photograph_table(make_supplies(), 3, number)


def test_same_seed_and_number_make_the_same_photo() -> None:
    again = photograph_table(make_supplies(), 3, 0)
    assert np.array_equal(again.photo, draw(0).photo)
    assert [cell.text for cell in again.cells] == [cell.text for cell in draw(0).cells]


@pytest.mark.parametrize("number", range(5))
def test_cells_are_on_the_photo(number: int) -> None:
    photo = draw(number)
    corners = np.concatenate([cell.corners for cell in photo.cells])
    assert photo.kind == KINDS[number]
    assert (corners > 0).all() and (corners < photo.photo.shape[::-1]).all()
    assert len({(cell.row, cell.column) for cell in photo.cells}) == len(photo.cells)


def test_some_cells_are_empty_and_some_are_not() -> None:
    texts = [cell.text for number in range(5) for cell in draw(number).cells]
    assert 0.2 < np.mean([not text for text in texts]) < 0.6
    assert {1, 2, 3, 4} <= {len(text) for text in texts}


def measure_turn(photo: TablePhoto) -> float:
    (x0, y0), (x1, y1) = photo.cells[0].corners[0], photo.cells[0].corners[1]
    return abs(float(np.degrees(np.arctan2(y1 - y0, x1 - x0))))


def test_kinds_are_what_they_are_called() -> None:
    assert measure_turn(draw(KINDS.index("slanted"))) > 4 > measure_turn(draw(KINDS.index("ruled")))
    spans = {kind: any(c.row_span * c.column_span > 1 for c in draw(at).cells) for at, kind in enumerate(KINDS)}
    assert spans == {kind: kind == "spanning" for kind in KINDS}
    unruled = draw(KINDS.index("unruled"))
    assert all(any(c.text for c in unruled.cells if c.row == row) for row in {c.row for c in unruled.cells})
