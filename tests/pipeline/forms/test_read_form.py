from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline import load_classifier
from pipeline.decoding.constraints.constraint import Constraint
from pipeline.forms.candidates import list_candidates
from pipeline.forms.field_lattice import FieldLattice
from pipeline.forms.form_reading import FormReading
from pipeline.forms.read_form import _decide, note_form, read_form
from pipeline.forms.template import FormSum, Template
from pipeline.settings.tree import Settings
from pipeline.types import Page
from tests.support.drawing import make_lattice
from tests.support.forms import AMOUNT, fill_blank, make_form, photograph

pytestmark = pytest.mark.slow


def read(template: Template, turn_deg: float = 6.0, **texts: str) -> FormReading:
    return read_form(photograph(fill_blank(**texts), turn_deg, 1.2, 0.04)[0], template, load_classifier())


def list_texts(form: FormReading) -> dict[str, tuple[str, str]]:
    return {one.name: (one.text, one.status) for one in form.fields}


@pytest.mark.parametrize("turn_deg", [6, 95, 186], ids=["aslant", "on its side", "upside down"])
def test_fields_are_read(turn_deg: float) -> None:
    form = read(make_form(), turn_deg, amount="907", code="5386", age="")
    assert list_texts(form) == {"amount": ("907", "accepted"), "code": ("5386", "accepted"), "age": ("", "blank")}
    assert form.reading.turned_deg == {6: 0, 95: 90, 186: 180}[int(turn_deg)]
    assert [one.text for one in form.reading.readings] == ["907", "5386"]


def test_boxes_are_in_px_of_the_picture() -> None:
    gray = fill_blank(amount="907")
    form = read_form(gray, make_form(), load_classifier())
    amount = form.fields[0]
    assert np.abs(np.array(amount.box.as_list()) - AMOUNT.as_list()).max() <= 4
    number = form.reading.readings[0].box
    ink = gray[number.slices] < 100
    assert ink.any(axis=1).mean() > 0.9 and ink.any(axis=0).mean() > 0.6
    assert form.to_dict()["fields"][0]["box"] == amount.box.as_list()


def test_what_is_known_is_obeyed_or_told() -> None:
    fitting = read(make_form(Constraint(values=("907", "112"))), amount="907")
    assert list_texts(fitting)["amount"] == ("907", "accepted")
    broken = read(make_form(Constraint((5, 5))), amount="907").fields[0]
    assert broken.status == "rejected" and broken.reason is not None and "5 digits" in broken.reason


def test_blank_box_between_digits_is_told() -> None:
    gray = fill_blank(code="5386")
    gray[265:316, 545:596] = 235
    code = read_form(gray, make_form(), load_classifier()).fields[1]
    assert code.status == "rejected"


def test_wrong_sum_is_noted() -> None:
    form = make_form()
    summed = replace(form, sums=(FormSum("amount", ("code", "age")),))
    found = read(summed, amount="907", code="5386", age="46")
    note = note_form(found, summed)
    assert found.sums[0].status == "wrong" and note is not None and "add up to 5432" in note


def test_picture_may_be_an_array_in_color() -> None:
    gray = fill_blank(amount="32")
    bgr: Any = np.repeat(gray[:, :, None], 3, axis=2)
    assert read_form(bgr, make_form(), load_classifier(), channels="bgr").fields[0].text == "32"
    assert read_form(Page(gray), make_form(), load_classifier()).fields[0].text == "32"


@pytest.mark.parametrize(
    ("is_written", "found"), [(True, ("1", "rejected")), (False, ("", "blank"))], ids=["tall mark", "grain"]
)
def test_field_with_a_mark_as_tall_as_writing_is_not_blank(is_written: bool, found: tuple[str, str]) -> None:
    lattice = make_lattice(2, (0, 1))
    log_scores = np.log(np.array([[1e-9, 0.02, *[1e-9] * 8, 0.98]]))
    field = FieldLattice(Page(np.full((60, 60), 220, np.uint8)), lattice, log_scores, is_written=is_written)
    candidates = list_candidates(lattice, log_scores, Constraint((1, 3)))
    own = _decide(make_form().fields[0], AMOUNT, field, candidates, Settings())
    assert (own.text, own.status) == found
