r"""Results as text, one line per page: ``file: 123 4567 | 89?``.

That is the numbers in reading order, ``|`` between two lines of the page, ``?`` after a rejected number; ``(no
numbers)`` for a blank page, ``(failed: ...)`` for what could not be read. From the second page of a file on, the page
number follows the file's name: ``file [2]: ...``. Control characters are escaped: ``\n``, ``\x1b``.
The fields of a form are ``file: name=123 other=89?``.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import TYPE_CHECKING

from pipeline.system.terminal import escape_text

if TYPE_CHECKING:
    from pipeline.outputs.records import Record


class TextWriter:
    """Makes the text format; a `pipeline.outputs.formats.Writer`."""

    def start(self, facts: Mapping[str, object]) -> str:
        """Return nothing."""
        return ""

    def format_page(self, record: Record, is_first: bool) -> str:
        """Return the page's line."""
        return format_text(record) + "\n"

    def finish(self) -> str:
        """Return nothing."""
        return ""


def format_text(record: Record) -> str:
    """Return the page's line of the text format, without its end; no name or message in it can add another line."""
    file = escape_text(record["file"])
    page = f" [{record['page']}]" if (record["page"] or 0) > 1 else ""
    if record["status"] == "failed":
        return f"{file}{page}: (failed: {escape_text(record['error']['message'])})"
    if "fields" in record:
        own = " ".join(f"{n['name']}={n['text']}{'?' * (n['status'] == 'rejected')}" for n in record["fields"])
        return f"{file}{page}: {own}"
    lines = (
        " ".join(n["text"] + ("" if n["status"] == "accepted" else "?") for n in line)
        for _, line in groupby(record["numbers"], key=lambda number: number["line"])
    )
    return f"{file}{page}: {' | '.join(lines) or '(no numbers)'}"
