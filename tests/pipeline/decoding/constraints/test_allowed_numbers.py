"""The numbers of lines under a constraint, from lattices by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.decoding.constraints.allowed_numbers import form_allowed_numbers, keep_allowed
from pipeline.decoding.constraints.constraint import Constraint
from pipeline.decoding.lattice_decoder import combine_page, find_paths, group_digits, make_reading
from pipeline.geometry import Box
from pipeline.settings.tree import Settings
from pipeline.types import Digit, Reading
from tests.support.drawing import make_lattice, make_scores

SETTINGS = Settings()
PLAIN = replace(SETTINGS.decode, skip_price=0.0, digit_weight=1.0, line_weight=1.0)


def read(*rows: dict[str, float], constraint: Constraint, odds: float = 1.0) -> tuple[Reading, ...]:
    """Return the numbers of a line whose digits stand side by side, each with its scores."""
    lattice = make_lattice(len(rows) + 1, *((i, i + 1) for i in range(len(rows))))
    mute = [np.zeros((len(rows), 11))]
    scored = [lattice], make_scores(*rows), PLAIN, mute
    page = group_digits(find_paths(*scored), [3], SETTINGS.outliers, SETTINGS.number_groups)
    page = replace(page, odds=odds)
    return form_allowed_numbers(page, [lattice], combine_page(*scored), constraint, PLAIN, SETTINGS.number_groups)


SURE_1 = {"1": 0.999}
EIGHT_OR_THREE = {"8": 0.6, "3": 0.4}


def test_nearest_allowed_number_is_read_and_the_next_decides_how_sure_it_is() -> None:
    for values, text, confidence in (
        (("13", "19"), "13", 1.0),
        (("13", "18"), "18", 0.6),
        (("13", "18", "31"), "18", 0.6),
    ):
        (reading,) = read(SURE_1, EIGHT_OR_THREE, constraint=Constraint(values=values))
        assert (reading.text, reading.flaw, reading.line) == (text, None, 3)
        assert reading.confidence == pytest.approx(confidence, abs=0.01)
        assert reading.digits[1].confidence == pytest.approx(confidence, abs=0.01)
        assert [digit.text for digit in reading.digits] == list(text)


def test_number_that_nothing_allowed_fits_stays_what_it_is_and_says_why() -> None:
    (reading,) = read(SURE_1, {"8": 0.9999}, constraint=Constraint(values=("55", "77")))
    assert reading.text == "18" and reading.flaw == "nothing that is allowed fits it (one of 2 values)"


def test_ink_passed_over_becomes_the_digit_that_lacks() -> None:
    rows = SURE_1, {"-": 0.9, "7": 0.08}, SURE_1
    assert [r.text for r in read(*rows, constraint=Constraint(n_digits=(2, 2)))] == ["11"]
    (reading,) = read(*rows, constraint=Constraint(n_digits=(3, 3)))
    assert reading.text == "171" and reading.digits[1].box == Box(10, 0, 20, 20)


def test_digit_too_many_is_passed_over() -> None:
    (reading,) = read(SURE_1, {"5": 0.9, "-": 0.09}, SURE_1, constraint=Constraint(n_digits=(2, 2)))
    assert reading.text == "11" and [d.box.left for d in reading.digits] == [0, 20]


def test_number_is_less_sure_where_digits_are_rare() -> None:
    rows = {"1": 0.5, "-": 0.4}, {"5": 0.5, "-": 0.4}
    often, seldom = (read(*rows, constraint=Constraint(n_digits=(2, 2)), odds=odds)[0] for odds in (1.0, 0.01))
    assert often.text == seldom.text and seldom.confidence < 0.2 < often.confidence


def test_check_digit_tells_the_doubtful_digit() -> None:
    rows = {"1": 0.999}, {"3": 0.5, "8": 0.45}, {"2": 0.5, "6": 0.4}
    assert [r.text for r in read(*rows, constraint=Constraint(n_digits=(3, 3)))] == ["132"]
    (reading,) = read(*rows, constraint=Constraint(n_digits=(3, 3), check="luhn"))
    assert reading.text == "182" and reading.confidence > 0.9  # 2 + 1 + 6, 2 + 2 * 8 - 9 + 1 = 10


def test_pattern_writes_its_signs_and_no_digit_holds_one() -> None:
    rows = {"6": 0.99}, {"1": 0.97, "-": 0.02}, {"3": 0.99}, {"0": 0.99}
    (reading,) = read(*rows, constraint=Constraint(pattern="d:dd"))
    assert reading.text == "6:30" and [digit.text for digit in reading.digits] == list("630")


def test_line_without_a_digit_gives_no_number() -> None:
    assert read({"-": 0.9, "1": 0.05}, {"-": 0.9, "1": 0.05}, constraint=Constraint(n_digits=(2, 2))) == ()


def make_number(text: str, left: int = 0) -> Reading:
    digits = [Digit(char, 1.0, Box(left + 10 * i, 0, left + 10 * i + 9, 9)) for i, char in enumerate(text)]
    return make_reading(digits, 1)


def test_signs_are_kept_where_they_neither_join_nor_part() -> None:
    a, b, c = make_number("12"), make_number("50", 40), replace(make_number("630", 80), text="6:30")
    minus_a = replace(a, text="-12")
    joined = replace(make_reading([*a.digits, *b.digits], 1), text="12.50")
    assert [n.text for n in keep_allowed([a, b, c], [minus_a, b, replace(c, text="630")])] == ["-12", "50", "6:30"]
    assert [n.text for n in keep_allowed([a, b], [joined])] == ["12", "50"]
