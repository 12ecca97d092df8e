"""Tables as CSV: each a grid of its own, one row per row, one cell per column, nothing else.

A doubtful cell has a ``?`` behind its numbers, as in the text format. The text of a cell over several rows or columns
is in the first of them.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.system.files import open_output

if TYPE_CHECKING:
    from pipeline.outputs.records import Record

_GRID_LINE = re.compile(rb'[-0-9.,?/:;%()+$=| "]*')
"""What a line of a grid may hold."""


class GridWriter:
    """Makes grids with an empty line between two of them; a `pipeline.outputs.formats.Writer`."""

    def __init__(self) -> None:
        self._n_written = 0

    def start(self, facts: Mapping[str, object]) -> str:
        """Return nothing."""
        self._n_written = 0
        return ""

    def format_page(self, record: Record, is_first: bool) -> str:
        """Return the page's grids."""
        text = ""
        for table in list_tables(record):
            text += ("\n" if self._n_written else "") + format_grid(table)
            self._n_written += 1
        return text

    def finish(self) -> str:
        """Return nothing."""
        return ""


def list_tables(record: Record) -> list[dict[str, Any]]:
    """Return the tables of a record; none where none were looked for or the page failed."""
    tables: list[dict[str, Any]] = record.get("tables") or []
    return tables


def format_grid(table: Mapping[str, Any]) -> str:
    """Return a table of a record as CSV."""
    rows = [[""] * table["columns"] for _ in range(table["rows"])]
    for cell in table["cells"]:
        mark = "?" if cell["status"] == "rejected" else ""
        rows[cell["row"] - 1][cell["column"] - 1] = cell["text"] + mark
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n").writerows(rows)
    return lines.getvalue()


def write_grids(path: Path, records: Iterable[Record]) -> list[Path]:
    """Write each table to a file of its own: the first to `path`, the others to ``NAME-2.csv`` and so on beside it.

    Without any table `path` is empty. Return the paths.

    Raises
    ------
    OutputError
        If one cannot be written.
    """
    paths: list[Path] = []
    for table in (table for record in records for table in list_tables(record)):
        paths.append(number_path(path, len(paths) + 1))
        _write(paths[-1], format_grid(table))
    if not paths:
        paths.append(path)
        _write(path, "")
    return paths


def number_path(path: Path, number: int) -> Path:
    """Return the path of table `number`, from 1."""
    return path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")


def list_numbered(path: Path) -> Iterator[Path]:
    """Yield the files beside `path` that further tables would be written to, in the order of their numbers."""
    if not path.parent.is_dir():
        return
    name = re.compile(rf"{re.escape(path.stem)}-(?:[2-9]|[1-9]\d+){re.escape(path.suffix)}")
    yield from sorted(other for other in path.parent.iterdir() if name.fullmatch(other.name))


def resembles_grid(head: bytes) -> bool:
    """Return whether the begin of a file holds nothing that a grid cannot."""
    return all(map(_GRID_LINE.fullmatch, head.splitlines()))


def _write(path: Path, text: str) -> None:
    with open_output(path) as stream:
        stream.write(text)
