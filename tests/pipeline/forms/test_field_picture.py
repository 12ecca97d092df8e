from __future__ import annotations

import numpy as np
import pytest

from pipeline.forms.field_picture import cut_field, find_print, measure_shift
from pipeline.forms.register import register
from pipeline.types import Page
from tests.support.forms import draw_blank, fill_blank, make_form, photograph


def test_shift_is_that_of_the_print() -> None:
    printed = np.zeros((40, 90), np.uint8)
    printed[5, 5:80] = printed[5:35, 5] = 200
    seen = np.roll(printed, (2, -3), axis=(0, 1))
    assert measure_shift(seen, printed, 4) == (-3, 2)
    assert measure_shift(seen, np.zeros_like(printed), 4) == (0, 0)


def test_along_a_line_the_smallest_shift_is_taken() -> None:
    printed = np.zeros((40, 90), np.uint8)
    printed[30:33] = 200
    assert measure_shift(np.roll(printed, 1, axis=0), printed, 4) == (0, 1)


def test_bare_blank_has_no_print() -> None:
    bare = np.full((40, 90), 220, np.uint8)
    assert not find_print(bare, bare, 30).any()


@pytest.mark.slow
def test_walls_are_painted_and_digits_stay() -> None:
    form, picture = make_form(), photograph(fill_blank(code="5381"), 12, 1.3)[0]
    page = Page(picture)
    cut = cut_field(page, form.pages[0], register(page, form), form.fields[1])
    bare = cut_field(Page(photograph(draw_blank(), 12, 1.3)[0]), form.pages[0], register(page, form), form.fields[1])
    assert np.count_nonzero(cut.seen < 150) > 1.5 * np.count_nonzero(cut.page.gray < 150) > 0
    assert np.count_nonzero(bare.page.gray < 150) < 0.02 * np.count_nonzero(bare.seen < 150)
