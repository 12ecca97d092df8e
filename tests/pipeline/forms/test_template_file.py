from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.cli import main
from pipeline.errors import TemplateError
from pipeline.forms.template_file import format_template, load_template
from tests.support.forms import draw_blank, make_form

FIELD = '[[field]]\nname = "a"\nbox = [420, 150, 640, 210]\n'
OTHER = '[[field]]\nname = "b"\nbox = [420, 260, 660, 320]\n'
REFERENCE = 'reference = "blank.png"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "blank.png").write_bytes(cv2.imencode(".png", draw_blank())[1].tobytes())
    (tmp_path / "rooms.txt").write_text("12\n 15 \n\n20\n", encoding="utf-8")
    return tmp_path


def write(folder: Path, text: str) -> Path:
    path = folder / "form.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_written_is_read_back(folder: Path) -> None:
    form = make_form()
    path = write(folder, format_template(["blank.png"], form.fields))
    read = load_template(path)
    assert [(one.name, one.box, one.comb) for one in read.fields] == [(f.name, f.box, f.comb) for f in form.fields]
    assert np.array_equal(read.pages[0].gray, draw_blank())
    assert read.fields[1].constraint is not None and read.fields[1].constraint.n_digits == (4, 4)
    assert read.files == (str(path), str(folder / "blank.png"))


def test_everything_that_may_be_known_of_a_field(folder: Path) -> None:
    more = 'digits = [1, 3]\nmin = 1\nmax = 20\nvalues = "rooms.txt"\n'
    text = REFERENCE + FIELD + more + OTHER + '[[sum]]\ntotal = "b"\nof = ["a", "c"]\n' + OTHER.replace('"b"', '"c"')
    form = load_template(write(folder, text))
    known = form.fields[0].constraint
    assert known is not None and known.values == ("12", "15", "20") and known.range == (1, 20)
    assert form.sums[0].names == ("a", "c", "b")
    assert form.list_fields(1) == form.fields and form.list_fields(2) == ()


def test_digest_tells_templates_apart(folder: Path) -> None:
    first = load_template(write(folder, REFERENCE + FIELD)).digest
    assert load_template(write(folder, "# a comment\n" + REFERENCE + FIELD)).digest == first
    assert load_template(write(folder, REFERENCE + FIELD + "digits = 3\n")).digest != first
    (folder / "blank.png").write_bytes(cv2.imencode(".png", 255 - draw_blank())[1].tobytes())
    assert load_template(write(folder, REFERENCE + FIELD)).digest != first


WRONG = {
    "no TOML": ("reference = ", "it is no TOML"),
    "no reference": (FIELD, "reference is missing"),
    "no field": (REFERENCE, "it has no [[field]]"),
    "unknown key": (REFERENCE + FIELD + "digit = 8\n", "field 'a': unknown key 'digit'"),
    "unknown table": (REFERENCE + FIELD + "[sums]\n", "unknown key 'sums'"),
    "two of a name": (REFERENCE + FIELD + FIELD, "field 'a': two fields have this name"),
    "no name": (REFERENCE + "[[field]]\nbox = [1, 2, 3, 4]\n", "field 1: name: expected"),
    "box outside": (REFERENCE + FIELD.replace("640", "900"), "outside of the reference, which has 800 x 520 px"),
    "box turned": (REFERENCE + FIELD.replace("640", "400"), "field 'a': box: expected [left, top, right, bottom]"),
    "page": (REFERENCE + FIELD + "page = 2\n", "field 'a': page: expected 1 to 1, received 2"),
    "comb": (REFERENCE + FIELD + "comb = 0\n", "field 'a': comb: expected 1 to 40"),
    "blank lacks": ('reference = "no.png"\n' + FIELD, "reference: "),
    "blank is no picture": ('reference = "rooms.txt"\n' + FIELD, "rooms.txt cannot be used"),
    "page of blank": ('reference = {file = "blank.png", page = 3}\n' + FIELD, "there is no page 3"),
    "contradiction": (REFERENCE + FIELD + "digits = 2\nmin = 500\n", "field 'a': no number fits"),
    "values lack": (REFERENCE + FIELD + 'values = "no.txt"\n', "field 'a': values: "),
    "unknown check": (REFERENCE + FIELD + 'check = "crc"\n', "field 'a': check 'crc'"),
    "sum of unknown": (REFERENCE + FIELD + OTHER + '[[sum]]\ntotal = "b"\nof = ["a", "x"]\n', "there is no field 'x'"),
    "sum of itself": (REFERENCE + FIELD + OTHER + '[[sum]]\ntotal = "b"\nof = ["a", "b"]\n', "named twice"),
    "sum of one": (REFERENCE + FIELD + OTHER + '[[sum]]\ntotal = "b"\nof = ["a"]\n', "two fields or more"),
}


@pytest.mark.parametrize("name", WRONG)
def test_mistake_is_told_in_one_line_that_names_the_file(folder: Path, name: str) -> None:
    text, message = WRONG[name]
    with pytest.raises(TemplateError) as caught:
        load_template(write(folder, text))
    assert caught.value.exit_code == 2
    assert message in caught.value.message and str(folder / "form.toml") in caught.value.message
    assert "\n" not in str(caught.value)


def test_mistake_ends_the_run_before_anything_is_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(folder, REFERENCE)
    out = folder / "read.csv"
    assert main([str(folder / "blank.png"), "--template", str(path), "-o", str(out)]) == 2
    assert capsys.readouterr().err == f"error: {path}: it has no [[field]]; {TemplateError.hint}\n"
    assert not out.exists()
