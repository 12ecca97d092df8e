"""Cells of CSV tables that neither a spreadsheet takes for a formula nor a terminal for a command."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Any

from pipeline.system.terminal import escape_text

_FORMULA = re.compile(r"[=+\-@].", re.DOTALL)


def spell_path(path: str) -> str:
    r"""Return a path for a cell: ``./`` before one that starts like a formula, which names the same file.

    Control characters, and bytes that are not UTF-8, are escapes: ``\n``, ``\x1b``, ``\udcff``. A path that starts with
    a tab or a line end no longer does.
    """
    escaped = escape_text(path)
    return f"./{escaped}" if _FORMULA.match(escaped) else escaped


def format_row(row: Sequence[Any]) -> str:
    """Return a row of a CSV table, its end included."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(row)
    return line.getvalue()
