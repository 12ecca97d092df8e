"""Results of forms as CSV: one row per page, three columns per field.

A page that is not the form, or could not be read, has a row of status ``failed`` and the message as its reason. The
reason of a page that was read is that of its sums which do not add up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.outputs.csv_cells import format_row, spell_path
from pipeline.system.terminal import escape_text

if TYPE_CHECKING:
    from pipeline.outputs.records import Record

FORM_COLUMNS = ("file", "page", "form_page", "status", "reason")
"""Before those of the fields: NAME, NAME_confidence, NAME_status."""


class FormCsvWriter:
    """Makes the CSV format for the fields of a form; a `pipeline.outputs.formats.Writer`.

    Parameters
    ----------
    names : of the form's fields, on all of its pages, in the order of their columns
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)

    def start(self, facts: Mapping[str, object]) -> str:
        """Return the row of column names."""
        return format_row(list_columns(self._names))

    def format_page(self, record: Record, is_first: bool) -> str:
        """Return the page's row."""
        return format_row(make_row(record, self._names))

    def finish(self) -> str:
        """Return nothing."""
        return ""


def list_columns(names: Sequence[str]) -> list[str]:
    """Return the names of the columns for fields of these names."""
    return [*FORM_COLUMNS, *(f"{name}{end}" for name in names for end in ("", "_confidence", "_status"))]


def make_row(record: Record, names: Sequence[str]) -> list[Any]:
    """Return a page's row, in the order of `list_columns`; None for an empty cell."""
    fields = {one["name"]: one for one in record.get("fields", ())}
    cells: list[Any] = []
    for name in names:
        own = fields.get(name)
        cells += [own["text"], own["confidence"], own["status"]] if own else [None] * 3
    status, reason = describe_page(record)
    start = [spell_path(record["file"]), record["page"], record.get("form_page"), status]
    return [*start, reason and escape_text(reason), *cells]


def describe_page(record: Record) -> tuple[str, str | None]:
    """Return the status of a page, "accepted", "rejected" or "failed", and its reason.

    It is rejected if any of its fields is, or any of its sums does not add up.
    """
    if record["status"] == "failed":
        return "failed", record["error"]["message"]
    wrong = [one["reason"] for one in record["sums"] if one["status"] == "wrong"]
    is_rejected = wrong or any(one["status"] == "rejected" for one in record["fields"])
    return "rejected" if is_rejected else "accepted", "; ".join(wrong) or None
