"""The formats of the results: one row each, its writer in a file of its own.

A new format is a new writer and a new row; ``--format``, ``--output`` and its help follow the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pipeline.errors import UsageError
from pipeline.outputs.csv_writer import CsvWriter
from pipeline.outputs.grid_writer import GridWriter, write_grids
from pipeline.outputs.html_report import HtmlWriter
from pipeline.outputs.json_writer import JsonLinesWriter, JsonWriter
from pipeline.outputs.parquet_tables import write_parquet
from pipeline.outputs.text_writer import TextWriter
from pipeline.outputs.workbook import write_workbook
from pipeline.system.files import is_device

if TYPE_CHECKING:  # at run time it would load NumPy, which the command line's --help does without
    from pipeline.outputs.records import Record


class Writer(Protocol):
    """Makes the text of one format page by page and keeps none of it, so that a run may have any number of pages."""

    def start(self, facts: Mapping[str, object]) -> str:
        """Return the text before the first page; `facts` describe the run by label, None for what is not known."""
        ...

    def format_page(self, record: Record, is_first: bool) -> str:
        """Return the text of a page."""
        ...

    def finish(self) -> str:
        """Return the text after the last page."""
        ...


@dataclass(frozen=True, slots=True)
class Format:
    """A row of the table.

    Attributes
    ----------
    name : for ``--format``
    suffixes : of the names of output files that get this format, lower case with the dot
    writer : makes the text; None for a format that is no text, which no stream can take
    write_files : writes the records to a file, or to several named after it, and returns their paths; None where the
        text goes to the file
    has_pictures : whether the writer shows the pictures of a record; if no output does, none are made
    """

    name: str
    suffixes: tuple[str, ...]
    writer: Writer | None
    has_pictures: bool = False
    write_files: Callable[[Path, Iterable[Record]], list[Path]] | None = None


TEXT = Format("text", (".txt", ".text"), TextWriter())
JSON_LINES = Format("jsonl", (".jsonl",), JsonLinesWriter())

WORKBOOK = Format("xlsx", (".xlsx",), None, write_files=write_workbook)
GRIDS = Format("csv", (".csv",), GridWriter(), write_files=write_grids)
"""CSV of the tables of a run with ``--table``."""

CSV = Format("csv", (".csv",), CsvWriter())

PARQUET = Format("parquet", (".parquet",), None, write_files=write_parquet)

FORMATS: dict[str, Format] = {
    row.name: row
    for row in (
        TEXT,
        Format("json", (".json",), JsonWriter()),
        JSON_LINES,
        CSV,
        WORKBOOK,
        PARQUET,
        Format("html", (".html",), HtmlWriter(), has_pictures=True),
    )
}
"""All formats by name."""


def find_format(path: Path) -> Format:
    """Return the format that the suffix of an output's name stands for; text for a device or a pipe.

    Raises
    ------
    UsageError
        If no format has this suffix.
    """
    suffix = path.suffix.lower()
    if found := next((row for row in FORMATS.values() if suffix in row.suffixes), None):
        return found
    if is_device(path):
        return TEXT
    endings = ", ".join(suffix for row in FORMATS.values() for suffix in row.suffixes)
    raise UsageError(f"{path}: no format of results has this ending", f"use {endings}, or add --format")
