"""Results as JSON: each page's record as an object, in one array, or one object per line.

A number's ``text`` holds its digits, with ``--signs`` also its signs. A failed input has ``"status":
"failed"`` and an ``"error"``. The text is ASCII: a file name that is no valid Unicode can then be written, and read
back, everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.outputs.records import Record


class JsonWriter:
    """Makes one JSON array of all records; a `pipeline.outputs.formats.Writer`."""

    def start(self, facts: Mapping[str, object]) -> str:
        """Return the array's begin."""
        return "[\n"

    def format_page(self, record: Record, is_first: bool) -> str:
        """Return the page's object, a comma before it unless it is the first."""
        return ("" if is_first else ",\n") + json.dumps(record)

    def finish(self) -> str:
        """Return the array's end."""
        return "\n]\n"


class JsonLinesWriter:
    """Makes one line per record, a JSON object; a `pipeline.outputs.formats.Writer`."""

    def start(self, facts: Mapping[str, object]) -> str:
        """Return nothing."""
        return ""

    def format_page(self, record: Record, is_first: bool) -> str:
        """Return the page's line."""
        return json.dumps(record) + "\n"

    def finish(self) -> str:
        """Return nothing."""
        return ""
