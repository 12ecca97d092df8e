"""What two looks at a table say of a cell."""

from __future__ import annotations

import pytest

from pipeline.decoding.compare_with_seen import OTHER
from pipeline.geometry import Box
from pipeline.tables.two_looks import NOT_SURE_ON_PAGE, ONLY_FLAT, Cells, merge_looks
from pipeline.types import Digit, Reading


def make_reading(text: str, *confidences: float, flaw: str | None = None, is_accepted: bool = True) -> Reading:
    digits = tuple(
        Digit(each, confidence, Box(10 * at, 0, 10 * at + 8, 12), ())
        for at, (each, confidence) in enumerate(zip(text, confidences, strict=True))
    )
    status = "accepted" if is_accepted else "rejected"
    box = Box.around([digit.box for digit in digits])
    return Reading(text, min(confidences), box, digits, status, None if is_accepted else "unsure", 1, flaw=flaw)


def read(cells: Cells) -> dict[int, str]:
    return {at: " ".join(f"{reading.text}{'' if reading.status == 'accepted' else '?'}" for reading in own)
            for at, own in cells.items()}  # fmt: skip


@pytest.mark.parametrize(
    ("flat", "on_page", "text", "doubt"),
    [
        pytest.param([], [], None, None, id="nothing"),
        pytest.param([("12", 1, 1)], [("12", 1, 1)], "12", None, id="both say the same"),
        pytest.param(
            [("12", 1, 1)], [("17", 1, 0.6)], "12", "with the lines of its table it reads 17", id="flat surer"
        ),
        pytest.param(
            [("12", 1, 0.6)], [("17", 1, 1)], "17", "without the lines of its table it reads 12", id="page surer"
        ),
        pytest.param(
            [("12", 1, 1)], [("182", 1, 0.9, 1)], "182", "without the lines of its table it reads 12", id="a digit more"
        ),
        pytest.param([("12", 1, 1)], [], "12", ONLY_FLAT, id="only flat"),
        pytest.param([], [("12", 1, 1)], "12", None, id="only on the page"),
    ],
)
def test_merge(flat: list[tuple], on_page: list[tuple], text: str | None, doubt: str | None) -> None:
    cells = [{4: [make_reading(*each) for each in own]} if own else {} for own in (flat, on_page)]
    merged, doubts = merge_looks(*cells)
    assert read(merged) == ({4: text} if text else {})
    assert doubts == ({4: doubt} if doubt else {})


def test_a_row_of_joined_digits_that_looks_like_a_word_without_its_lines() -> None:
    word = make_reading("1796", 1, 1, 1, 1, flaw=OTHER, is_accepted=False)
    merged, doubts = merge_looks({0: [word]}, {0: [make_reading("1796", 1, 1, 1, 1)]})
    assert read(merged) == {0: "1796"}
    assert not doubts


def test_a_word_in_both_looks_stays_one() -> None:
    word = make_reading("05", 1, 1, flaw=OTHER, is_accepted=False)
    merged, doubts = merge_looks({0: [word]}, {0: [word]})
    assert merged == {0: [word]}
    assert not doubts


def test_what_is_not_sure_on_the_page_is_doubtful() -> None:
    merged, doubts = merge_looks({0: [make_reading("5", 1)]}, {0: [make_reading("5", 0.7, is_accepted=False)]})
    assert read(merged) == {0: "5"}
    assert doubts == {0: NOT_SURE_ON_PAGE}


def test_several_numbers_of_a_cell_are_compared_together() -> None:
    flat = {0: [make_reading("6", 1), make_reading("8", 1)]}
    merged, doubts = merge_looks(flat, {0: [make_reading("68", 1, 1)]})
    assert read(merged) == {0: "6 8"}
    assert not doubts
