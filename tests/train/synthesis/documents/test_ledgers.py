"""Ledgers: rows of a word and a number to its right."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.papers import find_centers, list_numbers, make_style
from train.synthesis.documents.ledgers import fill_ledger
from train.synthesis.documents.sheet import Sheet


@pytest.mark.parametrize("seed", range(4))
def test_each_row_has_words_and_a_number_behind_them(seed: int) -> None:
    sheet = Sheet.of_size((700, 400))
    fill_ledger(sheet, 20, make_style(), np.random.default_rng(seed))
    xs, ys = find_centers(sheet.pen.owner, len(sheet.pen.labels)).T
    is_number = np.array([kind == "digit" and at not in sheet.printed for at, kind in enumerate(sheet.pen.kinds)])
    is_word = np.array([kind in ("word", "print") for kind in sheet.pen.kinds])
    assert is_number.sum() >= 5 and is_word.sum() >= 5
    for x, y in zip(xs[is_number], ys[is_number], strict=True):
        beside = is_word & (np.abs(ys - y) < 12)
        assert beside.any() and xs[beside].min() < x
    assert len(list_numbers(sheet)) >= 5


def test_sum_has_a_line_that_is_no_mark() -> None:
    n_marks = {}
    for seed in range(8):
        sheet = Sheet.of_size((300, 300))
        fill_ledger(sheet, 16, make_style(), np.random.default_rng(seed))
        bare = (sheet.pen.coverage == 255) & (sheet.pen.owner == 0)
        n_marks[seed] = int(bare.sum(axis=1).max())
    assert max(n_marks.values()) > 80 and min(n_marks.values()) < 20
