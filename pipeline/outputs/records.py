"""The reading of a page -> its record, the JSON object of the output (docs/command-line.md)."""

from __future__ import annotations

from typing import Any, TypeAlias

from pipeline.errors import Failure
from pipeline.forms.form_reading import FormReading
from pipeline.types import PageReading

SCHEMA = 1
"""Version of the JSON output: it changes if a key is removed or changes its meaning, not if one is added."""

Record: TypeAlias = dict[str, Any]
"""The JSON object of one page."""


def make_record(outcome: PageReading | FormReading | Failure, note: str | None = None) -> Record:
    """Return the record of one page, or of an input that could not be read.

    Parameters
    ----------
    outcome : the reading of the page, or of a form, or the failure
    note : for the user, about how the file was read
    """
    start = {"schema": SCHEMA, "file": outcome.source, "page": outcome.number}
    if isinstance(outcome, Failure):
        error = {"code": outcome.code, "message": outcome.message, "hint": outcome.hint}
        unknown: Record = {"size_px": None, "turned_deg": None, "model": None, "numbers": [], "seconds": {}}
        return {**start, "status": "failed", "error": error, "note": note, **unknown}
    return {**start, "status": "ok", "error": None, "note": note, **outcome.to_dict()}


def count_rejected(record: Record) -> int:
    """Return how many numbers of the page were rejected."""
    return sum(number["status"] == "rejected" for number in record["numbers"])


def format_failure(record: Record) -> str:
    """Return the source, message and hint of a failed record as one line."""
    error = record["error"]
    page = f" page {record['page']}" if (record["page"] or 0) > 1 else ""
    return f"{record['file']}{page}: {error['message']}" + (f"; {error['hint']}" if error["hint"] else "")
