from __future__ import annotations

import numpy as np

from pipeline.forms.outline import list_outlines
from tests.support.forms import draw_blank, photograph


def test_sheet_on_a_dark_desk_is_outlined() -> None:
    picture, view = photograph(draw_blank(), turn_deg=10)
    sheet, whole = list_outlines(picture)
    assert np.allclose(whole[2], np.array(picture.shape[::-1]) - 0.5)
    corner = view @ [-0.5, -0.5, 1]
    assert np.abs(sheet - corner[:2] / corner[2]).sum(axis=1).min() < 12


def test_bare_picture_has_its_own_outline_alone() -> None:
    assert len(list_outlines(np.zeros((40, 60), np.uint8))) == 1
