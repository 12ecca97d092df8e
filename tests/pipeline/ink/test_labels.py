"""Connected ink by eye, and strokes of known width."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.ink.labels import label_ink, measure_stroke_width
from tests.support.drawing import draw_ink, parse


@pytest.mark.parametrize(
    ("rows", "areas"),
    [
        (("....", "...."), []),
        (("##..", "...#"), [2, 1]),
        (("#...", ".#.."), [2]),
        (("####", "####"), [8]),
        (("#", ".", "#"), [1, 1]),
    ],
    ids=["empty", "two", "touching at a corner", "full", "one column"],
)
def test_components_by_eye(rows: tuple[str, ...], areas: list[int]) -> None:
    ink = parse(*rows)
    labels, stats = label_ink(ink)
    assert labels.shape == ink.shape
    assert stats[1:, -1].tolist() == areas
    assert ((labels > 0) == (ink > 0)).all()


def test_more_runs_than_16_bits_can_tell_apart() -> None:
    ink = np.zeros((520, 520), np.uint8)
    ink[::2, ::2] = 255
    labels, stats = label_ink(ink)
    assert len(stats) - 1 == labels.max() == 260 * 260
    assert (stats[1:, -1] == 1).all()


@pytest.mark.parametrize("width_px", [2, 3, 6, 11])
def test_stroke_of_a_bar_is_its_breadth(width_px: int) -> None:
    bar = draw_ink((20, 10, 20 + width_px, 190))
    assert measure_stroke_width(bar) == pytest.approx(width_px, rel=0.1)
    assert measure_stroke_width(np.ascontiguousarray(bar.T)) == pytest.approx(measure_stroke_width(bar))


def test_bare_paper_has_no_stroke() -> None:
    assert measure_stroke_width(np.zeros((5, 5), np.uint8)) == 0
