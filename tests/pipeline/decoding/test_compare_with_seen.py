"""What the page network tells of numbers that were read: printed or by hand, whole or not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.decoding.compare_with_seen import OTHER, REMAINS, UNSEEN, compare_with_seen
from pipeline.decoding.reject import reject_doubtful
from pipeline.detection.page_network import Channel
from pipeline.geometry import Box
from pipeline.settings.tree import Settings
from pipeline.types import Digit, Reading
from tests.support.seen_digits import SETTINGS, see


def read_at(text: str, *centers: tuple[int, int]) -> Reading:
    """Return a number whose digits stand at centers, 20 px wide and 40 high."""
    boxes = [Box(x - 10, y - 20, x + 10, y + 20) for x, y in centers]
    digits = tuple(Digit(digit, 0.99, box) for digit, box in zip(text, boxes, strict=True))
    return Reading(text, 0.97, Box.around(boxes), digits)


def test_nothing_read_nothing_told() -> None:
    assert compare_with_seen((), see((80, 200), (20, 40)), SETTINGS) == ()


@pytest.mark.parametrize("printed", [False, True])
def test_writing_is_told(printed: bool) -> None:
    seen = see((80, 200), (20, 40), (60, 40), printed=printed)
    (told,) = compare_with_seen([read_at("12", (20, 40), (60, 40))], seen, SETTINGS)
    assert told.writing == ("printed" if printed else "hand")
    assert told.flaw is None
    assert told.to_dict()["writing"] == told.writing


@pytest.mark.parametrize("printed", [False, True])
def test_only_the_wanted_writing_is_kept(printed: bool) -> None:
    seen, number = see((80, 200), (20, 40), printed=printed), [read_at("1", (20, 40))]
    by_hand = compare_with_seen(number, seen, replace(SETTINGS, is_print_read=False))
    in_print = compare_with_seen(number, seen, replace(SETTINGS, is_hand_read=False))
    assert (len(by_hand), len(in_print)) == ((0, 1) if printed else (1, 0))


def test_a_number_that_lost_a_digit_is_rejected_whatever_its_digits_say() -> None:
    seen = see((80, 200), (20, 40), (60, 40), (100, 40))
    compared = compare_with_seen([read_at("12", (20, 40), (60, 40))], seen, SETTINGS)
    assert [number.flaw for number in compared] == [REMAINS]
    (decided,) = reject_doubtful(compared, Settings().decode)
    assert (decided.status, decided.reason) == ("rejected", "a digit that belongs to it could not be read")


@pytest.mark.parametrize(("areas", "flaw"), [((0.3, 0.2), UNSEEN), ((0.3, 0.9), None), ((0.9, 0.9), None)])
def test_a_number_of_which_no_digit_is_seen_is_rejected(areas: tuple[float, float], flaw: str | None) -> None:
    seen = see((80, 200), (20, 40), (60, 40))
    for at, area in enumerate(areas):
        seen.maps[Channel.AREA, :, 10 * at : 10 * (at + 1)] = area
    (compared,) = compare_with_seen([read_at("42", (20, 40), (60, 40))], seen, SETTINGS)
    assert compared.flaw == flaw


def test_a_number_with_a_letter_is_rejected_for_that() -> None:
    seen = see((80, 200), (20, 40), (60, 40), (100, 40))
    seen.maps[Channel.AREA], seen.maps[Channel.OTHER] = 0.6, 0.0
    seen.maps[Channel.OTHER, :, :10] = 1.0
    compared = compare_with_seen([read_at("42", (20, 40), (60, 40))], seen, SETTINGS)
    assert [number.flaw for number in compared] == [OTHER]


def test_a_word_beside_a_number_is_left_out_and_alone_is_rejected() -> None:
    seen = see((80, 400), (20, 40), (60, 40), (300, 40))
    seen.maps[Channel.AREA], seen.maps[Channel.OTHER] = 0.6, 0.0
    seen.maps[Channel.OTHER, :, :25] = 1.0
    word, number = read_at("42", (20, 40), (60, 40)), read_at("7", (300, 40))
    assert [(one.text, one.flaw) for one in compare_with_seen([word, number], seen, SETTINGS)] == [("7", None)]
    assert [(one.text, one.flaw) for one in compare_with_seen([word], seen, SETTINGS)] == [("42", OTHER)]


def test_a_bare_stroke_is_a_1_where_other_digits_are_digits() -> None:
    seen = see((80, 200), (20, 40), (60, 40))
    seen.maps[Channel.AREA], seen.maps[Channel.OTHER] = 0.6, 0.0
    seen.maps[Channel.OTHER, :, :10] = 1.0
    (ten,) = compare_with_seen([read_at("10", (20, 40), (60, 40))], seen, SETTINGS)
    assert ten.flaw is None
    (stroke,) = compare_with_seen([read_at("1", (20, 40))], seen, SETTINGS)
    assert stroke.flaw == OTHER


def test_a_digit_of_another_number_is_no_loss() -> None:
    seen = see((120, 200), (20, 40), (60, 40), (60, 90))
    (compared,) = compare_with_seen([read_at("12", (20, 40), (60, 40))], seen, SETTINGS)
    assert compared.flaw is None
