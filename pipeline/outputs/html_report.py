"""Results as one HTML file: totals, a table to sort and filter, a crop of each number, each page with its boxes.

The file stands alone. Style, script and pictures are in it, and its Content-Security-Policy forbids the page to load
or send anything else, so what people wrote stays where the file is. Each record is an inert ``<script>`` of JSON, its
pictures attributes that are decoded only when they are shown; so a report of 10,000 pages opens quickly.

Pictures are written until they have `_MOST_BYTES`; then only the crops of rejected numbers are, until they have
`_MOST_REJECTED_BYTES` more, and the thumbnails. So a report has 300 MB at most, and 8 kB a page beside that.

The text is ASCII, whatever the file names hold: JSON escapes the rest, and ``<`` with it, so that no name can end the
element that it stands in.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from pipeline.outputs.explain import explain
from pipeline.outputs.picture_keys import CROPS, DATA_URI, PICTURE, THUMBNAIL, name_box
from pipeline.outputs.report_grids import describe_grids

if TYPE_CHECKING:
    from pipeline.outputs.records import Record

_FOLDER = "report_page"
_SCRIPTS = ("rows.js", "chart.js", "lightbox.js", "grids.js", "sorting.js", "table.js")
"""In this order they make one script; the last one starts it."""

_DEFAULT_TITLE = "Numbers read"
_RECORDS = "$records"
"""Where the records go in the template."""

_MOST_BYTES, _MOST_REJECTED_BYTES = 200_000_000, 100_000_000
"""A browser takes a file of this size in some seconds."""

_BASE64 = re.compile(r"[A-Za-z0-9+/=]*")


class HtmlWriter:
    """Makes the report; a `pipeline.outputs.formats.Writer`."""

    def __init__(self) -> None:
        self._n_bytes = 0

    def start(self, facts: Mapping[str, object]) -> str:
        """Return the page up to its records.

        Parameters
        ----------
        facts : shown at the top by label, in this order; ``title`` is the page's title. A fact of None is left out.
        """
        self._n_bytes = 0
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
        record : from `pipeline.outputs.records.make_record`; that of a page that was read may have the pictures of
            `pipeline.outputs.report_pictures`
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
            **describe_grids(record),
        }
        attributes = "".join(f' data-{name}="{_escape(one)}"' for name, one in self._choose_pictures(record).items())
        text = json.dumps(shown, separators=(",", ":")).replace("<", "\\u003c")
        return f'<script type="application/json"{attributes}>{text}</script>\n'

    def _choose_pictures(self, record: Record) -> dict[str, str]:
        """Return the pictures of a page by the names of their attributes, those for which there is room."""
        crops = record.get(CROPS) or {}
        is_full, is_over = self._n_bytes > _MOST_BYTES, self._n_bytes > _MOST_BYTES + _MOST_REJECTED_BYTES
        shown = [
            _strip_uri(crops.get(name_box(one["box"]), ""))
            if not (is_full and (is_over or one["status"] == "accepted"))
            else ""
            for one in record["numbers"]
        ]
        chosen = {CROPS: " ".join(shown) if any(shown) else "", PICTURE: "" if is_full else record.get(PICTURE)}
        self._n_bytes += sum(len(one) for one in chosen.values() if one)
        return {name: one for name, one in {THUMBNAIL: record.get(THUMBNAIL), **chosen}.items() if one}

    def finish(self) -> str:
        """Return the page after its records: the script that shows them."""
        _, tail = _read("page.html").split(_RECORDS)
        return Template(tail).substitute(script=_read_script())


def _strip_uri(uri: object) -> str:
    """Return the base64 of a picture; "" for what is none, such as a journal that somebody has edited may hold."""
    if not isinstance(uri, str) or not uri.startswith(DATA_URI):
        return ""
    text = uri.removeprefix(DATA_URI)
    return text if _BASE64.fullmatch(text) else ""


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
