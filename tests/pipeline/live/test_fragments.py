from __future__ import annotations

import pytest

from pipeline.geometry import Box, is_within
from pipeline.live.association import Place
from pipeline.live.fragments import find_fragments, join_fragments
from tests.support.sightings import read_as


def place(text: str, left: float = 100, top: float = 100) -> Place:
    return Place(read_as(text, left, top).box, text)


WHOLE = place("1159")
CASES: list[tuple[str, list[Place], list[int]]] = [
    ("nothing", [], []),
    ("the number itself", [place("1159")], []),
    ("two fragments", [place("9", 190), place("115")], [1, 0]),
    ("three fragments, one digit misread", [place("1"), place("7", 130), place("59", 160)], [0, 1, 2]),
    ("a digit lost between two fragments", [place("11"), place("9", 190)], [0, 1]),
    ("fragments of another number", [place("11"), place("88", 160)], []),
    ("a fragment and a number beside it", [place("115"), place("9", 400)], []),
    ("a fragment and a number below it", [place("115"), place("9", 190, 160)], []),
    ("one above the other", [place("11", 100, 90), place("59", 100, 112)], []),
    ("the number and a piece of it", [place("1159"), Place(Box(195, 110, 205, 120), "1")], []),
]


@pytest.mark.parametrize(("places", "fragments"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_fragments(places: list[Place], fragments: list[int]) -> None:
    assert find_fragments(WHOLE, places) == fragments


def test_within() -> None:
    whole = Box(0, 0, 100, 40)
    assert is_within(Box(10, 10, 20, 20), whole)
    assert is_within(Box(-3, 0, 7, 10), whole), "seven tenths of it"
    assert not is_within(Box(-5, 0, 5, 10), whole)
    assert not is_within(Box(120, 0, 130, 10), whole)


def test_fragments_joined_are_as_sure_as_all_of_them() -> None:
    first, second = read_as("11", sure=0.9), read_as("5", 160, sure=0.8)
    joined = join_fragments([first, second])
    assert (joined.text, joined.status, joined.reason) == ("115", "accepted", None)
    assert joined.confidence == pytest.approx(0.9 * 0.9 * 0.8)
    assert joined.digits == (*first.digits, *second.digits)
    assert joined.box == Box.around([first.box, second.box])


def test_number_with_a_doubtful_part_is_doubtful() -> None:
    joined = join_fragments([read_as("11"), read_as("5", 160, rejected=True)])
    assert (joined.status, joined.reason) == ("rejected", "digit 1 is uncertain")
