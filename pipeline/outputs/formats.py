"""Results -> text, JSON, JSON lines or CSV, written page by page as they come.

The forms:

text
    One line a page: ``file: 123 4567 | 89?``, that is numbers in reading order, ``|`` between two lines of the page,
    ``?`` after a rejected number; ``(no numbers)`` for a blank page, ``(failed: ...)`` for what could not be read.
    From the second page of a file on, the page stands behind its name: ``file [2]: ...``.
json, jsonl
    One object a page, its record, as an array or one to a line. A number's ``text`` holds its digits, with ``--signs``
    also its minus, points and commas. A failed input has ``"status": "failed"`` and an ``"error"``.
csv
    One row a number. A page without numbers still has one row, its status ``blank``; what could not be read has one of
    status ``failed`` with the message as reason. So every input is in the table, and rows can be filtered by status.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TextIO

from pipeline.errors import OutputError
from pipeline.outputs.records import Record

CSV_COLUMNS = (
    "file", "page", "line", "number", "confidence", "status", "reason", "left", "top", "right", "bottom"
)  # fmt: skip


def format_text(record: Record) -> str:
    """Return the page's line of the text form, without its end."""
    page = f" [{record['page']}]" if (record["page"] or 0) > 1 else ""
    if record["status"] == "failed":
        return f"{record['file']}{page}: (failed: {record['error']['message']})"
    lines = (
        " ".join(n["text"] + ("" if n["status"] == "accepted" else "?") for n in line)
        for _, line in groupby(record["numbers"], key=lambda number: number["line"])
    )
    return f"{record['file']}{page}: {' | '.join(lines) or '(no numbers)'}"


def make_rows(record: Record) -> list[list[Any]]:
    """Return the page's rows of the CSV form, in the order of `CSV_COLUMNS`."""
    start = [record["file"], record["page"]]
    if record["status"] == "failed":
        return [[*start, None, None, None, "failed", record["error"]["message"], *[None] * 4]]
    if not record["numbers"]:
        return [[*start, None, None, None, "blank", None, *[None] * 4]]
    return [
        [*start, n["line"], n["text"], n["confidence"], n["status"], n["reason"], *n["box"]] for n in record["numbers"]
    ]


def _format_csv(record: Record) -> str:
    return "".join(_format_row(row) for row in make_rows(record))


def _format_row(row: list[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(row)
    return line.getvalue()


@dataclass(frozen=True, slots=True)
class _Form:
    head: str
    between: str
    tail: str
    format_page: Callable[[Record], str]


# JSON keeps to ASCII: a file name that is no valid Unicode can then be written, and read back, everywhere.
_FORMS = {
    "text": _Form("", "", "", lambda record: format_text(record) + "\n"),
    "json": _Form("[\n", ",\n", "\n]\n", json.dumps),
    "jsonl": _Form("", "", "", lambda record: json.dumps(record) + "\n"),
    "csv": _Form(_format_row(list(CSV_COLUMNS)), "", "", _format_csv),
}

HTML = "html"
FORMS = (*_FORMS, HTML)
"""All forms of the results; that of `HTML` is made by `pipeline.outputs.html_report`."""


class Report:
    """Writes results to a stream in one of `FORMS` but HTML; used as a context manager, it closes what it has opened.

    Parameters
    ----------
    stream : where to write; it stays open
    form : one of `FORMS`, but for HTML
    name : what to call the stream in an error
    """

    def __init__(self, stream: TextIO, form: str, name: str = "output") -> None:
        self._stream, self._form, self._name = stream, _FORMS[form], name
        self._n_pages = 0

    def __enter__(self) -> Report:
        self._write(self._form.head)
        return self

    def add(self, record: Record) -> None:
        """Write one page, at once, so that whoever reads along need not wait for the last.

        Raises
        ------
        OutputError
            If it cannot be written, the disk being full, say.
        BrokenPipeError
            If whoever reads along has stopped reading.
        """
        self._write((self._form.between if self._n_pages else "") + self._form.format_page(record))
        self._n_pages += 1

    def __exit__(self, failure: object, *_: object) -> None:
        if failure is None:
            self._write(self._form.tail)

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(f"{self._name}: cannot be written ({error.strerror})") from error
