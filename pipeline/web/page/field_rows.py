"""The fields of a form as rows of a table and as boxes on its picture, both to edit -> the fields of its template."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.decoding.constraints.constraint import Constraint
from pipeline.errors import ConstraintError, TemplateError
from pipeline.forms.template import FormField, FormSum
from pipeline.geometry import Box

SIDES = ("left", "top", "right", "bottom")
NUMBERS = ("page", *SIDES, "comb", "min", "max")
"""Columns of whole numbers; the others, `name` and `digits`, hold text."""

COLUMNS = ("name", "page", *SIDES, "comb", "digits", "min", "max")

MORE, ALSO = "more", "also"
"""What else is known of a field, from a template that was loaded, and the column that tells of it: not to edit."""

_MORE = ("pattern", "values", "check")

Row = dict[str, Any]


def make_field_rows(fields: Iterable[FormField]) -> list[Row]:
    """Return a row per field."""
    rows = []
    for field in fields:
        known = field.constraint
        least, most = (known.range if known else None) or (None, None)
        n_digits = known.n_digits if known else None
        more = {name: value for name in _MORE if known and (value := getattr(known, name)) is not None}
        digits = None if n_digits is None else "-".join(map(str, dict.fromkeys(n_digits)))
        sides = dict(zip(SIDES, field.box.as_list(), strict=True))
        rows.append(
            {"name": field.name, "page": field.page, **sides, "comb": field.comb, "digits": digits,
             "min": least, "max": most, MORE: more}
        )  # fmt: skip
    return rows


def show_rows(rows: Iterable[Row]) -> list[Row]:
    """Return the rows as a table shows them, what else is known as a text."""
    return [
        {
            **{name: row[name] for name in COLUMNS},
            ALSO: str(Constraint.from_dict(more)) if (more := row.get(MORE)) else None,
        }
        for row in rows
    ]


def make_fields(rows: Sequence[Row]) -> list[FormField]:
    """Return the fields that rows tell of.

    Raises
    ------
    TemplateError
        If there is none, or a row is incomplete or wrong; the message names it.
    """
    if not rows:
        raise TemplateError("the form has no field", "draw a box over each place where a number is written")
    return [_make_field(row, f"field {row.get('name') or at}") for at, row in enumerate(rows, 1)]


def _make_field(row: Row, where: str) -> FormField:
    if not row.get("name"):
        raise TemplateError(f"{where}: it has no name", "give it one")
    sides = [-1 if row.get(side) is None else int(row[side]) for side in SIDES]
    if not (0 <= sides[0] < sides[2] and 0 <= sides[1] < sides[3]):
        raise TemplateError(f"{where}: its box is not one", "left is to be less than right, and top less than bottom")
    parts: dict[str, Any] = {**row.get(MORE, {})}
    if row.get("digits"):
        parts["n_digits"] = str(row["digits"])
    if row.get("min") is not None or row.get("max") is not None:
        parts["range"] = (row.get("min"), row.get("max"))
    try:
        known = Constraint.from_dict(parts) if parts else None
    except ConstraintError as error:
        raise TemplateError(f"{where}: {error.message}", error.hint) from error
    left, top, right, bottom = sides
    box = Box(left, top, right, bottom)
    return FormField(str(row["name"]), box, int(row.get("page") or 1), row.get("comb") or None, known)


def apply_table_edits(rows: Sequence[Row], state: Mapping[str, Any], page: int) -> list[Row]:
    """Return the rows with what was edited in the table.

    Parameters
    ----------
    rows : before
    state : of the table's widget: ``edited_rows``, ``added_rows`` and ``deleted_rows``
    page : that a row which was added belongs to where it does not say
    """
    edited: Mapping[int, Row] = state.get("edited_rows", {})
    deleted = set(state.get("deleted_rows", ()))
    kept = [{**row, **edited.get(at, {})} for at, row in enumerate(rows) if at not in deleted]
    added = [{**dict.fromkeys(COLUMNS), "page": page, **_drop_empty(row)} for row in state.get("added_rows", ())]
    for row in added:
        row["name"] = row["name"] or _choose_name([*kept, *added])
    return [*kept, *added]


def _drop_empty(row: Row) -> Row:
    return {name: value for name, value in row.items() if name in COLUMNS and value is not None}


def apply_boxes(rows: Sequence[Row], boxes: Sequence[Mapping[str, Any]], page: int) -> list[Row]:
    """Return the rows with the boxes of one page as they were dragged, drawn and deleted on its picture.

    Parameters
    ----------
    rows : before, of all pages
    boxes : of this page, each with ``name``, "" for a new one, and ``box``, px of the upright original
    page : from 1
    """
    moved = {str(one["name"]): one["box"] for one in boxes if one.get("name")}
    kept = [
        {**row, **_name_sides(moved[row["name"]])} if row["name"] in moved and row["page"] == page else row
        for row in rows
        if row["page"] != page or row["name"] in moved
    ]
    for one in boxes:
        if not one.get("name"):
            kept.append({**dict.fromkeys(COLUMNS), "name": _choose_name(kept), "page": page, **_name_sides(one["box"])})
    return kept


def _name_sides(box: Sequence[float]) -> dict[str, int]:
    return {side: round(float(value)) for side, value in zip(SIDES, box, strict=True)}


def _choose_name(rows: Sequence[Row]) -> str:
    taken = {row.get("name") for row in rows}
    number = 1
    while f"field_{number}" in taken:
        number += 1
    return f"field_{number}"


def rename_sums(sums: Iterable[FormSum], before: Sequence[Row], state: Mapping[str, Any]) -> tuple[FormSum, ...]:
    """Return the sums with the names that fields were given in the table.

    Parameters
    ----------
    sums : before
    before : the rows before
    state : of the table's widget, as for `apply_table_edits`
    """
    edited: Mapping[int, Row] = state.get("edited_rows", {})
    new = {before[at]["name"]: edit["name"] for at, edit in edited.items() if edit.get("name")}
    return tuple(FormSum(new.get(one.total, one.total), tuple(new.get(name, name) for name in one.of)) for one in sums)


def keep_sums(sums: Iterable[FormSum], rows: Iterable[Row]) -> tuple[FormSum, ...]:
    """Return the sums whose fields are all there."""
    names = {row["name"] for row in rows}
    return tuple(one for one in sums if names.issuperset(one.names))
