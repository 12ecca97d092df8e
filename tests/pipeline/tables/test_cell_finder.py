"""Numbers parted where they go over a wall."""

from __future__ import annotations

import pytest

from pipeline.geometry import Box
from pipeline.tables.cell_finder import part_number
from pipeline.types import Digit, Reading


def test_parts_by_eye() -> None:
    digits = tuple(Digit(t, 0.9, Box(10 * k, 0, 10 * k + 8, 20)) for k, t in enumerate("4711"))
    whole = Reading("4711", 0.66, Box(0, 0, 38, 20), digits)
    assert part_number(whole, [1, 1, 1, 1]) == [whole]
    first, second = part_number(whole, [1, 1, 1, 2])
    assert (first.text, second.text, second.box) == ("471", "1", Box(30, 0, 38, 20))
    assert first.confidence == pytest.approx(0.9**3)
