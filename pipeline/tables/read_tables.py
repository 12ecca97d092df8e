"""A page with tables: its numbers, each in its row and column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from pipeline.decoding.compare_with_seen import OTHER, UNSEEN
from pipeline.decoding.constraints.constraint import Constraint
from pipeline.geometry import Box
from pipeline.reading.read_page import analyze_page, make_page_reading
from pipeline.reading.stages import Stages
from pipeline.recognition.classify import Classifier
from pipeline.settings.tree import Settings
from pipeline.table import Cell, CellStatus, Corners, Table
from pipeline.tables.alignment import Alignment, align_numbers
from pipeline.tables.cell_finder import CellFinder, part_number
from pipeline.tables.doubts import (
    ON_WALL,
    TABLE,
    TWO_LINES,
    UNREAD,
    WORDS,
    find_unread,
    has_gap,
    has_lines,
    is_doubtful,
    is_frame,
)
from pipeline.tables.grid import Grid, find_grids
from pipeline.tables.mesh import Points
from pipeline.tables.rectify import FlatTable, map_to_source
from pipeline.tables.rim import trim_rim
from pipeline.tables.two_looks import keep_numbers, merge_looks
from pipeline.tables.walls import CellSpan
from pipeline.tables.whole_grid import find_whole_grid
from pipeline.types import Page, PageReading, Reading

NO_TABLE = "no table was found; its numbers are read as on any page"

_MOST_INSIDE = 0.9
"""Share of a page's digits in a table by which the page is that table."""


def read_tables(
    page: Page, classifier: Classifier, settings: Settings | None = None, constraint: Constraint | None = None
) -> PageReading:
    """Return the numbers of a page and its tables; numbers in tables come first, table by table and row by row.

    Ruled tables are found by their lines, each is flattened and read anew. Where there is none, numbers that stand in
    rows and columns are a table.

    Parameters
    ----------
    page, classifier, settings, constraint : as for `read_page`
    """
    s = settings or Settings()
    stages = analyze_page(page, classifier, s, constraint=constraint, keeps_improbable=True)
    return find_tables(stages, classifier, s, constraint)


def find_tables(
    stages: Stages, classifier: Classifier, settings: Settings, constraint: Constraint | None = None
) -> PageReading:
    """Return what `read_tables` does, of a page that was analyzed."""
    whole = make_page_reading(stages, classifier.name)
    height_px = _measure_height(stages)
    if height_px <= 0 or not stages.readings:
        return replace(whole, tables=())
    left = list(range(len(stages.readings)))
    tables: list[tuple[Table, list[Reading]]] = []
    for grid in _find_grids(stages, height_px):
        inside = [at for at in left if grid.holds(_locate(stages.readings[at].box, grid))]
        if not inside:
            continue
        on_page = [(stages.readings[at], whole.readings[at]) for at in inside]
        table = _read_grid(stages.ink.page, grid, height_px, classifier, settings, constraint, on_page)
        if table is not None:
            left = [at for at in left if at not in inside]
            tables.append(table)
    if not tables:
        aligned = _read_aligned(stages, whole, height_px)
        return replace(whole, tables=()) if aligned is None else _put_together(whole, [aligned], [])
    return _put_together(whole, tables, [whole.readings[at] for at in left])


def _find_grids(stages: Stages, height_px: float) -> list[Grid]:
    """Return the ruled tables of a page: one around nearly all of its digits, or those that pieces of lines make."""
    ink, darkness = stages.ink.ink.ink, stages.ink.darkness
    digits = [digit.box for reading in stages.readings for digit in reading.digits]
    whole = find_whole_grid(ink, darkness, digits, height_px)
    if whole is not None and np.mean([whole.holds(_locate(box, whole)) for box in digits]) >= _MOST_INSIDE:
        return [whole]
    return find_grids(ink, darkness, height_px)


def note_tables(reading: PageReading) -> str | None:
    """Return what the user should know of a page whose tables were looked for; None for nothing."""
    return NO_TABLE if reading.tables == () else None


def _measure_height(stages: Stages) -> float:
    """Return the usual height of the page's digits, px of the page; 0 where there are none."""
    seen = stages.detection
    return seen.digit_height_px if seen is not None and len(seen.scores) else float(stages.scale.digit_height_px)


def _locate(box: Box, grid: Grid) -> Points:
    return grid.straighten(np.array(box.center) - 0.5)


def _read_grid(
    page: Page,
    grid: Grid,
    height_px: float,
    classifier: Classifier,
    settings: Settings,
    constraint: Constraint | None,
    on_page: Sequence[tuple[Reading, Reading]],
) -> tuple[Table, list[Reading]] | None:
    """Return a ruled table and its numbers, boxes in px of the upright original; None if it is none.

    `on_page` are the numbers as they were read with its lines, boxes in px of the page and of the upright original.
    """
    flat = FlatTable(page, grid, height_px)
    finder = CellFinder(flat, grid)
    level = replace(
        settings,
        orientation=replace(settings.orientation, is_enabled=False),
        skew=replace(settings.skew, is_enabled=False),
    )
    stages = analyze_page(flat.page, classifier, level, constraint=constraint, part=finder.part, keeps_improbable=True)
    found: dict[int, list[Reading]] = {}
    for reading in stages.readings:
        at = finder.find(reading.digits[0].box, stages.ink.page)
        if at is not None:
            found.setdefault(at, []).append(_place(reading, stages.ink.page, flat, page.source_size_px))
    by_cell, differing = merge_looks(_order(found), _order(finder.part_seen(on_page)))
    if is_frame(by_cell.values()):
        return None
    doubts = _find_doubts(stages, finder, by_cell)
    grid, before = trim_rim(grid, by_cell.keys(), doubts.keys(), height_px)
    walls = grid.level_walls[1:-1], grid.upright_walls[:, 1:-1]
    n_misfits = sum(doubts.get(at) in (ON_WALL, TWO_LINES) for at in by_cell)
    is_unsure = is_doubtful(n_misfits, len(by_cell), walls)
    corners = map_to_source(grid.bend(np.array([grid.find_corners(span) for span in grid.cells])), page)
    cells, readings = [], []
    for at, span, outline in zip(before, grid.cells, corners, strict=True):
        own = by_cell.get(at, [])
        reason = TABLE if is_unsure else doubts.get(at, differing.get(at))
        if reason:
            own = [_reject(reading, reason) for reading in own]
        cells.append(_make_cell(span, own, outline))
        readings += [replace(reading, place=(1, span.row + 1, span.column + 1)) for reading in own]
    return Table(len(grid.ys) - 1, len(grid.xs) - 1, tuple(cells), True), readings


def _order(cells: Mapping[int, list[Reading]]) -> dict[int, list[Reading]]:
    """Return the numbers of each cell from left to right."""
    return {at: sorted(own, key=lambda reading: reading.box.left) for at, own in cells.items()}


def _find_doubts(stages: Stages, finder: CellFinder, by_cell: Mapping[int, Sequence[Reading]]) -> dict[int, str]:
    """Return why cells of a ruled table are doubtful by what else is in them, by the index of the cell."""
    page, doubts = stages.ink.page, {}
    is_flat = {at: any(reading.flaw in (OTHER, UNSEEN) for reading in own) for at, own in by_cell.items()}
    for box in find_unread(stages.ink.ink.ink, [digit.box for r in stages.readings for digit in r.digits]):
        at = finder.find(box, page)
        if at is not None:
            doubts[at] = UNREAD
    rows = [span.row for span in finder.cells]
    is_bare = set(doubts) | {at for at, is_other in is_flat.items() if is_other}
    n_unread = Counter(rows[at] for at in is_bare)
    n_read = Counter(rows[at] for at in by_cell if at not in is_bare)
    doubts |= {at: WORDS for at in by_cell if at not in is_bare and n_unread[rows[at]] > n_read[rows[at]]}
    for reading in stages.readings:
        for digit in reading.digits:
            touched = finder.find_touched(digit.box, page)
            doubts |= dict.fromkeys(touched, ON_WALL) if len(touched) > 1 else {}
    return doubts | {at: TWO_LINES for at, own in by_cell.items() if has_lines(own)}


def _read_aligned(stages: Stages, whole: PageReading, height_px: float) -> tuple[Table, list[Reading]] | None:
    """Return the table that a page's numbers stand in, and the numbers, parted between columns; None for none."""
    numbers = keep_numbers(stages.readings)
    aligned = align_numbers(numbers, height_px)
    if aligned is None:
        return None
    by_cell: dict[tuple[int, int], list[Reading]] = {}
    for reading, placed in zip(stages.readings, whole.readings, strict=True):
        centers = np.array([digit.box.center for digit in reading.digits]) - 0.5
        places = [aligned.find_cell(point) for point in aligned.straighten(centers)]
        places = [(places[0][0], column) for _, column in places]
        for part, at in zip(part_number(placed, places), dict.fromkeys(places), strict=False):
            by_cell.setdefault(at, []).append(part)
    n_rows, n_columns = len(aligned.ys) - 1, len(aligned.xs) - 1
    is_unsure = any(map(has_gap, by_cell.values())) or _has_more(stages, aligned)
    unread = find_unread(stages.ink.ink.ink, [digit.box for reading in numbers for digit in reading.digits])
    points = [aligned.straighten(np.array(box.center) - 0.5) for box in unread]
    doubtful = {aligned.find_cell(point) for point in points if aligned.holds(point)}
    cells, readings = [], []
    for row, column in product(range(n_rows), range(n_columns)):
        own = sorted(by_cell.get((row, column), []), key=lambda reading: reading.box.left)
        reason = TABLE if is_unsure else UNREAD if (row, column) in doubtful else None
        own = [_reject(reading, reason) for reading in own] if reason else own
        corners = map_to_source(aligned.bend(aligned.find_corners(row, column)), stages.ink.page)
        cells.append(_make_cell(CellSpan(row, column), own, corners))
        readings += [replace(reading, place=(1, row + 1, column + 1)) for reading in own]
    return Table(n_rows, n_columns, tuple(cells), False), readings


def _has_more(stages: Stages, aligned: Alignment) -> bool:
    """Return whether digits are seen beside a table that were not read: a row or a column of it may be missing."""
    if stages.detection is None:
        return False
    boxes = [digit.box for reading in stages.readings for digit in reading.digits]
    missed = stages.detection.list_missed(boxes)
    return any(not aligned.holds(aligned.straighten(at - 0.5)) for at in missed)


def _reject(reading: Reading, reason: str) -> Reading:
    """Return a number rejected for a reason, unless it is already."""
    return reading if reading.status == "rejected" else replace(reading, status="rejected", reason=reason)


def _place(reading: Reading, page: Page, flat: FlatTable, size_px: tuple[int, int]) -> Reading:
    """Return a number with its boxes moved from px of a page made of the flat table to px of the upright original."""

    def move(box: Box) -> Box:
        corners = np.array([(box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom)])
        mapped = flat.to_source(map_to_source(corners - 0.5, page)) + 0.5
        low = np.clip(np.floor(mapped.min(axis=0)), 0, np.array(size_px) - 1)
        high = np.maximum(np.clip(np.ceil(mapped.max(axis=0)), 1, size_px), low + 1)
        return Box(*map(int, (*low, *high)))

    digits = tuple(replace(digit, box=move(digit.box)) for digit in reading.digits)
    signs = tuple(map(move, reading.signs))
    return replace(reading, digits=digits, signs=signs, box=Box.around([*(d.box for d in digits), *signs]))


def _make_cell(span: CellSpan, readings: Sequence[Reading], corners: Points) -> Cell:
    """Return a cell with its numbers; what the page network takes for anything else is listed, but is not its text."""
    numbers = keep_numbers(readings)
    text = " ".join(reading.text for reading in numbers)
    is_sure = all(reading.status == "accepted" for reading in numbers)
    status: CellStatus = "empty" if not text else "accepted" if is_sure else "rejected"
    places: Corners = tuple((int(x), int(y)) for x, y in np.rint(corners))
    return Cell(span.row + 1, span.column + 1, text, status, places, span.row_span, span.column_span)


def _put_together(
    whole: PageReading, tables: Sequence[tuple[Table, list[Reading]]], others: Sequence[Reading]
) -> PageReading:
    """Return the page with its tables, from top to bottom, and its other numbers; each row of a table is a line."""
    ordered = sorted(tables, key=lambda table: min(cell.box.top for cell in table[0].cells))
    readings: list[Reading] = []
    line = 0
    for number, (_, own) in enumerate(ordered, start=1):
        rows = sorted({reading.place[1] for reading in own if reading.place})
        for reading in own:
            _, row, column = reading.place or (0, 0, 0)
            readings.append(replace(reading, place=(number, row, column), line=line + 1 + rows.index(row)))
        line += len(rows)
    lines = sorted({reading.line for reading in others})
    readings += [replace(reading, line=line + 1 + lines.index(reading.line)) for reading in others]
    return replace(whole, readings=tuple(readings), tables=tuple(table for table, _ in ordered))
