"""Boards of squares: one number to a square, by hand or in print."""

from __future__ import annotations

import numpy as np

from tests.support.papers import find_centers, list_numbers, make_style
from train.synthesis.documents.sheet import Sheet
from train.synthesis.documents.squares import fill_squares


def draw_boards(n: int) -> list[Sheet]:
    sheets = [Sheet.of_size((300, 300)) for _ in range(n)]
    for seed, sheet in enumerate(sheets):
        fill_squares(sheet, 20, make_style(), np.random.default_rng(seed))
    return sheets


def test_each_square_has_a_number_of_its_own() -> None:
    for sheet in draw_boards(12):
        centers = find_centers(sheet.pen.owner, len(sheet.pen.labels))
        groups = np.array(sheet.pen.groups)
        firsts = np.array([centers[np.flatnonzero(groups == group)[0]] for group in list_numbers(sheet)])
        apart = np.abs(firsts[:, None] - firsts[None]).max(axis=2) + 1e9 * np.eye(len(firsts))
        assert len(firsts) > 2 and apart.min() > 12


def test_squares_hold_digits_and_calendars_days() -> None:
    boards = [list(list_numbers(sheet).values()) for sheet in draw_boards(12)]
    calendars = [texts for texts in boards if any(len(text) > 1 for text in texts)]
    assert calendars and len(calendars) < len(boards)
    for texts in calendars:
        days = [int(text) for text in texts]
        assert days == sorted(set(days)) and days[0] >= 1 and days[-1] <= 42


def test_boards_are_filled_by_hand_in_print_or_both() -> None:
    sheets = draw_boards(12)
    shares = {np.sign(len(sheet.printed)) + np.sign(len(sheet.pen.labels) - len(sheet.printed)) for sheet in sheets}
    assert shares == {1, 2}
    assert any(sheet.printed for sheet in sheets) and any(not sheet.printed for sheet in sheets)
