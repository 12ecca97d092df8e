from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.decoding.constraints.rules import is_allowed
from train.synthesis.forms.draw_sample import gather_drawn_writers
from train.synthesis.forms.filled import (
    BLANK_PX_PER_MM,
    SHEET_PX_PER_MM,
    choose_values,
    make_template,
    synthesize_form,
    write_field,
)
from train.synthesis.forms.kinds import KINDS
from train.synthesis.handwriting.writers import WriterPool
from train.synthesis.pages.ink_layout import Draft
from train.synthesis.pages.synthesize import draw_script


@pytest.fixture(scope="module")
def pool() -> WriterPool:
    return gather_drawn_writers(0)


@pytest.mark.parametrize("kind", KINDS)
def test_values_obey_constraints_and_sums(kind: str) -> None:
    sheet = KINDS[kind]()
    for seed in range(5):
        truth = choose_values(sheet, np.random.default_rng(seed))
        assert list(truth) == [name for name, *_ in sheet.fields]
        for name, _, _, constraint in sheet.fields:
            assert not truth[name] or is_allowed(truth[name], constraint.rules), (name, truth[name])
        for one in sheet.sums:
            assert sum(int(truth[name]) for name in one.of) == int(truth[one.total])


@pytest.mark.parametrize("kind", KINDS)
def test_fields_are_blank_and_apart(kind: str) -> None:
    template = make_template(kind)
    gray = template.pages[0].gray
    for field in template.fields:
        box = field.box
        assert box.left >= 0 and box.right <= gray.shape[1] and box.bottom <= gray.shape[0]
        if not field.comb:
            inner = gray[box.top + 6 : box.bottom - 6, box.left + 6 : box.right - 6]
            assert inner.min() > 200, field.name
        others = [other for other in template.fields if other is not field]
        assert not any(box.measure_shared(other.box) for other in others)


@pytest.mark.slow
def test_same_seed_makes_the_same_photo(pool: WriterPool) -> None:
    one, other = (synthesize_form("slip", pool, 3, 1) for _ in range(2))
    assert np.array_equal(one.photo, other.photo) and one.truth == other.truth


@pytest.mark.slow
def test_view_takes_the_blank_to_the_photo(pool: WriterPool) -> None:
    filled, blank = synthesize_form("survey", pool, 3, 2), make_template("survey").pages[0].gray
    seen = cv2.warpPerspective(
        filled.photo, filled.view, blank.shape[::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    dark = blank < 100
    assert np.median(seen[dark]) < np.median(seen[~dark]) - 15


def test_number_stays_in_its_field(pool: WriterPool) -> None:
    rng = np.random.default_rng(1)
    field = KINDS["survey"]().list_fields(SHEET_PX_PER_MM)[2]
    draft = Draft.of_size((round(148 * SHEET_PX_PER_MM), round(210 * SHEET_PX_PER_MM)))
    write_field(draft, field, "88888", draw_script(pool, 50, "rows", rng), rng)
    left, _, wide, _ = cv2.boundingRect(draft.coverage)
    assert wide > 0.3 * field.box.width
    assert field.box.left - 2 <= left and left + wide <= field.box.right + 2
    assert SHEET_PX_PER_MM > BLANK_PX_PER_MM
