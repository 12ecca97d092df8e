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
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, TextIO, TypeAlias

from pipeline.errors import Failure, OutputError
from pipeline.types import Digit, PageReading, Reading

SCHEMA = 1
"""Version of the JSON output: it changes when a key goes or changes its meaning, not when one is added."""

Record: TypeAlias = dict[str, Any]
"""The JSON object of one page, as README shows it."""

_DECIMALS = 4

CSV_COLUMNS = (
    "file", "page", "line", "number", "confidence", "status", "reason", "left", "top", "right", "bottom"
)  # fmt: skip


def make_record(outcome: PageReading | Failure, note: str | None = None) -> Record:
    """Return the record of one page, or of an input that could not be read: the JSON object of the output.

    Parameters
    ----------
    outcome : what was read, or why nothing was
    note : what a person should know about how the file was read
    """
    start = {"schema": SCHEMA, "file": outcome.source, "page": outcome.number}
    if isinstance(outcome, Failure):
        error = {"code": outcome.code, "message": outcome.message, "hint": outcome.hint}
        unknown: Record = {"size_px": None, "turned_deg": None, "model": None, "numbers": [], "seconds": {}}
        return {**start, "status": "failed", "error": error, "note": note, **unknown}
    return {
        **start,
        "status": "ok",
        "error": None,
        "note": note,
        "size_px": list(outcome.size_px),
        "turned_deg": outcome.turned_deg,
        "model": outcome.model,
        "numbers": [make_number(r) for r in outcome.readings],
        "seconds": {stage: round(s, _DECIMALS) for stage, s in outcome.seconds.items()},
    }


def make_number(reading: Reading) -> Record:
    """Return the JSON object of one number, as it stands in a page's record."""
    return {
        "text": reading.text,
        "confidence": round(reading.confidence, _DECIMALS),
        "status": reading.status,
        "reason": reading.reason,
        "line": reading.line,
        "box": reading.box.as_list(),
        "digits": [_make_digit(d) for d in reading.digits],
    }


def _make_digit(digit: Digit) -> dict[str, Any]:
    return {
        "text": digit.text,
        "confidence": round(digit.confidence, _DECIMALS),
        "box": digit.box.as_list(),
        "alternatives": [[text, round(p, _DECIMALS)] for text, p in digit.alternatives],
    }


def count_rejected(record: Record) -> int:
    """Return how many numbers of the page were rejected."""
    return sum(number["status"] == "rejected" for number in record["numbers"])


def format_failure(record: Record) -> str:
    """Return what failed and why, and what to do about it, for a person to read."""
    error = record["error"]
    page = f" page {record['page']}" if (record["page"] or 0) > 1 else ""
    return f"{record['file']}{page}: {error['message']}" + (f"; {error['hint']}" if error["hint"] else "")


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
"""All forms of the results; that of `HTML` is made by `pipeline.html_report`."""


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


@contextmanager
def open_output(path: Path) -> Iterator[TextIO]:
    """Yield a stream that becomes the file `path` when all has gone well; until then the old file stays as it was.

    Raises
    ------
    OutputError
        If the file cannot be written; on entering, wherever that can be known before the work is done.
    """
    target = Path(os.path.realpath(path))  # a link stays a link
    if target.is_dir():
        raise OutputError(f"{path}: this is a folder", "name a file")
    is_device = target.exists() and not target.is_file()  # /dev/stdout and the like cannot be replaced
    draft = target if is_device else target.with_name(f".{target.name}.{os.getpid()}.part")
    if target.exists() and not os.access(target, os.W_OK):
        raise OutputError(f"{path}: the file is write-protected")
    with telling(path):
        stream = draft.open("w", encoding="utf-8", errors="surrogateescape", newline="")
    try:
        with stream:
            yield stream
        if not is_device:
            with telling(path):
                draft.replace(target)
    finally:
        if not is_device:
            draft.unlink(missing_ok=True)


@contextmanager
def telling(path: Path) -> Iterator[None]:
    """Turn the system's refusal into our error."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from error


def make_folder(path: Path) -> Path:
    """Return the folder, made if it was not there.

    Raises
    ------
    OutputError
        If it cannot be made, or not be written to.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: the folder cannot be made ({error.strerror})") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise OutputError(f"{path}: the folder is write-protected")
    return path
