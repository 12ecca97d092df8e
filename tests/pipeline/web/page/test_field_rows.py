from __future__ import annotations

import pytest

from pipeline.decoding.constraints.constraint import Constraint
from pipeline.errors import TemplateError
from pipeline.forms.template import FormField
from pipeline.geometry import Box
from pipeline.web.page.field_rows import apply_boxes, apply_table_edits, make_field_rows, make_fields

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
