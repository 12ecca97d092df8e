"""Forms, cheques and envelopes: a comb is one number unless print parts it; labels are printed, entries are not."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.papers import find_centers, list_numbers, make_style
from train.synthesis.documents.forms import fill_cheque, fill_envelope, fill_form, write_comb
from train.synthesis.documents.sheet import Sheet


def draw_combs(n: int) -> list[Sheet]:
    sheets = [Sheet.of_size((500, 60)) for _ in range(n)]
    for seed, sheet in enumerate(sheets):
        write_comb(sheet, (10, 490), 45, 24, make_style(), np.random.default_rng(seed))
    return sheets


def test_digits_of_a_comb_are_one_number_between_printed_signs() -> None:
    n_parted = 0
    for sheet in draw_combs(24):
        xs = find_centers(sheet.pen.owner, len(sheet.pen.labels))[:, 0]
        signs = xs[[kind == "print" for kind in sheet.pen.kinds]]
        digits = [(x, g) for x, g, kind in zip(xs, sheet.pen.groups, sheet.pen.kinds, strict=True) if kind == "digit"]
        part_of = {group: {int((signs < x).sum()) for x, own in digits if own == group} for _, group in digits}
        assert all(len(parts) == 1 for parts in part_of.values()), "a number stands between two signs"
        assert len(set.union(set(), *part_of.values())) == len(part_of), "and no other stands there"
        n_parted += len(part_of) > 1
    assert n_parted >= 3


def test_digits_of_a_comb_stand_in_a_box_each() -> None:
    sheets = [sheet for sheet in draw_combs(24) if len(list_numbers(sheet)) == 1 and "print" not in sheet.pen.kinds]
    assert len(sheets) >= 6
    for sheet in sheets:
        xs = find_centers(sheet.pen.owner, len(sheet.pen.labels))[:, 0]
        assert (np.diff(xs) > 20).all(), "a box is 1.1 times as wide as a digit of 24 px is high"


def test_some_combs_stay_empty() -> None:
    sheets = draw_combs(24)
    assert any(not sheet.pen.labels for sheet in sheets)
    assert all(sheet.lines.any() for sheet in sheets)


def test_comb_without_room_is_a_box() -> None:
    sheet = Sheet.of_size((100, 80))
    write_comb(sheet, (10, 11), 60, 30, make_style(), np.random.default_rng(0))
    assert len(sheet.pen.labels) <= 1 and sheet.lines.any()


def test_labels_of_a_form_are_printed_and_entries_are_not() -> None:
    sheet = Sheet.of_size((600, 800))
    fill_form(sheet, 25, make_style(), np.random.default_rng(1))
    n = len(sheet.pen.labels)
    assert 5 < len(sheet.printed) < n
    kinds = [sheet.pen.kinds[at] for at in sorted(sheet.printed)]
    assert "print" in kinds and set(kinds) <= {"print", "digit"}
    by_hand = {sheet.pen.kinds[at] for at in set(range(n)) - sheet.printed}
    assert "digit" in by_hand and "print" not in by_hand


@pytest.mark.parametrize("seed", range(3))
def test_cheque_has_an_amount_by_hand_and_print(seed: int) -> None:
    sheet = Sheet.of_size((900, 400))
    fill_cheque(sheet, 25, make_style(), np.random.default_rng(seed))
    centers = find_centers(sheet.pen.owner, len(sheet.pen.labels))
    by_hand = [at for at, kind in enumerate(sheet.pen.kinds) if kind == "digit" and at not in sheet.printed]
    in_box = [at for at in by_hand if centers[at][0] > 0.69 * 900 and abs(centers[at][1] - 188) < 25]
    assert len(in_box) >= 2
    assert any(sheet.pen.kinds[at] == "digit" for at in sheet.printed)


def test_numbers_by_hand_on_an_envelope_are_of_three_to_six_digits() -> None:
    lengths = set()
    for seed in range(6):
        sheet = Sheet.of_size((1000, 500))
        fill_envelope(sheet, 25, make_style(), np.random.default_rng(seed))
        printed = {sheet.pen.groups[at] for at in sheet.printed}
        lengths |= {len(text) for group, text in list_numbers(sheet).items() if group not in printed}
    assert lengths <= {3, 4, 5, 6} and len(lengths) >= 3
