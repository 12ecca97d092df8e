from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.forms.find_fields import FoundField, find_fields, find_lines
from pipeline.geometry import Box, measure_overlap
from tests.support.forms import AGE, AMOUNT, CODE, N_CODE, draw_blank


def list_found(gray: NDArray[np.uint8]) -> list[tuple[int | None, tuple[int, int]]]:
    """Return the boxes of each comb, and the middle of each field in tens of px."""
    return [(one.comb, (round(one.box.center[0], -1), round(one.box.center[1], -1))) for one in find_fields(gray)]


def test_box_comb_and_underlined_blank_are_found_in_reading_order() -> None:
    amount, code, age = find_fields(draw_blank())
    assert amount.comb is None and measure_overlap(amount.box, AMOUNT) > 0.8
    assert code.comb == N_CODE and measure_overlap(code.box, CODE) > 0.8
    assert age.comb is None and abs(age.box.bottom - AGE.bottom) <= 4 and abs(age.box.left - AGE.left) <= 4


def test_aslant_by_one_degree() -> None:
    turn = cv2.getRotationMatrix2D((400, 260), 1.0, 1.0)
    turned = cv2.warpAffine(draw_blank(), turn, (800, 520), borderMode=cv2.BORDER_REPLICATE)
    assert [one.comb for one in find_fields(turned)] == [None, N_CODE, None]


def test_boxes_with_print_in_them_are_labels() -> None:
    gray = draw_blank()
    cv2.putText(gray, "kg", (AMOUNT.left + 20, AMOUNT.bottom - 12), cv2.FONT_HERSHEY_DUPLEX, 1.2, 40, 2)
    gray[CODE.top + 3 : CODE.bottom - 3, CODE.left + 3 : CODE.right - 3] -= 60
    assert len(find_fields(gray)) == 1


def test_cells_of_a_table_are_no_combs() -> None:
    gray = np.full((500, 500), 240, np.uint8)
    for k in range(4):
        cv2.line(gray, (100 + 40 * k, 100), (100 + 40 * k, 250), 40, 2)
        cv2.line(gray, (100, 100 + 50 * k), (220, 100 + 50 * k), 40, 2)
    assert [one.comb for one in find_fields(gray)] == [None] * 9


@pytest.mark.parametrize("level", [0, 128, 255])
def test_bare_picture_has_none(level: int) -> None:
    assert find_fields(np.full((300, 200), level, np.uint8)) == ()


def test_lines_are_long_and_thin() -> None:
    ink = np.zeros((60, 80), np.uint8)
    ink[10:12, 5:70] = ink[20:50, 30:60] = ink[30:33, 5:15] = 255
    found = find_lines(ink, 30, is_level=True)
    assert found[10:12, 8:68].all() and np.count_nonzero(found) <= 130


def test_field_without_a_comb_is_one_box() -> None:
    assert FoundField(Box(0, 0, 2, 2)).comb is None
