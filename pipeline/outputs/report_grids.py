"""A record's tables and form fields as the HTML report shows them: rows and columns, and crops of doubtful ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipeline.outputs.form_csv_writer import describe_page
from pipeline.outputs.grid_writer import list_tables

if TYPE_CHECKING:
    from pipeline.outputs.records import Record


def describe_grids(record: Record) -> dict[str, Any]:
    """Return what the report needs to know of a page's tables and fields; nothing for a page without any.

    Returns
    -------
    ``tables``: rows, columns and cells of each, a cell as its row, column, rows and columns that it goes over, text,
    status and numbers; ``form``: page of the form, status and reason of the page, and its fields, a field as its name,
    text, confidence, status, reason and numbers. Numbers are indices into the record's, and only of what is doubtful.
    """
    shown: dict[str, Any] = {}
    if tables := list_tables(record):
        places = [tuple(one.get(key) for key in ("table", "row", "column")) for one in record["numbers"]]
        shown["tables"] = [_describe_table(table, at, places) for at, table in enumerate(tables, start=1)]
    if record.get("fields"):
        status, reason = describe_page(record)
        shown["form"] = [record["form_page"], status, reason, _describe_fields(record)]
    return shown


def _describe_table(table: Mapping[str, Any], at: int, places: list[tuple[Any, ...]]) -> list[Any]:
    cells = []
    for cell in table["cells"]:
        own = (at, cell["row"], cell["column"])
        numbers = [n for n, place in enumerate(places) if place == own] if cell["status"] == "rejected" else []
        spans = cell["row_span"], cell["column_span"]
        cells.append([cell["row"], cell["column"], *spans, cell["text"], cell["status"], numbers])
    return [table["rows"], table["columns"], cells]


def _describe_fields(record: Record) -> list[list[Any]]:
    """Return the fields. The numbers of a record are those of its fields with a text, but where some were removed."""
    written = [field["name"] for field in record["fields"] if field["text"]]
    places = {name: n for n, name in enumerate(written)} if len(written) == len(record["numbers"]) else {}
    return [
        [
            *(field[key] for key in ("name", "text", "confidence", "status", "reason")),
            [places[field["name"]]] if field["status"] == "rejected" and field["name"] in places else [],
        ]
        for field in record["fields"]
    ]
