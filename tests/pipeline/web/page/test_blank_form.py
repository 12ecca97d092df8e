from __future__ import annotations

import cv2
import pytest

from pipeline.errors import NotAPictureError, TemplateError
from pipeline.forms.template import FormField, FormSum
from pipeline.geometry import Box
from pipeline.web.page.blank_form import check_template, make_template, open_blank
from tests.support.forms import AGE, AMOUNT, draw_blank
from tests.support.pdfs import make_pdf

PNG = cv2.imencode(".png", draw_blank())[1].tobytes()


def test_fields_of_a_blank_are_found() -> None:
    blank = open_blank(PNG, "blank.png")
    ((jpeg, size_px),) = blank.pages
    assert size_px == (800, 520) and jpeg[:2] == b"\xff\xd8"
    assert len(blank.fields) == 3
    assert any(field.comb == 4 for field in blank.fields)


def test_what_is_no_picture_is_an_error_of_its_own() -> None:
    with pytest.raises(NotAPictureError):
        open_blank(b"text", "blank.png")


def test_a_form_has_few_pages() -> None:
    with pytest.raises(TemplateError, match="it has 11 pages; 10 are the most"):
        open_blank(make_pdf([""] * 11), "blank.pdf")


def test_drawn_fields_become_a_template() -> None:
    fields = [FormField("age", AGE), FormField("amount", AMOUNT)]
    template = make_template(PNG, "../my blank.png", fields)
    assert template.fields == tuple(fields)
    assert (template.name, template.files, template.sums) == ("form.toml", (), ())
    sums = (FormSum("amount", ("age", "again")),)
    assert make_template(PNG, "blank.png", [*fields, FormField("again", AGE)], sums).sums == sums
    assert template.digest != make_template(PNG, "blank.png", fields[:1]).digest


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (FormField("two words", AGE), "field 1: name: expected letters"),
        (FormField("age", Box(0, 0, 9000, 10)), "field 'age': box .* is outside of the reference"),
    ],
    ids=["name", "box"],
)
def test_a_wrong_field_is_named_without_the_folder(field: FormField, message: str) -> None:
    with pytest.raises(TemplateError, match=f"^{message}"):
        make_template(PNG, "blank.png", [field])


def test_a_text_that_is_no_template_is_told() -> None:
    with pytest.raises(TemplateError, match="^it is no TOML"):
        check_template(PNG, "blank.png", "=")
