"""Pen paths: every digit has shapes, and each shape stands on the grid."""

from __future__ import annotations

import pytest

from train.synthesis.handwriting.pen_paths import GLYPHS, UNUSUAL, find_paths

SHAPES = {f"{digit}, {name}": paths for digit, shapes in GLYPHS.items() for name, paths in shapes.items()}
SHAPES |= {f"{digit}, {name}": paths for digit, shapes in UNUSUAL.items() for name, paths in shapes.items()}


def list_points(path: str) -> list[tuple[int, int]]:
    pairs = (point.rstrip("!").split(",") for point in path.split())
    return [(int(x), int(y)) for x, y in pairs]


def test_every_digit_has_several_shapes_and_none_twice() -> None:
    assert list(GLYPHS) == list("0123456789")
    assert all(len(set(shapes.values())) == len(shapes) >= 3 for shapes in GLYPHS.values())


@pytest.mark.parametrize("paths", SHAPES.values(), ids=SHAPES)
def test_shape_fills_the_height_of_the_grid_and_no_more(paths: tuple[str, ...]) -> None:
    points = [point for path in paths for point in list_points(path)]
    assert all(0 <= x <= 70 and 0 <= y <= 100 for x, y in points)
    rows = [y for _, y in points]
    assert min(rows) <= 8 and max(rows) >= 92
    assert all(len(list_points(path)) >= 2 for path in paths)


def test_unusual_shapes_are_further_ones() -> None:
    assert list(UNUSUAL) == list(GLYPHS)
    assert not [digit for digit in GLYPHS if UNUSUAL[digit].keys() & GLYPHS[digit].keys()]
    assert find_paths("0", "oval") == GLYPHS["0"]["oval"]
    assert find_paths("0", "slashed") == UNUSUAL["0"]["slashed"]
