"""Numbers that the rim of a region cuts, or that go on beyond it: what is left of them may read as another number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from statistics import median

from pipeline.geometry import Box
from pipeline.images.crop import crop_page
from pipeline.region import Region
from pipeline.table import Cell
from pipeline.types import Page, PageReading, Reading

_CUT = "the rim of the region cuts it"
_GOES_ON = "it goes on beyond the rim of the region"
_LONGER = "with what is around the region it has more digits"

_NEAR_PX = 2
"""Of the upright original: so near to the rim ink touches it."""

_REACH, _MARGIN = 1.5, 3.0
"""Of the digits' height: so near to the rim a number may go on beyond it, and so much beyond it shows whether it does.
A gap between two digits of a number is hardly ever wider than the first, and the next digit is within the second."""

_LEAST_SHARED = 0.5
"""Of a number in the region, that the same number of a larger part covers."""


def reject_at_rim(
    reading: PageReading, page: Page, region: Region, read_part: Callable[[Page], PageReading]
) -> PageReading:
    """Return what was read in a region of a page, the numbers rejected that its rim cuts or parts, and their cells.

    If a number stands near the rim, a larger part of the page is read to see whether it goes on beyond it. The rim of
    the picture itself counts for nothing: what touches it may be whole.

    Parameters
    ----------
    reading : of the part of the page, boxes in px of the whole upright original
    page : all of it
    region : that part
    read_part : reads a part of the page, without what is known of its numbers
    """
    box = region.find_box(reading.size_px)
    reading = _reject(reading, _CUT, lambda number: _find_least_room(number.box, box, reading.size_px) <= _NEAR_PX)
    near = [
        number
        for number in reading.readings
        if number.status == "accepted"
        and _find_least_room(number.box, box, reading.size_px) <= _REACH * _measure_height(number)
    ]
    if not near:
        return reading
    margin = round(_MARGIN * max(map(_measure_height, near)))
    around = Region(max(0, box.left - margin), max(0, box.top - margin), box.right + margin, box.bottom + margin)
    beyond = read_part(crop_page(page, around)).readings

    def goes_on(number: Reading) -> bool:
        own = [one.box for one in beyond if _is_same(number.box, one.box)]
        return number in near and any(_find_least_room(one, box, reading.size_px) < -_NEAR_PX for one in own)

    def is_longer(number: Reading) -> bool:
        own = [one for one in beyond if _is_same(number.box, one.box)]
        return number in near and any(len(one.digits) > len(number.digits) for one in own)

    return _reject(_reject(reading, _GOES_ON, goes_on), _LONGER, is_longer)


def _find_least_room(own: Box, region: Box, size_px: tuple[int, int]) -> int:
    """Return the px between a box and the nearest side of the region, below 0 beyond it; sides of the picture aside."""
    rooms = [
        (region.left > 0, own.left - region.left),
        (region.top > 0, own.top - region.top),
        (region.right < size_px[0], region.right - own.right),
        (region.bottom < size_px[1], region.bottom - own.bottom),
    ]
    return min((room for is_inner, room in rooms if is_inner), default=max(size_px))


def _measure_height(number: Reading) -> float:
    """Return the usual height of a number's digits, px, or their width where they lie on their side."""
    return median(max(digit.box.height, digit.box.width) for digit in number.digits) if number.digits else 0.0


def _is_same(own: Box, other: Box) -> bool:
    return own.measure_shared(other) >= _LEAST_SHARED * own.width * own.height


def _reject(reading: PageReading, reason: str, is_wrong: Callable[[Reading], bool]) -> PageReading:
    """Return what was read, the accepted numbers that are wrong rejected, and the cells of a table with them."""
    decided = tuple(
        replace(number, status="rejected", reason=reason)
        if number.status == "accepted" and is_wrong(number)
        else number
        for number in reading.readings
    )
    places = {number.place for number in decided if number.reason == reason}
    tables = reading.tables and tuple(
        replace(table, cells=tuple(_decide_cell(cell, (at, cell.row, cell.column) in places) for cell in table.cells))
        for at, table in enumerate(reading.tables, start=1)
    )
    return replace(reading, readings=decided, tables=tables)


def _decide_cell(cell: Cell, is_wrong: bool) -> Cell:
    return replace(cell, status="rejected") if is_wrong and cell.text else cell
