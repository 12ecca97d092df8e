"""Numbers that the rim of a region cuts: what is left of them may read as another number."""

from __future__ import annotations

from dataclasses import replace

from pipeline.geometry import Box
from pipeline.region import Region
from pipeline.table import Cell
from pipeline.types import PageReading, Reading

_CUT = "the rim of the region cuts it"

_NEAR_PX = 2
"""Of the upright original: so near to the rim ink touches it."""


def reject_cut(reading: PageReading, region: Region) -> PageReading:
    """Return what was read in a region of a page, the numbers that touch its rim rejected, and so are their cells.

    The rim of the picture itself counts for nothing: what touches it may be whole.

    Parameters
    ----------
    reading : of the part of the page, boxes in px of the whole upright original
    region : that part
    """
    box, (width, height) = region.find_box(reading.size_px), reading.size_px

    def touches_rim(own: Box) -> bool:
        return (
            (box.left > 0 and own.left <= box.left + _NEAR_PX)
            or (box.top > 0 and own.top <= box.top + _NEAR_PX)
            or (box.right < width and own.right >= box.right - _NEAR_PX)
            or (box.bottom < height and own.bottom >= box.bottom - _NEAR_PX)
        )

    def decide(number: Reading) -> Reading:
        is_cut = number.status == "accepted" and touches_rim(number.box)
        return replace(number, status="rejected", reason=_CUT) if is_cut else number

    decided = tuple(map(decide, reading.readings))
    cut = {number.place for number in decided if number.reason == _CUT}
    tables = reading.tables and tuple(
        replace(table, cells=tuple(_decide_cell(cell, (at, cell.row, cell.column) in cut) for cell in table.cells))
        for at, table in enumerate(reading.tables, start=1)
    )
    return replace(reading, readings=decided, tables=tables)


def _decide_cell(cell: Cell, is_cut: bool) -> Cell:
    return replace(cell, status="rejected") if is_cut and cell.text else cell
