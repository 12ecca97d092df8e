from __future__ import annotations

import pytest

from pipeline.geometry import Box, measure_overlap
from pipeline.live.association import Place, associate_places, count_edits, estimate_shift


def place(text: str, left: int = 0, top: int = 0, width: int = 80, height: int = 40) -> Place:
    return Place(Box(left, top, left + width, top + height), text)


@pytest.mark.parametrize(
    ("a", "b", "edits"),
    [("", "", 0), ("", "12", 2), ("12", "12", 0), ("123", "13", 1), ("41", "42", 1), ("12", "34", 2)],
)
def test_edit_distance(a: str, b: str, edits: int) -> None:
    assert count_edits(a, b) == count_edits(b, a) == edits


ROWS: list[tuple[str, list[Place], list[Place], dict[int, int]]] = [
    ("nothing before", [], [place("1")], {}),
    ("nothing now", [place("1")], [], {}),
    ("the same place", [place("12")], [place("12", 5, 3)], {0: 0}),
    ("another text at the same place", [place("12")], [place("77", 2)], {0: 0}),
    ("too far away", [place("12")], [place("12", 300)], {}),
    ("two swap their order", [place("1", 0), place("2", 200)], [place("2", 205), place("1", 5)], {0: 1, 1: 0}),
    ("text decides between two near ones", [place("12", 0)], [place("98", 20, 10), place("12", 24, 12)], {0: 1}),
    ("one joined with its neighbor", [place("12", 0)], [place("1234", 0, 0, 170)], {0: 0}),
    ("much larger now", [place("12")], [place("12", 0, 0, 160, 90)], {}),
    ("each only once", [place("12"), place("12", 10)], [place("12", 5)], {0: 0}),
]


@pytest.mark.parametrize(("before", "now", "associated"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_association(before: list[Place], now: list[Place], associated: dict[int, int]) -> None:
    assert associate_places(before, now, 1.0) == associated


SHIFTS: list[tuple[str, list[Place], list[Place], tuple[float, float]]] = [
    ("empty", [], [], (0, 0)),
    ("nothing in common", [place("12")], [place("98", 30)], (0, 0)),
    ("all move alike", [place("12"), place("345", 0, 100)], [place("12", 90, 60), place("345", 90, 160)], (90, 60)),
    ("most decide", [place("1"), place("2", 200), place("3", 400)], [place("1", 7), place("2", 207), place("3", 300)],
     (7, 0)),
    ("of equals the smallest", [place("5", 0), place("5", 0, 100)], [place("5", 0, 10), place("5", 0, 110)], (0, 10)),
]  # fmt: skip


@pytest.mark.parametrize(("before", "now", "shift"), [row[1:] for row in SHIFTS], ids=[row[0] for row in SHIFTS])
def test_shift(before: list[Place], now: list[Place], shift: tuple[float, float]) -> None:
    assert estimate_shift(before, now) == pytest.approx(shift)


def test_overlap() -> None:
    box = Box(0, 0, 10, 10)
    assert measure_overlap(box, box) == 1
    assert measure_overlap(box, Box(20, 0, 30, 10)) == 0
    assert measure_overlap(box, Box(5, 0, 15, 10)) == pytest.approx(1 / 3)
