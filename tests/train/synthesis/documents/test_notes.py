"""Notes: what is struck out is no digit, its neighbors are; fractions, tallies, rows of one number each."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.recognition.column_classes import STRUCK
from tests.support.papers import find_centers, list_numbers, make_style
from train.synthesis.documents.lettering import write_phrase
from train.synthesis.documents.notes import (
    fill_notes,
    fill_prose,
    fill_spaced,
    strike,
    write_fraction,
    write_heading,
    write_tally,
)
from train.synthesis.documents.sheet import Sheet


def test_struck_number_is_no_digit_and_the_line_above_is() -> None:
    sheet, rng = Sheet.of_size((200, 120)), np.random.default_rng(0)
    write_phrase(sheet, "85", (20, 50), 40, make_style(), rng)
    end = write_phrase(sheet, "27", (20, 95), 40, make_style(), rng)
    strike(sheet, np.array([[15, 80], [end + 5, 70]]), (15, 45, end + 5, 95), 3)
    assert sheet.pen.kinds == ["digit", "digit", "scribble", "scribble", "scribble"]
    assert sheet.pen.labels == [8, 5, STRUCK, STRUCK, STRUCK] and sheet.pen.groups[2:] == [-1] * 3
    assert set(np.unique(sheet.pen.owner)) == {0, 1, 2, 3, 4, 5}


def test_stroke_on_bare_paper_strikes_nothing() -> None:
    sheet = Sheet.of_size((60, 40))
    strike(sheet, np.array([[5, 20], [50, 20]]), (-5, 10, 70, 30), 2)
    assert sheet.pen.kinds == ["scribble"] and sheet.pen.owner.max() == 1


def test_fraction_is_two_numbers_above_each_other() -> None:
    sheet = Sheet.of_size((120, 120))
    end = write_fraction(sheet, (20, 70), 50, make_style(), np.random.default_rng(0))
    upper, lower = list_numbers(sheet)
    centers = find_centers(sheet.pen.owner, len(sheet.pen.labels))
    rows = [np.mean([centers[at][1] for at, own in enumerate(sheet.pen.groups) if own == g]) for g in (upper, lower)]
    assert rows[0] < centers[-1][1] < rows[1] and sheet.pen.kinds[-1] == "sign"
    assert end > centers[:, 0].max()


def test_tally_is_two_to_five_strokes() -> None:
    counts = set()
    for seed in range(20):
        sheet = Sheet.of_size((120, 100))
        write_tally(sheet, (20, 80), 50, make_style(), np.random.default_rng(seed))
        assert set(sheet.pen.kinds) == {"sign"}
        counts.add(len(sheet.pen.kinds))
    assert counts == {2, 3, 4, 5}


def test_notes_have_numbers_words_and_what_is_struck_out() -> None:
    kinds = set()
    for seed in range(8):
        sheet = Sheet.of_size((400, 300))
        fill_notes(sheet, 20, make_style(), np.random.default_rng(seed))
        kinds |= set(sheet.pen.kinds)
        assert not sheet.printed and sheet.pen.owner.max() <= len(sheet.pen.labels)
    assert kinds == {"digit", "word", "sign", "speck", "scribble"}


def test_prose_is_printed_but_for_the_margin() -> None:
    by_hand = []
    for seed in range(6):
        sheet = Sheet.of_size((500, 400))
        fill_prose(sheet, 24, make_style(), np.random.default_rng(seed))
        kinds = sheet.pen.kinds
        assert sum(kind == "print" for kind in kinds) > 10
        by_hand += [kinds[at] for at in set(range(len(kinds))) - sheet.printed]
    assert set(by_hand) == {"digit"}


@pytest.mark.parametrize("seed", range(4))
def test_each_row_of_digits_apart_is_one_number(seed: int) -> None:
    sheet = Sheet.of_size((700, 300))
    fill_spaced(sheet, 24, make_style(), np.random.default_rng(seed))
    xs, ys = find_centers(sheet.pen.owner, len(sheet.pen.labels)).T
    groups = np.array(sheet.pen.groups)
    feet = []
    for group, text in list_numbers(sheet).items():
        own = groups == group
        assert len(text) >= 3 and (np.diff(xs[own]) > 0.5 * 24).all() and np.ptp(ys[own]) < 24
        feet.append(ys[own].mean())
    assert feet and (np.diff(feet) > 24).all()


def test_digits_of_a_heading_are_digits() -> None:
    hands = set()
    for seed in range(40):
        sheet = Sheet.of_size((700, 300))
        write_heading(sheet, 24, make_style(), np.random.default_rng(seed))
        numbers = list_numbers(sheet)
        hands |= {bool(sheet.printed)} if len(numbers) == 3 else set()
        rows = np.nonzero(sheet.pen.owner)[0]
        assert rows.max(initial=0) < 50 or rows.min() > 250
    assert hands == {True, False}, "a date, printed or by hand, is three numbers"
