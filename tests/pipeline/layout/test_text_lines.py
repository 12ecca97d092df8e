"""Text lines: neighbors chained, lines top to bottom, components left to right, none lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.layout.text_lines import find_lines
from pipeline.settings.layout import TextLineSettings
from tests.support.drawing import make_component

SETTINGS = TextLineSettings()
Boxes = list[tuple[int, int, int, int]]


def row(*lefts: int, top: int = 0, fall: float = 0, height: int = 20) -> Boxes:
    return [(x, round(top + fall * x), x + 12, round(top + fall * x) + height) for x in lefts]


def group(boxes: Boxes, settings: TextLineSettings = SETTINGS) -> list[list[int]]:
    """Return the left edges of the components of each line."""
    lines = find_lines([make_component(*box) for box in boxes], settings)
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))
    return [[c.box.left for c in line.components] for line in lines]


FAR = round(20 * SETTINGS.reach_heights)

TABLE: dict[str, tuple[Boxes, list[list[int]]]] = {
    "none": ([], []),
    "one": (row(5), [[5]]),
    "any order": (row(40, 0, 20), [[0, 20, 40]]),
    "two lines": (row(0, 20, 40, top=50) + row(3, 23, 43), [[3, 23, 43], [0, 20, 40]]),
    "a column": ([(0, y, 12, y + 20) for y in (80, 0, 40)], [[0], [0], [0]]),
    "downhill": (row(*range(0, 200, 20), fall=0.3), [list(range(0, 200, 20))]),
    "two, downhill": (
        row(*range(0, 120, 20), fall=0.3, top=40) + row(*range(1, 120, 20), fall=0.3),
        [list(range(1, 120, 20)), list(range(0, 120, 20))],
    ),
    "a dot and a small digit": ([*row(0, 40), (20, 12, 26, 20)], [[0, 20, 40]]),
    "a wide gap": (row(0, 20, 20 + 2 * FAR, 40 + 2 * FAR), [[0, 20, 20 + 2 * FAR, 40 + 2 * FAR]]),
    "a sheet's edge beside two lines": (
        [(0, 0, 20, 100), *row(22, top=30), *row(23, 43, 63, top=75)],
        [[0, 22], [23, 43, 63]],
    ),
    "a shadow under the digits": ([*row(10, 30, 50, top=10), (0, 22, 100, 42)], [[10, 30, 50], [0]]),
    "a broad digit under a stroke": ([*row(10), (6, 8, 40, 28)], [[6, 10]]),
    "a wide gap, another height": (
        row(0, 20) + row(20 + 2 * FAR, 40 + 2 * FAR, top=15),
        [[0, 20], [20 + 2 * FAR, 40 + 2 * FAR]],
    ),
}


@pytest.mark.parametrize(("boxes", "lines"), TABLE.values(), ids=TABLE)
def test_lines_by_hand(boxes: Boxes, lines: list[list[int]]) -> None:
    assert group(boxes) == lines


def test_limits_hold() -> None:
    far = row(0, 20) + row(20 + FAR // 2, 40 + FAR // 2, top=9)
    assert len(group(far)) == 1
    assert len(group(far, replace(SETTINGS, reach_heights=0.5, join_overlap_frac=1.0))) > 1
    steps = row(0) + row(20, top=10) + row(40, top=20)
    assert len(group(steps)) == 1
    assert len(group(steps, replace(SETTINGS, least_overlap_frac=1.0, join_overlap_frac=1.0))) == 3


@given(st.lists(st.tuples(*[st.integers(0, 300)] * 2, *[st.integers(1, 60)] * 2), max_size=25))
def test_every_component_is_in_one_line(places: list[tuple[int, int, int, int]]) -> None:
    components = [make_component(x, y, x + w, y + h) for x, y, w, h in places]
    lines = find_lines(components, SETTINGS)
    assert sorted(id(c) for line in lines for c in line.components) == sorted(id(c) for c in components)
    for line in lines:
        lefts = [c.box.left for c in line.components]
        assert lefts == sorted(lefts)


@given(st.permutations(row(0, 20, 40) + row(1, 21, 41, top=30) + row(90, 110, top=4)))
def test_order_of_components_does_not_matter(boxes: Boxes) -> None:
    assert group(boxes) == [[0, 20, 40, 90, 110], [1, 21, 41]]
