from __future__ import annotations

import pytest

from pipeline.geometry import Box
from pipeline.reading.cut_numbers import reject_cut
from pipeline.region import Region
from pipeline.table import Cell, Table
from pipeline.types import PageReading, Reading

REGION = Region(20, 10, 80, 60)


def decide(*boxes: Box, region: Region = REGION) -> list[str | None]:
    readings = tuple(Reading("47", 1.0, box, ()) for box in boxes)
    decided = reject_cut(PageReading("a.png", 1, (100, 70), readings, "digits", {}), region).readings
    assert all((r.status == "rejected") == (r.reason is not None) for r in decided)
    return [reading.reason for reading in decided]


@pytest.mark.parametrize(
    ("box", "is_cut"),
    [
        (Box(30, 20, 50, 40), False),
        (Box(20, 20, 50, 40), True),
        (Box(30, 12, 50, 40), True),
        (Box(30, 20, 79, 40), True),
        (Box(30, 20, 50, 60), True),
        (Box(23, 13, 77, 57), False),
    ],
    ids=["inside", "left", "top", "right", "bottom", "near"],
)
def test_number_at_the_rim_is_rejected(box: Box, is_cut: bool) -> None:
    assert decide(box) == ["the rim of the region cuts it" if is_cut else None]


def test_rim_of_the_picture_cuts_nothing() -> None:
    corners = Box(0, 0, 20, 20), Box(80, 50, 100, 70)
    assert decide(*corners, region=Region(0, 0, 100, 70)) == [None, None]
    assert decide(*corners, region=Region(0, 0, 100, 100, is_percent=True)) == [None, None]


def test_cell_of_a_cut_number_is_rejected_with_it() -> None:
    corners = ((20, 10), (50, 10), (50, 60), (20, 60))
    cells = tuple(Cell(1, column, "47", "accepted", corners) for column in (1, 2)) + (Cell(2, 1, "", "empty", corners),)
    boxes = Box(20, 20, 30, 40), Box(40, 20, 50, 40)
    readings = tuple(Reading("47", 1.0, box, (), place=(1, 1, at)) for at, box in enumerate(boxes, start=1))
    page = PageReading("a.png", 1, (100, 70), readings, "digits", {}, tables=(Table(2, 2, cells, True),))
    decided = reject_cut(page, REGION)
    assert decided.tables is not None
    assert [cell.status for cell in decided.tables[0].cells] == ["rejected", "accepted", "empty"]
    assert [reading.status for reading in decided.readings] == ["rejected", "accepted"]


def test_no_number_is_none() -> None:
    assert decide() == []
