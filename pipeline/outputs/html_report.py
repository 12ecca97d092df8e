"""Results as one HTML file: totals, a table to sort and filter, each page's thumbnail with its boxes.

The file stands alone. Style, script and thumbnails are in it, and its Content-Security-Policy forbids the page to load
or send anything else, so what people wrote stays where the file is. Each record is an inert ``<script>`` of JSON, its
thumbnail an attribute that is decoded only when it is shown; so a report of 10,000 pages opens quickly.

The text is ASCII, whatever the file names hold: JSON escapes the rest, and ``<`` with it, so that no name can end the
element that it stands in.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from pipeline.outputs.explain import explain

if TYPE_CHECKING:
    from pipeline.outputs.records import Record

_FOLDER = "report_page"
_SCRIPTS = ("rows.js", "chart.js", "lightbox.js", "table.js")
"""In this order they make one script; the last one starts it."""

_DEFAULT_TITLE = "Numbers read"
_RECORDS = "$records"
"""Where the records go in the template."""


class HtmlWriter:
    """Makes the report; a `pipeline.outputs.formats.Writer`."""

    def start(self, facts: Mapping[str, object]) -> str:
        """Return the page up to its records.

        Parameters
        ----------
        facts : shown at the top by label, in this order; ``title`` is the page's title. A fact of None is left out.
        """
        head, _ = _read("page.html").split(_RECORDS)
        style = _read("page.css")
        shown = {label: value for label, value in facts.items() if label != "title" and value is not None}
        return Template(head).substitute(
            policy=_make_policy(style, _read_script()),
            title=_escape(facts.get("title") or _DEFAULT_TITLE),
            facts="\n".join(_format_fact(label, value) for label, value in shown.items()),
            style=style,
        )

    def format_page(self, record: Record, is_first: bool) -> str:
        """Return the record as an element that holds only what the report shows.

        Parameters
        ----------
        record : from `pipeline.outputs.records.make_record`; that of a page that was read may have a ``thumbnail``, a
            data URI
        is_first : of no effect
        """
        shown = {
            "file": record["file"],
            "page": record["page"],
            "size": record["size_px"],
            "note": record["note"],
            "error": record["error"],
            "numbers": [
                [n["text"], n["confidence"], n["status"], explain(n), n["line"], n["box"]] for n in record["numbers"]
            ],
        }
        thumbnail = record.get("thumbnail")
        attribute = f' data-thumbnail="{_escape(thumbnail)}"' if thumbnail else ""
        text = json.dumps(shown, separators=(",", ":")).replace("<", "\\u003c")
        return f'<script type="application/json"{attribute}>{text}</script>\n'

    def finish(self) -> str:
        """Return the page after its records: the script that shows them."""
        _, tail = _read("page.html").split(_RECORDS)
        return Template(tail).substitute(script=_read_script())


def _read_script() -> str:
    return '"use strict";\n' + "\n".join(map(_read, _SCRIPTS))


def _read(name: str) -> str:
    return files("pipeline.outputs").joinpath(_FOLDER, name).read_text(encoding="ascii")


def _make_policy(style: str, script: str) -> str:
    """Return the Content-Security-Policy: this style and this script, pictures in the file itself, nothing else."""
    allowed = f"img-src data:; style-src {_hash(style)}; script-src {_hash(script)}"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode('ascii')).digest()).decode('ascii')}'"


def _escape(value: object) -> str:
    """Return the text for HTML, in ASCII; half of a surrogate pair becomes a character reference."""
    return escape(str(value)).encode("ascii", "xmlcharrefreplace").decode("ascii")


def _format_fact(label: str, value: object) -> str:
    shown = round(value, 3) if isinstance(value, float) else value
    return f"<div><dt>{_escape(label)}</dt><dd>{_escape(shown)}</dd></div>"
