"""The right values that a person has filled into ``review.csv`` -> the records of the run, corrected.

A corrected number has the right value as its ``text``, is accepted, keeps the confidence of its reading, and has one
key more, ``corrected_from``: what had been read. A right value of ``-`` says that there is no number: it moves from the
page's ``numbers`` to its ``removed``. A row whose ``number`` is empty adds a number where none was read, see
`pipeline.outputs.added_numbers`. The cell of a table or the field of a form that it stands in says so too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from pipeline.errors import OutputError, UsageError
from pipeline.geometry import Box
from pipeline.outputs.added_numbers import ADDED, add_number
from pipeline.outputs.corrected_places import carry_over
from pipeline.outputs.csv_cells import spell_path
from pipeline.outputs.records import Record
from pipeline.outputs.review import read_rows
from pipeline.recognition.column_classes import SIGNS

NO_NUMBER = "-"
"""The right value of what is no number."""

CORRECTED_FROM, REMOVED = "corrected_from", "removed"
"""The keys that are added to a number and to a page."""

_VALUE = re.compile(rf"[{re.escape(SIGNS)} ]*\d[\d{re.escape(SIGNS)} ]*", re.ASCII)
_MOST_CHARS = 200
"""Of a right value: labels of any length would be drawn on the page and make the picture as wide as they are."""

_DASHES = str.maketrans("\u2010\u2011\u2012\u2013\u2014\u2212", "------")
"""What editors and spreadsheets make of a minus."""

_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
_SCIENTIFIC = re.compile(r"\d([.,]\d+)?E\+\d+", re.ASCII | re.IGNORECASE)
_HEADER_ROWS = 1


@dataclass(frozen=True, slots=True)
class Correction:
    """A row of the table that was filled in.

    Attributes
    ----------
    row : of the table, from 1, its header included
    crop, number : the cells of that name; no number where none was read: then one is added
    file, page, box : of the number, the file as the table spells it
    text : the right value; None where there is no number
    """

    row: int
    crop: str
    number: str
    file: str
    page: int
    box: tuple[int, ...]
    text: str | None


@dataclass(slots=True)
class Counts:
    """How many numbers were given another text, were confirmed, removed, added, and are rejected still."""

    n_changed: int = 0
    n_confirmed: int = 0
    n_removed: int = 0
    n_open: int = 0
    n_added: int = 0


def read_corrections(table: Path) -> list[Correction]:
    """Return the rows of a review's table that were filled in.

    Raises
    ------
    UsageError
        If there is no such table, if it lacks a column, or if a row holds what it cannot.
    """
    if not table.is_file():
        raise UsageError(f"{table}: there is no such table", "name the review.csv in the folder of --review")
    try:
        rows = read_rows(table)
    except OutputError as error:
        raise UsageError(error.message, "name the review.csv in the folder of --review") from error
    filled = [(at, row) for at, row in enumerate(rows, 1 + _HEADER_ROWS) if row["right_value"].strip()]
    return [_parse(f"{table} row {at}", at, row) for at, row in filled]


def _parse(place: str, at: int, row: Mapping[str, str]) -> Correction:
    cells = {name: cell.strip() for name, cell in row.items()}
    numbers = [cells[name] for name in ("page", "left", "top", "right", "bottom")]
    if not all(map(_WHOLE.fullmatch, numbers)):
        raise UsageError(f"{place}: expected page and box in whole numbers, received {', '.join(numbers)}", "mend it")
    page, *box = map(int, numbers)
    return Correction(
        at, cells["crop"], cells["number"], cells["file"], page, tuple(box), parse_value(place, cells["right_value"])
    )


def parse_value(place: str, cell: str) -> str | None:
    """Return the right value that a person has written; None where it says that there is no number.

    Parameters
    ----------
    place : of the cell, for the message
    cell : what was written

    Raises
    ------
    UsageError
        If it is no number, or longer than any.
    """
    if len(cell) > _MOST_CHARS:
        raise UsageError(f"{place}: {cell[:20]!r}... has {len(cell):,} characters", f"{_MOST_CHARS} are the most")
    value = " ".join(cell.removeprefix("'").translate(_DASHES).split())
    if value == NO_NUMBER:
        return None
    if not _VALUE.fullmatch(value):
        hint = f"write digits and signs ({SIGNS}), {NO_NUMBER} where there is no number, or nothing"
        raise UsageError(f"{place}: {cell!r} is no number", hint)
    return value


def correct_records(
    records: Iterable[tuple[Record, Sequence[str]]], corrections: Sequence[Correction], table: PurePath
) -> tuple[list[Record], Counts, list[str]]:
    """Return the records with the corrections put in, what was done, and a line for each doubtful correction.

    Parameters
    ----------
    records : of the pages, each with the names of its crops; () where they are not known
    corrections : from `read_corrections`
    table : where they are from, for messages

    Raises
    ------
    UsageError
        If a correction is of a page or a number that the records do not have, or of another reading of it.
    """
    kept = [(dict(record), crops) for record, crops in records]
    pages = {(spell_path(record["file"]), record["page"]): (record, crops) for record, crops in kept}
    counts, doubts = Counts(), list[str]()
    texts: dict[tuple[Any, ...], str | None] = {}
    for one in corrections:
        place, key = f"{table} row {one.row}", (one.file, one.page)
        if key not in pages:
            raise UsageError(f"{place}: the results have no page {one.page} of {one.file}", _RIGHT_RESULTS)
        place_of_number = (*key, one.box)
        if place_of_number not in texts:
            texts[place_of_number] = one.text
            doubts += _correct(*pages[key], one, place, counts)
        elif texts[place_of_number] != one.text:
            raise UsageError(f"{place}: gives a number two right values", "keep one of the rows")
    for record, _ in kept:
        carry_over(record)
    counts.n_open = sum(n["status"] == "rejected" for record, _ in kept for n in record["numbers"])
    return [record for record, _ in kept], counts, doubts


_RIGHT_RESULTS = "name the results of the run that wrote the review, or delete the row"


def _correct(record: Record, crops: Sequence[str], one: Correction, place: str, counts: Counts) -> list[str]:
    """Put a correction into the record of its page; return a line if it is doubtful."""
    if _is_addition(record, one):
        _add(record, one, place, counts)
        return []
    done = record.get(REMOVED, []) if one.text is None else []
    number = next((n for n in [*record["numbers"], *done] if tuple(n["box"]) == one.box), None)
    if number is None:
        raise UsageError(f"{place}: the results have no number at {one.box} of {one.file}", _RIGHT_RESULTS)
    read = number.get(CORRECTED_FROM, number["text"])
    if not _is_same(one.number, read) or (crops and one.crop and one.crop not in crops):
        raise UsageError(f"{place}: was written for another reading than the {read} of the results", _RIGHT_RESULTS)
    if number in done:  # results that were corrected before
        return []
    at = record["numbers"].index(number)
    if one.text is None:
        counts.n_removed += 1
        record["numbers"] = record["numbers"][:at] + record["numbers"][at + 1 :]
        record[REMOVED] = [*record.get(REMOVED, ()), number]
        return []
    counts.n_confirmed += one.text == read
    counts.n_changed += one.text != read
    corrected = {**number, "text": one.text, "status": "accepted", "reason": None, CORRECTED_FROM: read}
    record["numbers"] = [*record["numbers"][:at], corrected, *record["numbers"][at + 1 :]]
    return _doubt(one, read, place)


def _is_addition(record: Record, one: Correction) -> bool:
    """Return whether a correction is of a number that was not read, but added."""
    read = [tuple(n["box"]) for n in (*record["numbers"], *record.get(REMOVED, ())) if not n.get(ADDED)]
    return not one.number and one.box not in read


def _add(record: Record, one: Correction, place: str, counts: Counts) -> None:
    """Put an added number into the record of its page; results that were corrected before may hold it already."""
    numbers = list(record["numbers"])
    at = next((i for i, n in enumerate(numbers) if tuple(n["box"]) == one.box), None)
    if at is None:
        if one.text is not None:
            _add_new(record, one.box, one.text, f"{place}: page {one.page} of {one.file}")
            counts.n_added += 1
        return
    if one.text is None:
        counts.n_removed += 1
        record[REMOVED] = [*record.get(REMOVED, ()), numbers.pop(at)]
    else:
        numbers[at] = {**numbers[at], "text": one.text}
    record["numbers"] = numbers


def _add_new(record: Record, sides: tuple[int, ...], text: str, page: str) -> None:
    left, top, right, bottom = sides
    try:
        add_number(record, Box(left, top, right, bottom), text)
    except ValueError as error:
        raise UsageError(f"{page} has no place {sides} for a number", _RIGHT_RESULTS) from error


def _is_same(cell: str, text: str) -> bool:
    """Return whether a cell may hold a text after a spreadsheet has saved it: without leading zeros, or rounded."""
    cell = cell.removeprefix("'")
    if not text.isdecimal():
        return True  # a spreadsheet makes a date of 12/03, and nobody knows which
    if _SCIENTIFIC.fullmatch(cell):
        return abs(float(cell.replace(",", ".")) - float(text)) <= 1e-2 * float(text)
    return cell.lstrip("0") == text.lstrip("0")


def _doubt(one: Correction, read: str, place: str) -> list[str]:
    """Return a line if a spreadsheet may have dropped leading zeros of a right value."""
    text = one.text or ""
    if not text.isdecimal() or sum(map(str.isdecimal, read)) <= len(text):
        return []
    has_lost = one.number != read and one.number.lstrip("0") == read.lstrip("0")
    seen = ", and the table has lost those of what was read" if has_lost else ""
    return [f"{place}: {text} is shorter than the {read} that was read{seen}: check that no leading zero was dropped"]
