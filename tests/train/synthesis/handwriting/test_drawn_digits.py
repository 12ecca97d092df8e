"""Digits drawn with a pen: every digit of a hand, European 1s and 7s."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from train.synthesis.handwriting.drawn_digits import draw_digit_set, draw_one, draw_seven


def test_writers_write_all_ten_digits_each_in_its_own_style_then_ones_and_sevens() -> None:
    drawn = draw_digit_set(np.random.default_rng(0), n_writers=3, n_ones=2, n_sevens=1)
    assert drawn.labels.tolist() == [*range(10)] * 3 + [1, 1, 7]
    assert len({image.tobytes() for image in drawn.images}) == 33
    assert all(image.any() for image in drawn.images)


def test_equal_seeds_draw_equal_digits() -> None:
    first, again, other = (draw_digit_set(np.random.default_rng(seed), 1, 1, 1).images for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("draw", [draw_one, draw_seven], ids=["1", "7"])
def test_drawn_digit_is_at_most_two_pieces_well_inside_the_paper(
    draw: Callable[[np.random.Generator], np.ndarray],
) -> None:
    for seed in range(30):
        mask = draw(np.random.default_rng(seed))
        left, top, width, height = cv2.boundingRect(mask)
        assert min(left, top) > 0
        assert left + width < 240
        assert top + height < 240
        assert height > 70
        assert cv2.connectedComponents(mask)[0] <= 3  # paper, digit, and a bar that just missed a 7's stem


def test_a_sevens_top_is_level_and_a_ones_first_stroke_climbs() -> None:
    def measure_top_share(mask: np.ndarray) -> float:
        """Measure how much of the ink lies in the top fifth."""
        left, top, width, height = cv2.boundingRect(mask)
        digit = mask[top : top + height, left : left + width]
        return cv2.countNonZero(digit[: height // 5]) / cv2.countNonZero(digit)

    ones, sevens = (
        [measure_top_share(draw(np.random.default_rng(s))) for s in range(40)] for draw in (draw_one, draw_seven)
    )
    assert np.median(sevens) > 1.2 * np.median(ones)
