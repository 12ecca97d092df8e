"""Lettering: numbers are parted at signs, print is told from hand, each style of words is no digit."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.recognition.column_classes import COLUMN_CLASSES, OTHER, SIGNS, SPACE, class_of_sign
from pipeline.types import N_DIGITS
from tests.support.papers import FONTS, find_centers, list_numbers, make_style
from train.synthesis.documents.lettering import (
    lay_stroke,
    measure_line,
    pen_px,
    print_line,
    write_digit,
    write_phrase,
    write_word,
)
from train.synthesis.documents.sheet import Sheet

FONT = str(FONTS[0])

ENTRIES = {
    "nothing": ("", [], []),
    "number": ("207", ["207"], []),
    "fraction": ("12/03", ["12", "03"], ["sign"]),
    "date": ("1.02-24", ["1", "02", "24"], ["speck", "sign"]),
    "time": ("10:30", ["10", "30"], ["sign"]),
    "share": ("12%", ["12"], ["sign"]),
    "price": ("$40.5", ["40", "5"], ["sign", "speck"]),
    "amount": ("1,250.75", ["1", "250", "75"], ["speck", "speck"]),
    "phone": ("(415) 55", ["415", "55"], ["sign", "sign"]),
    "sum": ("7 + 8 = 15", ["7", "8", "15"], ["sign", "sign"]),
    "product": ("7 x 8", ["7", "8"], ["sign"]),
    "arrow": ("8 > 3", ["8", "3"], ["sign"]),
    "unit": ("12 kg", ["12"], ["word"]),
    "closed": ("90/-", ["90"], ["sign", "sign"]),
}


@pytest.mark.parametrize(("text", "numbers", "others"), ENTRIES.values(), ids=ENTRIES)
def test_numbers_are_parted_at_signs(text: str, numbers: list[str], others: list[str]) -> None:
    sheet = Sheet.of_size((500, 80))
    end = write_phrase(sheet, text, (10, 60), 30, make_style(), np.random.default_rng(0))
    assert list(list_numbers(sheet).values()) == numbers
    assert [kind for kind in sheet.pen.kinds if kind != "digit"] == others
    signs = [COLUMN_CLASSES[label] for label in sheet.pen.labels if SPACE < label < OTHER]
    assert signs == [c for c in text if c in SIGNS]
    assert sheet.printed == set()
    xs = find_centers(sheet.pen.owner, len(sheet.pen.labels))[:, 0]
    assert (np.diff(xs) > -2).all(), "from left to right; the dots of a colon above each other"
    assert end >= max(xs, default=10)


def test_printed_line_is_told_from_writing() -> None:
    sheet = Sheet.of_size((500, 80))
    write_phrase(sheet, "31", (10, 60), 30, make_style(), np.random.default_rng(0))
    end = print_line(sheet, "No. 12-B", (100, 60), 30, FONT)
    write_phrase(sheet, "4", (300, 60), 30, make_style(), np.random.default_rng(0))
    assert sheet.pen.kinds == [*["digit"] * 2, "print", "print", "digit", "digit", "print", "print", "digit"]
    assert sheet.pen.labels == [3, 1, N_DIGITS, class_of_sign("."), 1, 2, class_of_sign("-"), N_DIGITS, 4]
    assert sheet.printed == {2, 3, 4, 5, 6, 7}
    assert list(list_numbers(sheet).values()) == ["31", "12", "4"]
    assert end == pytest.approx(100 + measure_line("No. 12-B", 30, FONT), abs=2)
    assert not (sheet.pen.coverage[:, 100:290].any() or sheet.print.coverage[:, :95].any())


def test_printed_digits_are_as_high_as_asked() -> None:
    sheet = Sheet.of_size((200, 100))
    print_line(sheet, "0", (20, 80), 50, FONT)
    rows = np.nonzero(sheet.pen.owner)[0]
    assert np.ptp(rows) + 1 == pytest.approx(50, abs=3) and rows.max() == pytest.approx(80, abs=2)


def test_print_beyond_the_rim_is_left_out() -> None:
    sheet = Sheet.of_size((60, 40))
    print_line(sheet, "1234567", (5, 30), 20, FONT)
    (number,) = list_numbers(sheet).values()
    assert "1234567".startswith(number) and 2 <= len(number) <= 5
    assert len(sheet.printed) == len(sheet.pen.labels) == len(number)


def test_empty_line_has_no_width() -> None:
    assert measure_line("", 30, FONT) == 0
    assert print_line(Sheet.of_size((9, 9)), "", (4, 8), 30, FONT) == 4


@pytest.mark.parametrize(("word_style", "kinds"), [("font", {"word"}), ("letters", {"letter"}), ("cursive", {"word"})])
def test_words_are_no_digits(word_style: str, kinds: set[str]) -> None:
    sheet = Sheet.of_size((400, 120))
    end = write_word(sheet, "hello", (20, 70), 40, make_style(word_style), np.random.default_rng(0))
    assert set(sheet.pen.kinds) == kinds and set(sheet.pen.labels) == {N_DIGITS} and set(sheet.pen.groups) == {-1}
    rows, columns = np.nonzero(sheet.pen.owner)
    assert columns.min() >= 15 and columns.max() <= end + 10
    assert 20 < rows.min() < 45 and 62 < rows.max() < 90


def test_hanging_letters_hang() -> None:
    feet = []
    for letter in "ag":
        sheet = Sheet.of_size((100, 120))
        write_word(sheet, letter, (20, 70), 40, make_style("letters"), np.random.default_rng(0))
        feet.append(np.nonzero(sheet.pen.owner)[0].max())
    assert feet[0] == pytest.approx(69, abs=1) and feet[1] > 75


def test_letter_that_nobody_wrote_is_a_gap() -> None:
    sheet = Sheet.of_size((100, 60))
    assert write_word(sheet, "%", (10, 50), 20, make_style("letters"), np.random.default_rng(0)) == 16
    assert sheet.pen.labels == []


def test_digits_of_one_number_written_apart_are_one_number() -> None:
    sheet, rng = Sheet.of_size((300, 60)), np.random.default_rng(0)
    group = sheet.start_number()
    for x, digit in ((10, "4"), (80, "0"), (150, "2")):
        write_digit(sheet, digit, group, (x, 50), 30, make_style(), rng)
    write_phrase(sheet, "9", (220, 50), 30, make_style(), rng)
    assert list_numbers(sheet) == {group: "402", group + 1: "9"}


@pytest.mark.parametrize(("kind", "n_marks"), [("sign", 1), (None, 0)])
def test_stroke_is_a_mark_or_a_line(kind: str | None, n_marks: int) -> None:
    sheet = Sheet.of_size((40, 30))
    lay_stroke(sheet, np.array([[5, 15], [35, 15]]), 3, kind)
    assert len(sheet.pen.labels) == n_marks and sheet.pen.owner.max() == n_marks
    assert (sheet.pen.coverage[15, 6:34] == 255).all()


def test_stroke_leaves_a_digit_its_ink() -> None:
    sheet = Sheet.of_size((40, 30))
    sheet.pen.lay(np.full((20, 6), 255, np.uint8), 17, 5, 1, "digit", 0)
    lay_stroke(sheet, np.array([[5, 15], [35, 15]]), 3, "sign")
    assert (sheet.pen.owner[5:25, 17:23] == 1).all() and sheet.pen.owner[15, 8] == 2


def test_pen_is_never_finer_than_a_pixel() -> None:
    assert pen_px(make_style(), 1) == 1
    assert pen_px(make_style(), 40) == 5, "2.5 px of a digit 20 px high"
