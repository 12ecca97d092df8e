"""Records -> one HTML file to look at: totals, a table to sort and filter, each page with its boxes.

The file stands alone. Style, script and thumbnails are in it, and its Content-Security-Policy forbids whatever else a
page could load or send, so what people wrote stays where the file is. Each record is an inert ``<script>`` of JSON, its
thumbnail an attribute of it that nobody decodes before it is shown; that is how 10,000 pages open in little time.

All that is written is ASCII, whatever the file names hold: JSON escapes the rest, and ``<`` with it, so that no name
can end the element that it stands in.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template
from typing import Any, TextIO

_FOLDER = "report_page"
_SCRIPTS = ("rows.js", "chart.js", "lightbox.js", "table.js")
"""In this order they make one script; the last one starts it."""

_DEFAULT_TITLE = "Numbers read"
_DATA = "$records"
"""Where the records go in the template: what is before it is written first, what is after it last."""


def write_html(records: Iterable[Mapping[str, Any]], stream: TextIO, facts: Mapping[str, object]) -> None:
    """Write the report, each record as it comes; none is kept.

    Parameters
    ----------
    records : as `pipeline.outputs.records.make_record` gives, one a page, in the order of the table; those of pages
    that were
        read may have a ``thumbnail`` (a data URI) and any a ``note`` (shown with the file's name)
    stream : where to write; it stays open
    facts : what stands on top, by its label, in this order; ``title`` is the page's. What is None is left out.
    """
    head, tail = _fill_template(facts)
    stream.write(head)
    for record in records:
        stream.write(_format_record(record))
    stream.write(tail)


def _fill_template(facts: Mapping[str, object]) -> tuple[str, str]:
    """Return what stands before and after the records."""
    style = _read("page.css")
    script = '"use strict";\n' + "\n".join(_read(name) for name in _SCRIPTS)
    head, tail = _read("page.html").split(_DATA)
    values = {
        "policy": _make_policy(style, script),
        "title": _escape(facts.get("title") or _DEFAULT_TITLE),
        "facts": "\n".join(_format_fact(label, value) for label, value in facts.items() if label != "title"),
        "style": style,
        "script": script,
    }
    return Template(head).substitute(values), Template(tail).substitute(values)


def _read(name: str) -> str:
    return files("pipeline.outputs").joinpath(_FOLDER, name).read_text(encoding="ascii")


def _make_policy(style: str, script: str) -> str:
    """Return the Content-Security-Policy: this style and this script, pictures in the file itself, nothing else."""
    allowed = f"img-src data:; style-src {_hash(style)}; script-src {_hash(script)}"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode('ascii')).digest()).decode('ascii')}'"


def _escape(value: object) -> str:
    """Return the text for HTML, in ASCII; half of a surrogate pair becomes the sign of a letter that is none."""
    return escape(str(value)).encode("ascii", "xmlcharrefreplace").decode("ascii")


def _format_fact(label: str, value: object) -> str:
    if value is None:
        return ""
    shown = round(value, 3) if isinstance(value, float) else value
    return f"<div><dt>{_escape(label)}</dt><dd>{_escape(shown)}</dd></div>"


def _format_record(record: Mapping[str, Any]) -> str:
    """Return the record as an element: of what it holds only what the page shows."""
    shown = {
        "file": record["file"],
        "page": record["page"],
        "size": record["size_px"],
        "note": record.get("note"),
        "error": record["error"],
        "numbers": [
            [n["text"], n["confidence"], n["status"], n["reason"], n["line"], n["box"]] for n in record["numbers"]
        ],
    }
    thumbnail = record.get("thumbnail")
    attribute = f' data-thumbnail="{_escape(thumbnail)}"' if thumbnail else ""
    text = json.dumps(shown, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json"{attribute}>{text}</script>\n'
