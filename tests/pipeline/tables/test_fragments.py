"""Pieces of lines: how a page is turned, dark and faint lines, and no digits."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.tables.fragments import find_lines, find_writing, measure_turn
from pipeline.types import PAPER_LEVEL
from tests.support.tables import LINE, PAPER, draw_table, turn


def find_ink(gray: np.ndarray) -> np.ndarray:
    return np.where(gray < (PAPER + LINE) / 2, 255, 0).astype(np.uint8)


def darken(gray: np.ndarray) -> np.ndarray:
    return np.clip(PAPER_LEVEL + (PAPER - gray.astype(int)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("turn_deg", [0.0, 3.0, -11.5, 15.0, 40.0])
def test_turn_is_that_of_the_lines(turn_deg: float) -> None:
    ink = find_ink(turn(draw_table([["", "", ""]] * 4), turn_deg))
    assert measure_turn(ink) == pytest.approx(turn_deg, abs=0.5)


def test_blank_page_lies_level_and_has_no_lines() -> None:
    blank = np.full((300, 400), PAPER, np.uint8)
    assert measure_turn(find_ink(blank)) == 0.0
    lines = find_lines(find_ink(blank), darken(blank), 40)
    assert lines.level_fragments == lines.upright_fragments == ()


def test_every_line_is_a_piece() -> None:
    gray = draw_table([["", ""], ["", ""]])
    lines = find_lines(find_ink(gray), darken(gray), 40)
    assert (len(lines.level_fragments), len(lines.upright_fragments)) == (3, 3)
    assert sorted(round(float(f.points[:, 1].mean())) for f in lines.level_fragments) == [70, 150, 230]
    assert all(f.thickness_px == pytest.approx(3, abs=2) for f in lines.level_fragments)


def test_faint_line_is_found_without_ink() -> None:
    rng = np.random.default_rng(0)
    gray = np.full((300, 400), 200.0)
    cv2.line(gray, (40, 150), (360, 150), 192, 3)
    noisy = np.clip(gray + rng.normal(0, 4, gray.shape), 0, 255).astype(np.uint8)
    lines = find_lines(np.zeros_like(noisy), (PAPER_LEVEL + 200 - noisy.astype(int)).astype(np.uint8), 40)
    long = [f for f in lines.level_fragments if np.ptp(f.points[:, 0]) > 200]
    assert len(long) == 1 and abs(float(long[0].points[:, 1].mean()) - 150) < 2


def test_digits_are_writing_and_lines_are_not() -> None:
    gray = draw_table([["47", ""], ["", "8"]])
    writing = find_writing(find_ink(gray), darken(gray), 40)
    bare = find_ink(draw_table([["", ""], ["", ""]]))
    assert cv2.countNonZero(writing) > 300
    assert not (writing & bare).any()
