"""Results as CSV, one row per number.

A page without numbers has one row of status ``blank``; what could not be read has one of status ``failed``, the message
as its reason. So every input is in the table, and rows can be filtered by status. Names are spelled as in
`pipeline.outputs.csv_cells`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipeline.outputs.csv_cells import format_row, spell_path
from pipeline.outputs.explain import explain
from pipeline.system.terminal import escape_text

if TYPE_CHECKING:
    from pipeline.outputs.records import Record

CSV_COLUMNS = (
    "file", "page", "line", "number", "confidence", "status", "reason", "left", "top", "right", "bottom"
)  # fmt: skip


class CsvWriter:
    """Makes the CSV format; a `pipeline.outputs.formats.Writer`."""

    def start(self, facts: Mapping[str, object]) -> str:
        """Return the row of column names."""
        return format_row(CSV_COLUMNS)

    def format_page(self, record: Record, is_first: bool) -> str:
        """Return the page's rows."""
        return "".join(map(format_row, make_rows(record)))

    def finish(self) -> str:
        """Return nothing."""
        return ""


def make_rows(record: Record) -> list[list[Any]]:
    """Return the page's rows, in the order of `CSV_COLUMNS`."""
    start = [spell_path(record["file"]), record["page"]]
    if record["status"] == "failed":
        return [[*start, None, None, None, "failed", escape_text(record["error"]["message"]), *[None] * 4]]
    if not record["numbers"]:
        return [[*start, None, None, None, "blank", None, *[None] * 4]]
    return [
        [*start, n["line"], n["text"], n["confidence"], n["status"], explain(n), *n["box"]] for n in record["numbers"]
    ]
