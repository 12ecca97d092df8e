"""Tables without lines: rows and columns of boxes placed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import Box
from pipeline.tables.alignment import Alignment, align_numbers, find_runs
from pipeline.types import Digit, Reading

HEIGHT = 40
ROWS = [("105", "24", "", "7"), ("102", "", "138", "12"), ("103", "56", "9", ""), ("104", "", "", "85")]


def place(text: str, left: float, top: float) -> Reading:
    lefts = [round(left + 28 * k) for k in range(len(text))]
    boxes = [Box(x, round(top), x + 24, round(top) + HEIGHT) for x in lefts]
    return Reading(text, 0.99, Box.around(boxes), tuple(Digit(t, 0.99, b) for t, b in zip(text, boxes, strict=True)))


def lay(rows: list[tuple[str, ...]], turn_deg: float = 0.0, side: str = "left") -> list[Reading]:
    turning = np.deg2rad(turn_deg)
    placed = []
    for row, texts in enumerate(rows):
        for column, text in enumerate(texts):
            spare = {"left": 0, "center": 14 * (3 - len(text)), "right": 28 * (3 - len(text))}[side]
            x, y = 60 + 150 * column + spare, 50 + 75 * row
            if text:
                at = x * np.cos(turning) - y * np.sin(turning) + 200, x * np.sin(turning) + y * np.cos(turning) + 200
                placed.append(place(text, *at))
    return placed


def tell(found: Alignment | None, readings: list[Reading]) -> dict[tuple[int, int], str]:
    assert found is not None
    return {found.find_cell(found.straighten(np.array(r.box.center))): r.text for r in readings}


@pytest.mark.parametrize("side", ["left", "center", "right"])
@pytest.mark.parametrize("turn_deg", [0, 5, -10, 14])
def test_rows_and_columns(turn_deg: float, side: str) -> None:
    readings = lay(ROWS, turn_deg, side)
    expected = {(r, c): text for r, texts in enumerate(ROWS) for c, text in enumerate(texts) if text}
    assert tell(align_numbers(readings, HEIGHT), readings) == expected


def test_few_numbers_that_fit_many_slopes_stand_upright() -> None:
    rows = [("", "", "9"), ("1274", "62", "4"), ("", "", ""), ("311", "", "2"), ("", "14", "3"), ("", "06", "2")]
    readings = lay(rows, 0.0, "right")
    found = align_numbers(readings, HEIGHT)
    assert found is not None and abs(found.upright[0]) < 0.02 and abs(found.level[0]) < 0.02
    assert (len(found.ys) - 1, len(found.xs) - 1) == (5, 3)


def test_number_over_two_columns_does_not_join_them() -> None:
    readings = [r for r in lay(ROWS) if r.text not in ("103", "56")]
    left, right = place("103", 260, 400), place("56", 410, 400)
    joined = Reading("10356", 0.9, Box.around([left.box, right.box]), left.digits + right.digits)
    found = align_numbers([*readings, joined], HEIGHT)
    assert found is not None and len(found.xs) - 1 == 4


def join(left: Reading, right: Reading) -> Reading:
    return Reading(left.text + right.text, 0.9, Box.around([left.box, right.box]), left.digits + right.digits)


def test_columns_that_most_numbers_are_read_over_are_two_where_the_space_is_wider() -> None:
    rows = [("105", "24"), ("102", "38"), ("103", "56"), ("104", "85")]
    readings = [join(*pair) for pair in zip(*[iter(lay(rows))] * 2, strict=True)]
    others = [place(text, 560, 250 + 75 * row) for row, text in enumerate(("7", "8", "9", "1"))]
    found = align_numbers([*readings, *others], HEIGHT)
    assert found is not None and len(found.xs) - 1 == 3


def test_digits_that_stand_far_apart_are_one_column() -> None:
    lefts = [260 + 90 * at for at in range(3)]
    readings = [
        join(join(*(place(each, left, 250 + 75 * row) for each, left in zip(text[:2], lefts, strict=False))),
             place(text[2], lefts[2], 250 + 75 * row))
        for row, text in enumerate(("105", "242", "317", "948"))
    ]  # fmt: skip
    others = [place(text, 760, 250 + 75 * row) for row, text in enumerate(("7", "8", "9", "1"))]
    found = align_numbers([*readings, *others], HEIGHT)
    assert found is not None and len(found.xs) - 1 == 2


@pytest.mark.parametrize(
    "rows",
    [[], [("12", "34", "56", "7")], [("12",), ("34",), ("5",), ("6",)]],
    ids=["nothing", "one row", "one column"],
)
def test_what_is_no_table(rows: list[tuple[str, ...]]) -> None:
    assert align_numbers(lay(rows), HEIGHT) is None


def test_bending_undoes_straightening() -> None:
    found = align_numbers(lay(ROWS, 9), HEIGHT)
    assert found is not None
    points = np.random.default_rng(0).uniform(200, 600, (20, 2))
    assert np.abs(found.bend(found.straighten(points)) - points).max() < 0.01


def test_runs_by_eye() -> None:
    assert find_runs(np.array([0, 1, 1, 0, 1], bool)) == [(1, 3), (4, 5)]
