"""Printed characters from the fonts at hand."""

from __future__ import annotations

import numpy as np
import pytest

from train.augmentation.printed_glyphs import DIGITS, NOT_DIGITS, draw_glyphs, find_fonts


def test_matplotlibs_own_fonts_are_found() -> None:
    names = [path.name for path in find_fonts(with_installed=False)]
    assert "DejaVuSans.ttf" in names
    assert not any("STIXSiz" in name for name in names)


def test_installed_fonts_come_on_top_and_once() -> None:
    shipped, every = find_fonts(with_installed=False), find_fonts()
    assert every[: len(shipped)] == shipped
    assert len({path.name for path in every}) >= len(shipped)


@pytest.mark.parametrize("likeness", ["0OoDQ", "1Iil!|/", "2Zz", "5Ss", "6Gb", "8B", "9gqd", "()[]"])
def test_nothing_that_looks_like_a_digit_is_taught_as_none(likeness: str) -> None:
    assert not set(likeness) & set(NOT_DIGITS)


def test_each_character_is_drawn_by_each_font() -> None:
    fonts = find_fonts(with_installed=False)[:2]
    pictures = draw_glyphs(DIGITS, fonts)
    assert len(pictures) == 10
    for masks in pictures:
        assert len(masks) == 2 + 7  # and OpenCV's seven
        for mask in masks:
            assert mask.dtype == np.uint8
            assert set(np.unique(mask)) <= {0, 255}
            assert mask[0].any()
            assert mask[:, -1].any()


def test_character_that_a_font_lacks_is_left_out() -> None:
    dejavu = [path for path in find_fonts(with_installed=False) if path.name == "DejaVuSans.ttf"]
    assert draw_glyphs("漢", dejavu) == [[]]


def test_without_fonts_hershey_is_left() -> None:
    assert [len(masks) for masks in draw_glyphs("7÷", [])] == [7, 0]
