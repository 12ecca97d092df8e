from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.forms.find_fields import FoundField, find_fields
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


Rim = Callable[[NDArray[np.uint8], tuple[int, int], tuple[int, int]], None]


def draw_pale(gray: NDArray[np.uint8], start: tuple[int, int], end: tuple[int, int]) -> None:
    cv2.line(gray, start, end, 222, 2)


def draw_broken(on_px: int, off_px: int, pen_px: int) -> Rim:
    """Return what draws a line of dashes; dots where they have no length."""

    def draw(gray: NDArray[np.uint8], start: tuple[int, int], end: tuple[int, int]) -> None:
        length = int(np.hypot(end[0] - start[0], end[1] - start[1]))
        step = np.subtract(end, start) / max(1, length)
        for at in range(0, length + 1, on_px + off_px):
            ends = [np.rint(np.add(start, step * min(x, length))).astype(int).tolist() for x in (at, at + on_px)]
            cv2.line(gray, *ends, 40, pen_px)

    return draw


def draw_form(draw: Rim) -> NDArray[np.uint8]:
    """Return a form with a word, a box, a comb of four and an underlined blank, drawn with such a line."""
    gray = np.full((900, 700), 240, np.uint8)
    cv2.putText(gray, "Household in numbers", (80, 120), cv2.FONT_HERSHEY_SIMPLEX, 1.6, 40, 3)
    cv2.putText(gray, "Amount", (80, 340), cv2.FONT_HERSHEY_SIMPLEX, 1, 40, 2)
    for left, top, right, bottom in ((300, 290, 480, 350), (300, 500, 540, 560)):
        for start, end in (((left, top), (right, top)), ((left, bottom), (right, bottom))):
            draw(gray, start, end)
        for x in range(left, right + 1, 60 if right - left > 200 else right - left):
            draw(gray, (x, top), (x, bottom))
    draw(gray, (300, 800), (600, 800))
    return gray


RIMS = {"pale": draw_pale, "dashed": draw_broken(10, 6, 2), "dotted": draw_broken(0, 7, 3)}


@pytest.mark.parametrize("name", RIMS)
@pytest.mark.parametrize("has_grain", [False, True], ids=["drawn", "scanned"])
def test_pale_and_broken_rims_are_found(name: str, has_grain: bool) -> None:
    gray = draw_form(RIMS[name])
    if has_grain:
        light = np.linspace(1.0, 0.75, gray.shape[1]) + np.random.default_rng(0).normal(0, 0.01, gray.shape)
        gray = np.clip(cv2.GaussianBlur(gray, (0, 0), 0.7) * light, 0, 255).astype(np.uint8)
    found = find_fields(gray)
    assert [one.comb for one in found] == [None, 4, None]
    expected = (300, 290, 480, 350), (300, 500, 540, 560), (300, 764, 600, 800)
    assert all(measure_overlap(one.box, Box(*box)) > 0.75 for one, box in zip(found, expected, strict=True))


def test_pale_walls_part_a_box_into_a_comb_and_a_crease_does_not() -> None:
    gray = np.full((400, 600), 240, np.uint8)
    for top in (60, 200):
        cv2.rectangle(gray, (100, top), (340, top + 60), 40, 2)
    for x in (160, 220, 280):
        draw_pale(gray, (x, 60), (x, 120))
    draw_pale(gray, (170, 200), (170, 260))
    assert [one.comb for one in find_fields(gray)] == [4, None]


def test_field_without_a_comb_is_one_box() -> None:
    assert FoundField(Box(0, 0, 2, 2)).comb is None
