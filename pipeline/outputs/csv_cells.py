"""Cells of CSV tables that neither a spreadsheet takes for a formula nor a terminal for a command."""

from __future__ import annotations

import re

from pipeline.system.terminal import escape_text

_FORMULA = re.compile(r"[=+\-@].", re.DOTALL)


def spell_path(path: str) -> str:
    r"""Return a path for a cell: ``./`` before one that starts like a formula, which names the same file.

    Control characters, and bytes that are not UTF-8, are escapes: ``\n``, ``\x1b``, ``\udcff``. A path that starts with
    a tab or a line end no longer does.
    """
    escaped = escape_text(path)
    return f"./{escaped}" if _FORMULA.match(escaped) else escaped
