from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline import load_classifier, load_page, load_template, read_form
from train.synthesis.forms.draw_sample import KIND, draw_filled
from train.synthesis.forms.filled import make_template

FORM = Path(__file__).resolve().parents[4] / "samples" / "form"


def test_template_is_that_of_the_kind() -> None:
    read, drawn = load_template(FORM / "form.toml"), make_template(KIND)
    assert [(f.name, f.box, f.comb, f.constraint) for f in read.fields] == [
        (f.name, f.box, f.comb, f.constraint) for f in drawn.fields
    ]
    assert read.sums == drawn.sums
    assert np.array_equal(read.pages[0].gray, drawn.pages[0].gray)


@pytest.mark.slow
def test_photo_is_what_the_script_draws() -> None:
    committed, filled = cv2.imread(str(FORM / "filled.jpg"), cv2.IMREAD_GRAYSCALE), draw_filled()
    drawn = cv2.resize(filled.photo, committed.shape[::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(cv2.blur(committed, (3, 3)).astype(float) - cv2.blur(drawn, (3, 3))).mean() < 3
    assert json.loads((FORM / "truth.json").read_text(encoding="utf-8")) == dict(filled.truth)


@pytest.mark.slow
def test_photo_is_read_right() -> None:
    form = read_form(load_page(FORM / "filled.jpg"), load_template(FORM / "form.toml"), load_classifier())
    truth = json.loads((FORM / "truth.json").read_text(encoding="utf-8"))
    assert {field.name: field.text for field in form.fields} == truth
    assert [one.status for one in form.sums] == ["right", "right"]
