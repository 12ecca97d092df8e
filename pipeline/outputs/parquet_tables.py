"""Results as Parquet: a table with one row per number, and one beside it with one row per page.

The second one holds what was blank or failed, so that every page is in it once; `file` and `page` join the two.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import SetupError
from pipeline.outputs.csv_writer import CSV_COLUMNS
from pipeline.system.files import convert_write_errors
from pipeline.version import __version__

if TYPE_CHECKING:  # at run time it would load NumPy, which the command line's --help does without
    from pipeline.outputs.records import Record

MARK = b"handwritten-digits"
"""Key of the tables' metadata, by which they are known for results of this program."""

_PAGES = ".pages.parquet"
_GROUP_ROWS = 50_000
"""Rows that are held in memory before they are written as a group."""

_TEXT, _COUNT, _REAL = "string", "int32", "float64"
_NUMBER_TYPES = dict.fromkeys(CSV_COLUMNS, _COUNT) | dict.fromkeys(("file", "number", "status", "reason"), _TEXT)
_NUMBER_TYPES |= {"confidence": _REAL, "writing": _TEXT}
_PAGE_TYPES = {
    **{"file": _TEXT, "page": _COUNT, "status": _TEXT, "n_numbers": _COUNT, "n_rejected": _COUNT},
    **{"error_code": _TEXT, "error_message": _TEXT, "note": _TEXT, "width_px": _COUNT, "height_px": _COUNT},
    **{"turned_deg": _COUNT, "model": _TEXT, "seconds": _REAL},
}


def check_parquet_library() -> None:
    """Raise SetupError if the library that writes Parquet is not installed."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ModuleNotFoundError as error:
        raise SetupError("pyarrow is not installed, which writes .parquet", "pip install pyarrow") from error


def name_page_table(path: Path) -> Path:
    """Return the path of the table of pages beside that of the numbers: read.parquet and read.pages.parquet."""
    return path.with_name(path.stem + _PAGES)


def write_parquet(path: Path, records: Iterable[Record]) -> list[Path]:
    """Write records as two tables, each replaced as a whole, and return their paths.

    Raises
    ------
    OutputError
        If one cannot be written.
    SetupError
        As for `check_parquet_library`.
    """
    check_parquet_library()
    paths = [Path(os.path.realpath(one)) for one in (path, name_page_table(path))]
    drafts = [one.with_name(f".{one.name}.{os.getpid()}.part") for one in paths]
    try:
        with convert_write_errors(path):
            numbers, pages = _Table(drafts[0], _NUMBER_TYPES), _Table(drafts[1], _PAGE_TYPES)
            for record in records:
                numbers.add(make_number_rows(record))
                pages.add([make_page_row(record)])
            numbers.close()
            pages.close()
            for draft, target in zip(drafts, paths, strict=True):
                draft.replace(target)
    finally:
        for draft in drafts:
            draft.unlink(missing_ok=True)
    return [path, name_page_table(path)]


def make_number_rows(record: Record) -> list[dict[str, Any]]:
    """Return the rows of a page's numbers, accepted and rejected, in reading order."""
    sides = ("left", "top", "right", "bottom")
    return [
        {
            **{"file": clean_text(record["file"]), "page": record["page"], "line": n["line"], "number": n["text"]},
            **{"confidence": n["confidence"], "status": n["status"], "reason": n["reason"]},
            **dict(zip(sides, n["box"], strict=True)),
            "writing": n.get("writing"),
        }
        for n in record["numbers"]
    ]


def make_page_row(record: Record) -> dict[str, Any]:
    """Return the row of a page."""
    error, size = record["error"] or {}, record["size_px"] or (None, None)
    status = record["status"] if record["status"] == "failed" or record["numbers"] else "blank"
    n_rejected = sum(number["status"] == "rejected" for number in record["numbers"])
    return {
        **{"file": clean_text(record["file"]), "page": record["page"], "status": status},
        **{"n_numbers": len(record["numbers"]), "n_rejected": n_rejected},
        **{"error_code": error.get("code"), "error_message": clean_text(error.get("message")), "note": record["note"]},
        **{"width_px": size[0], "height_px": size[1], "turned_deg": record["turned_deg"], "model": record["model"]},
        "seconds": record["seconds"].get("total"),
    }


def clean_text(text: str | None) -> str | None:
    r"""Return a text as UTF-8 can hold it: a byte of a name that is no text becomes ``\udcff``."""
    return text if text is None else text.encode("utf-8", "backslashreplace").decode()


def is_own_parquet(path: Path) -> bool:
    """Return whether a file is a table of this program, by its metadata; False without the library that reads it."""
    try:
        import pyarrow.parquet as pq

        return MARK in (pq.read_schema(path).metadata or {})
    except (ImportError, OSError, ValueError):  # errors of pyarrow are among them
        return False


class _Table:
    """A Parquet file that grows group by group, so that any number of rows goes through little memory."""

    def __init__(self, path: Path, types: dict[str, str]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        make: Callable[[str], Any] = pa.type_for_alias
        metadata = {MARK: __version__.encode()}
        self._schema = pa.schema([(name, make(kind)) for name, kind in types.items()], metadata=metadata)
        self._writer, self._make = pq.ParquetWriter(path, self._schema, compression="zstd"), pa.Table.from_pylist
        self._rows: list[dict[str, Any]] = []

    def add(self, rows: list[dict[str, Any]]) -> None:
        self._rows += rows
        if len(self._rows) >= _GROUP_ROWS:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(self._make(self._rows, schema=self._schema))
            self._rows = []
