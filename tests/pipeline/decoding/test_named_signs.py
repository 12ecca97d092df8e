"""Signs known by name: what is written into a number, what holds two together, what a line image shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from pipeline.decoding.named_signs import drop_read_signs, find_signs, join_at_signs, list_signs
from pipeline.decoding.signs import Sign
from pipeline.geometry import Box, move_box
from pipeline.recognition.column_classes import COLUMN_CLASSES, NOTHING, SPACE
from pipeline.recognition.line_images import LineImage
from pipeline.settings.decoding import SignSettings
from pipeline.types import Digit, Reading

WANTED = SignSettings(is_enabled=True)

Marks = list[tuple[str, int, int]]

BESIDE: dict[str, tuple[Marks, str]] = {
    # name: (sign, left, right), the text
    "nothing": ([], "111"),
    "point behind": ([(".", 200, 209)], "111"),
    "point before": ([(".", 80, 89)], "111"),
    "plus too far off": ([("+", 10, 32)], "111"),
    "point": ([(".", 120, 129)], "111"),
    "minus": ([("-", 70, 92)], "111"),
    "dash behind": ([("-", 200, 222)], "111"),
    "plus": ([("+", 70, 92)], "+111"),
    "plus behind another": ([("+", 50, 68), ("+", 72, 92)], "111"),
    "dollar": ([("$", 70, 92)], "$111"),
    "per cent": ([("%", 195, 220)], "111%"),
    "per cent far off": ([("%", 250, 280)], "111"),
    "in parentheses": ([("(", 85, 95), (")", 195, 205)], "(111)"),
    "only closed": ([(")", 195, 205)], "111"),
    "slash before": ([("/", 85, 95)], "111"),
    "equals sign": ([("=", 70, 92)], "111"),
}

BETWEEN: dict[str, tuple[int, Marks, list[str]]] = {
    # name: left of the second number, signs between it and the first, the texts
    "nothing": (40, [], ["1", "1"]),
    "slash": (40, [("/", 20, 30)], ["1/1"]),
    "colon": (40, [(":", 20, 28)], ["1:1"]),
    "hyphen": (50, [("-", 20, 40)], ["1", "1"]),
    "dash far from both": (140, [("-", 60, 80)], ["1", "1"]),
    "slash far from the second": (100, [("/", 20, 30)], ["1", "1"]),
    "plus": (50, [("+", 20, 40)], ["1", "1"]),
    "plus before the second": (110, [("+", 80, 100)], ["1", "+1"]),
    "equals sign": (50, [("=", 20, 40)], ["1", "1"]),
    "two dots": (50, [(".", 15, 20), (".", 25, 30)], ["1", "1"]),
    "letter": (40, [("letter or mark", 18, 32)], ["1", "1"]),
    "parenthesis that closes": (70, [(")", 20, 30)], ["(1) 1"]),
    "parenthesis far from the second": (150, [(")", 20, 30)], ["(1)", "1"]),
}


def make_number(lefts: Sequence[int], line: int = 1, flaw: str | None = None) -> Reading:
    digits = tuple(Digit("1", 0.9, Box(left, 50, left + 10, 100)) for left in lefts)
    box = Box.around([d.box for d in digits])
    return Reading("1" * len(digits), 0.9 ** len(digits), box, digits, line=line, flaw=flaw)


def place(marks: Marks, dx: int = 0) -> list[Sign]:
    return [Sign(text, Box(left + dx, 60, right + dx, 100)) for text, left, right in marks]


@pytest.mark.parametrize(("marks", "expected"), BESIDE.values(), ids=BESIDE)
def test_signs_beside_and_inside_a_number(marks: Marks, expected: str) -> None:
    reading = make_number((100, 140, 180))
    (told,) = join_at_signs([reading], {1: place(marks)}, WANTED)
    assert told.text == expected
    assert (told.digits, told.confidence) == (reading.digits, pytest.approx(0.9**3))
    assert len(told.signs) == sum(not c.isdigit() for c in expected)
    assert told.box == Box.around([reading.box, *told.signs])
    assert join_at_signs([reading], {2: place(marks)}, WANTED)[0].text == "111", "another line's"


@pytest.mark.parametrize(("second", "marks", "expected"), BETWEEN.values(), ids=BETWEEN)
def test_signs_between_two_numbers(second: int, marks: Marks, expected: list[str]) -> None:
    before = place([("(", -12, -4)]) if "(1" in expected[0] else []
    readings = [make_number([500]), make_number([500 + second], flaw="torn")]
    signs = [*place([(text, left, right) for text, left, right in marks], 500)]
    signs = [replace(sign, box=move_box(sign.box, 500, 0)) for sign in before] + signs
    told = join_at_signs(readings, {1: signs}, WANTED)
    assert [r.text for r in told] == expected
    assert told[-1].flaw == "torn", "a flaw of a part is one of the whole"
    assert [d for r in told for d in r.digits] == [d for r in readings for d in r.digits]


def test_date_is_one_number_as_sure_as_its_digits_together() -> None:
    parts = [make_number([100]), make_number([140, 160]), make_number([200])]
    (whole,) = join_at_signs(parts, {1: place([("/", 115, 130), ("/", 175, 190)])}, WANTED)
    assert (whole.text, whole.confidence, whole.box) == ("1/11/1", pytest.approx(0.9**4), Box(100, 50, 210, 100))


def test_lines_stay_in_their_order() -> None:
    readings = [make_number([300], 1), make_number([100], 1), make_number([50], 2)]
    told = join_at_signs(readings, {1: place([("+", 280, 292)]), 2: place([("(", 38, 44)])}, WANTED)
    assert [(r.text, r.line) for r in told] == [("1", 1), ("+1", 1), ("(1", 2)]


def name_columns(*runs: tuple[int, int, str, float]) -> tuple[LineImage, np.ndarray]:
    """Return a line image whose ink stands where runs (first, last column, class, probability) show something."""
    pixels, rows = np.zeros((32, 80, 2), np.uint8), np.zeros((40, len(COLUMN_CLASSES)), np.float32)
    rows[:, NOTHING] = 1
    for start, end, name, sure in runs:
        rows[start:end] = 0
        rows[start:end, COLUMN_CLASSES.index(name)] = sure
        rows[start:end, NOTHING] = 1 - sure
        pixels[8:24, 2 * start : 2 * end, 0] = 200
    return LineImage(pixels, np.array([[2.0, 0.0, 100.0], [0.0, 2.0, 10.0]])), rows


@pytest.mark.parametrize(
    "name", ["/", "-", ".", ",", ":", "(", ")", "+", "=", "%", "$", "letter or mark", "struck out"]
)
def test_sign_is_found_where_its_columns_are(name: str) -> None:
    image, rows = name_columns((3, 6, "7", 0.9), (20, 24, name, 0.8))
    (found,) = find_signs(image, rows, 0.6)
    assert found.sign == name and not found.is_digit
    assert found.span.box.center[0] == pytest.approx(100 + 2 * 44, abs=3)
    assert (found.span.box.top, found.span.box.bottom) == pytest.approx((26, 58), abs=2)
    assert [sign.text for sign in list_signs([found])] == [name]


def test_sign_that_was_read_as_a_digit_is_none() -> None:
    image, rows = name_columns((10, 13, "/", 0.9), (30, 33, "-", 0.9))
    slash, dash = find_signs(image, rows, 0.6)
    read = replace(slash, is_digit=True, sign="")
    beside = replace(dash, is_digit=True, sign="", span=replace(dash.span, box=move_box(dash.span.box, 20, 0)))
    assert drop_read_signs([slash, dash], [read, beside]) == [dash]
    assert drop_read_signs([slash, dash], [replace(read, is_digit=False)]) == [slash, dash]


@pytest.mark.parametrize(("sign", "space", "n_found"), [(0.4, 0.4, 1), (0.3, 0.2, 0), (0.1, 0.9, 0), (0.7, 0.0, 1)])
def test_sign_in_a_space_is_one(sign: float, space: float, n_found: int) -> None:
    image, rows = name_columns((20, 24, "/", sign))
    rows[20:24, SPACE], rows[20:24, NOTHING] = space, 1 - sign - space
    assert len(find_signs(image, rows, 0.6)) == n_found


def test_doubtful_sign_is_none() -> None:
    assert find_signs(*name_columns((20, 24, "/", 0.55)), 0.6) == []
    assert find_signs(*name_columns(), 0.6) == []


def test_signs_beside_each_other_are_two() -> None:
    found = find_signs(*name_columns((10, 12, "/", 0.9), (12, 16, "-", 0.9)), 0.6)
    assert [pick.sign for pick in found] == ["/", "-"]
