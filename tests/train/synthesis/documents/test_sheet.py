"""Sheets: lines by eye, numbers by hand and in print counted together."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from train.synthesis.documents.sheet import Sheet, draw_box, draw_dots, draw_line, draw_wobbly_line


def test_empty_sheet_by_eye() -> None:
    sheet = Sheet.of_size((7, 5))
    assert sheet.size_px == (7, 5)
    assert sheet.lines.shape == sheet.stains.shape == sheet.pen.owner.shape == sheet.print.coverage.shape == (5, 7)
    assert not sheet.lines.any() and (sheet.stains == 1).all()
    assert sheet.print.owner is sheet.pen.owner and sheet.print.labels is sheet.pen.labels


def test_line_by_eye() -> None:
    sheet = Sheet.of_size((7, 5))
    draw_line(sheet, (0, 2), (6, 2), 1)
    assert (sheet.lines[2, 1:6] > 200).all()
    assert not sheet.lines[[0, 4]].any() and not sheet.pen.owner.any()


@pytest.mark.parametrize(("is_open", "n_inked"), [(False, 20), (True, 0)], ids=["closed", "open"])
def test_upper_side_of_a_box(is_open: bool, n_inked: int) -> None:
    sheet = Sheet.of_size((40, 40))
    draw_box(sheet, (5, 10, 34, 30), 1, is_open=is_open)
    assert (sheet.lines[10, 10:30] > 200).sum() == n_inked
    assert (sheet.lines[30, 5:35] > 200).all() and (sheet.lines[12:30, [5, 34]] > 200).all()


def test_line_without_wobble_is_straight() -> None:
    straight, steady = Sheet.of_size((60, 20)), Sheet.of_size((60, 20))
    draw_line(straight, (5, 8), (50, 12), 2)
    draw_wobbly_line(steady, (5, 8), (50, 12), 2, 0.0, np.random.default_rng(0))
    np.testing.assert_array_equal(steady.lines, straight.lines)


def test_wobbly_line_strays_a_little() -> None:
    sheet = Sheet.of_size((200, 60))
    draw_wobbly_line(sheet, (5, 30), (190, 30), 1, 3.0, np.random.default_rng(0))
    rows = np.nonzero(sheet.lines > 100)[0]
    assert 2 < np.ptp(rows) < 30 and abs(np.median(rows) - 30) < 8


def test_dots_stand_apart() -> None:
    sheet = Sheet.of_size((60, 20))
    draw_dots(sheet, (5, 45), 10, 10, 20)
    assert cv2.connectedComponents((sheet.lines > 100).astype(np.uint8))[0] - 1 == 4


def test_numbers_by_hand_and_in_print_are_counted_together() -> None:
    sheet = Sheet.of_size((30, 30))
    ink = np.full((4, 4), 255, np.uint8)
    assert sheet.start_number() == 0
    first = sheet.start_print()
    sheet.print.lay(ink, 2, 2, 7, "digit", sheet.print.n_groups)
    sheet.print.n_groups += 1
    sheet.end_print(first)
    assert sheet.start_number() == 2
    assert sheet.printed == {0} and sheet.pen.labels == [7] and sheet.pen.groups == [1]
