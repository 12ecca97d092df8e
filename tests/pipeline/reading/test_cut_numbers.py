from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import Box
from pipeline.reading.cut_numbers import reject_at_rim
from pipeline.region import Region
from pipeline.table import Cell, Table
from pipeline.types import Digit, Page, PageReading, Reading

REGION = Region(40, 30, 160, 120)
CUT, GOES_ON = "the rim of the region cuts it", "it goes on beyond the rim of the region"
LONGER = "with what is around the region it has more digits"
SIZE = (200, 150)
PAGE = Page(np.full(SIZE[::-1], 255, np.uint8))


def make_reading(*boxes: Box) -> Reading:
    """Return a number of these digits."""
    return Reading("4" * len(boxes), 1.0, Box.around(boxes), tuple(Digit("4", 1.0, box) for box in boxes))


def make_page(*numbers: Reading) -> PageReading:
    return PageReading("a.png", 1, SIZE, numbers, "digits", {})


def decide(*numbers: Reading, beyond: tuple[Reading, ...] | None = None, region: Region = REGION) -> list[str | None]:
    """Return the reasons of numbers, those of a larger part the same ones where `beyond` is None."""
    larger = numbers if beyond is None else beyond
    decided = reject_at_rim(make_page(*numbers), PAGE, region, lambda part: make_page(*larger)).readings
    assert all((r.status == "rejected") == (r.reason is not None) for r in decided)
    return [reading.reason for reading in decided]


@pytest.mark.parametrize(
    ("box", "is_cut"),
    [
        (Box(50, 40, 70, 60), False),
        (Box(40, 40, 70, 60), True),
        (Box(50, 32, 70, 60), True),
        (Box(50, 40, 159, 60), True),
        (Box(50, 40, 70, 120), True),
        (Box(43, 33, 157, 117), False),
    ],
    ids=["inside", "left", "top", "right", "bottom", "near"],
)
def test_number_at_the_rim_is_rejected(box: Box, is_cut: bool) -> None:
    assert decide(make_reading(box)) == [CUT if is_cut else None]


def test_rim_of_the_picture_cuts_nothing() -> None:
    corners = make_reading(Box(0, 0, 20, 20)), make_reading(Box(180, 130, 200, 150))
    assert decide(*corners, region=Region(0, 0, *SIZE)) == [None, None]
    assert decide(*corners, region=Region(0, 0, 100, 100, is_percent=True)) == [None, None]


SIX, TWO = Box(138, 60, 154, 84), Box(164, 60, 180, 84)


@pytest.mark.parametrize(
    ("beyond", "reason"),
    [
        ([(SIX, TWO)], GOES_ON),
        ([(SIX,), (TWO,)], None),
        ([(SIX,)], None),
        ([], None),
        ([(Box(110, 60, 126, 84), SIX)], LONGER),
        ([(Box(139, 61, 162, 84),)], None),
        ([(Box(139, 61, 163, 84),)], GOES_ON),
    ],
    ids=["62", "6 2", "6", "not found", "26", "hardly beyond", "a wider digit"],
)
def test_number_that_goes_on_beyond_the_rim_is_rejected(beyond: list[tuple[Box, ...]], reason: str | None) -> None:
    assert decide(make_reading(SIX), beyond=tuple(make_reading(*boxes) for boxes in beyond)) == [reason]


@pytest.mark.parametrize(
    ("number", "next_one"),
    [
        (Box(46, 60, 62, 84), Box(20, 60, 36, 84)),
        (Box(60, 36, 84, 52), Box(60, 10, 84, 26)),
        (Box(60, 96, 84, 112), Box(60, 124, 84, 140)),
    ],
    ids=["left", "top", "bottom"],
)
def test_each_side_is_looked_beyond(number: Box, next_one: Box) -> None:
    assert decide(make_reading(number), beyond=(make_reading(number, next_one),)) == [GOES_ON]


def test_larger_part_is_read_only_where_a_number_is_near_the_rim() -> None:
    parts: list[Page] = []

    def read_part(part: Page) -> PageReading:
        parts.append(part)
        return make_page()

    inside, near = make_reading(Box(90, 70, 106, 80)), make_reading(SIX)
    reject_at_rim(make_page(inside), PAGE, REGION, read_part)
    assert parts == []
    reject_at_rim(make_page(inside, near), PAGE, REGION, read_part)
    assert [part.gray.shape for part in parts] == [(150, 200)]
    reject_at_rim(make_page(near), PAGE, Region(0, 0, *SIZE), read_part)
    assert len(parts) == 1


def test_cell_of_a_cut_number_is_rejected_with_it() -> None:
    corners = ((40, 30), (80, 30), (80, 80), (40, 80))
    cells = tuple(Cell(1, column, "4", "accepted", corners) for column in (1, 2, 3))
    cells += (Cell(2, 1, "", "empty", corners),)
    boxes = Box(40, 60, 50, 80), Box(80, 60, 90, 80), SIX
    readings = tuple(
        Reading("4", 1.0, box, (Digit("4", 1.0, box),), place=(1, 1, at)) for at, box in enumerate(boxes, 1)
    )
    page = PageReading("a.png", 1, SIZE, readings, "digits", {}, tables=(Table(2, 3, cells, True),))
    decided = reject_at_rim(page, PAGE, REGION, lambda part: make_page(make_reading(SIX, TWO)))
    assert decided.tables is not None
    assert [cell.status for cell in decided.tables[0].cells] == ["rejected", "accepted", "rejected", "empty"]
    assert [reading.reason for reading in decided.readings] == [CUT, None, GOES_ON]


def test_no_number_is_none() -> None:
    assert decide() == []
