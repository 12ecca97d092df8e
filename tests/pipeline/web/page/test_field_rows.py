from __future__ import annotations

import pytest

from pipeline.decoding.constraints.constraint import Constraint
from pipeline.errors import TemplateError
from pipeline.forms.template import FormField, FormSum
from pipeline.geometry import Box
from pipeline.web.page.field_rows import (
    COLUMNS,
    apply_boxes,
    apply_table_edits,
    keep_sums,
    make_field_rows,
    make_fields,
    rename_sums,
    show_rows,
)

FIELDS = [
    FormField("week", Box(1, 2, 30, 40), 1, 4, Constraint(n_digits=(1, 2), range=(1, None))),
    FormField("total", Box(5, 6, 70, 80), 2),
]


def test_rows_become_the_fields_that_they_are_of() -> None:
    assert make_fields(make_field_rows(FIELDS)) == FIELDS


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": ""}, "field 1: it has no name"),
        ({"left": 30}, "field week: its box is not one"),
        ({"bottom": None}, "field week: its box is not one"),
        ({"top": -1}, "field week: its box is not one"),
        ({"digits": "many"}, "field week: .*many"),
        ({"min": 9, "max": 1}, "field week: "),
    ],
    ids=str,
)
def test_a_wrong_row_is_named(change: dict[str, object], message: str) -> None:
    first, second = make_field_rows(FIELDS)
    with pytest.raises(TemplateError, match=message):
        make_fields([{**first, **change}, second])


def test_a_form_without_fields_is_none() -> None:
    with pytest.raises(TemplateError, match="the form has no field"):
        make_fields([])


def test_table_is_edited() -> None:
    state = {"edited_rows": {0: {"name": "day"}}, "deleted_rows": [1], "added_rows": [{"left": 3}, {"name": "sum"}]}
    rows = apply_table_edits(make_field_rows(FIELDS), state, 2)
    assert [(row["name"], row["page"], row["left"]) for row in rows] == [
        ("day", 1, 1),
        ("field_1", 2, 3),
        ("sum", 2, None),
    ]


def test_boxes_are_moved_drawn_and_deleted() -> None:
    rows = make_field_rows([*FIELDS, FormField("field_1", Box(0, 0, 9, 9))])
    boxes = [{"name": "week", "box": [10.4, 2, 39.6, 40]}, {"name": "", "box": [50, 50, 60, 60]}]
    changed = apply_boxes(rows, boxes, 1)
    assert [(row["name"], row["page"], row["left"], row["right"]) for row in changed] == [
        ("week", 1, 10, 40),
        ("total", 2, 5, 70),  # another page
        ("field_1", 1, 50, 60),  # the old one of this name is deleted
    ]
    assert changed[0]["comb"] == 4


LOADED = [
    FormField("day", Box(1, 2, 30, 40), 1, None, Constraint(n_digits=(2, 2), pattern="dd", check="luhn")),
    FormField("id", Box(1, 50, 30, 90), 1, None, Constraint(values=("12", "15"))),
    FormField("total", Box(5, 6, 70, 80)),
]
SUMS = (FormSum("total", ("day", "id")),)


def test_what_a_loaded_template_knows_else_stays() -> None:
    rows = apply_table_edits(make_field_rows(LOADED), {"edited_rows": {0: {"name": "date"}, 1: {"digits": "2"}}}, 1)
    fields = make_fields(apply_boxes(rows, [{"name": row["name"], "box": [1, 2, 3, 4]} for row in rows], 1))
    assert [field.constraint for field in fields] == [
        Constraint(n_digits=(2, 2), pattern="dd", check="luhn"),
        Constraint(n_digits=(2, 2), values=("12", "15")),
        None,
    ]


def test_table_tells_what_else_is_known() -> None:
    rows = show_rows([*make_field_rows(LOADED), dict.fromkeys(COLUMNS)])
    assert [row["also"] for row in rows] == ["pattern dd, check digit luhn", "one of 2 values", None, None]


def test_sums_follow_the_names_of_their_fields() -> None:
    rows, state = make_field_rows(LOADED), {"edited_rows": {0: {"name": "date"}, 2: {"name": "sum", "left": 2}}}
    sums = rename_sums(SUMS, rows, state)
    assert sums == (FormSum("sum", ("date", "id")),)
    rows = apply_table_edits(rows, state, 1)
    assert keep_sums(sums, rows) == sums
    assert keep_sums(sums, rows[1:]) == ()
