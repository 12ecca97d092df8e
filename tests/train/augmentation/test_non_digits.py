"""What is no digit: drawn in many kinds, seeded, and never a plain upright stroke."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.augmentation import non_digits as non_digits
from train.augmentation.augment import AugmentSettings
from train.augmentation.ink import crop_ink
from train.augmentation.non_digits import NonDigitSource, bend_glyph, is_upright_stroke, make_non_digit

KNOBS = AugmentSettings()


def draw_text(text: str) -> np.ndarray:
    image = np.zeros((28, 28), np.uint8)
    cv2.putText(image, text, (5, 23), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2)
    return image


@pytest.fixture(scope="module")
def source() -> NonDigitSource:
    images = np.stack([draw_text(str(digit)) for digit in range(10)])
    glyphs = [crop_ink(draw_text(letter)) for letter in "AKM"]
    return NonDigitSource(images, np.arange(10, dtype=np.uint8), glyphs)


def draw_stroke(angle_deg: float, width: int, length: float = 80) -> np.ndarray:
    """Draw a straight stroke; 0 deg lies, 90 deg stands."""
    mask = np.zeros((120, 120), np.uint8)
    half = np.array([np.cos(np.deg2rad(angle_deg)), -np.sin(np.deg2rad(angle_deg))]) * length / 2
    start, end = (tuple(int(v) for v in np.rint(60 + sign * half)) for sign in (-1, 1))
    cv2.line(mask, start, end, 255, width)
    return mask


@pytest.mark.parametrize(
    ("mask", "is_stroke"),
    [
        pytest.param(np.zeros((5, 5), np.uint8), False, id="nothing"),
        pytest.param(draw_stroke(90, 6), True, id="standing"),
        pytest.param(draw_stroke(60, 6), True, id="leaning to the right"),
        pytest.param(draw_stroke(120, 6), True, id="leaning to the left"),
        pytest.param(draw_stroke(90, 18), True, id="marker"),
        pytest.param(draw_stroke(0, 6), False, id="lying"),
        pytest.param(draw_stroke(25, 6), False, id="nearly lying"),
        pytest.param(draw_stroke(90, 40), False, id="blot"),
        pytest.param(draw_stroke(90, 6) | draw_stroke(0, 6), False, id="cross"),
    ],
)
def test_upright_stroke_is_known_from_the_rest(mask: np.ndarray, is_stroke: bool) -> None:
    assert is_upright_stroke(mask) is is_stroke


@pytest.mark.parametrize("draw", non_digits._KINDS, ids=lambda draw: draw.__name__)
def test_each_kind_draws_ink_and_draws_it_differently(draw: non_digits._Draw, source: NonDigitSource) -> None:
    drawn = [draw(source, np.random.default_rng(seed), KNOBS) for seed in range(12)]
    for mask in drawn:
        assert mask.dtype == np.uint8
        assert set(np.unique(mask)) <= {0, 255}
    assert sum(mask.any() for mask in drawn) >= 11
    assert len({mask.tobytes() for mask in drawn}) >= 11


def test_shares_of_the_kinds_sum_to_one() -> None:
    assert sum(non_digits._SHARES) == pytest.approx(1)


@given(st.integers(0, 10_000))
def test_non_digit_is_a_tensor_with_ink(source: NonDigitSource, seed: int) -> None:
    tensor = make_non_digit(source, np.random.default_rng(seed), KNOBS)
    assert tensor.shape == (28, 28)
    assert tensor.dtype == np.float32
    assert 0 <= tensor.min() < tensor.max() == pytest.approx(1)


def test_equal_seeds_give_equal_non_digits(source: NonDigitSource) -> None:
    first, again, other = (make_non_digit(source, np.random.default_rng(seed), KNOBS) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_half_is_at_most_half_and_leaves_out_what_reads_as_a_digit(source: NonDigitSource) -> None:
    only_zero = NonDigitSource(source.images[:1], source.labels[:1], source.glyphs)
    whole = cv2.countNonZero(cv2.resize(source.images[0], None, fx=3.5, fy=3.5))
    areas = [cv2.countNonZero(non_digits._draw_half(only_zero, np.random.default_rng(s), KNOBS)) for s in range(30)]
    assert 0.15 * whole < np.mean(areas) < 0.7 * whole
    assert non_digits.looks_whole(8, "right")
    assert not non_digits.looks_whole(8, "left")


def test_cut_keeps_the_side_that_was_asked_for() -> None:
    mask = np.full((4, 10), 255, np.uint8)
    left = non_digits._keep_side(mask, 0.3, 0.0, is_left=True)
    right = non_digits._keep_side(mask, 0.3, 0.0, is_left=False)
    assert left[:, :3].all()
    assert not left[:, 3:].any()
    np.testing.assert_array_equal(left | right, mask)
    assert not (left & right).any()


def test_joined_digits_stand_in_order_and_touch_or_not() -> None:
    low, high = np.full((10, 6), 255, np.uint8), np.full((20, 6), 255, np.uint8)
    apart = non_digits._join([low, high], 0.2, np.random.default_rng(0))
    assert apart.shape[1] == 6 + 4 + 6
    assert not apart[:, 6:10].any()
    overlapping = non_digits._join([low, high], -0.1, np.random.default_rng(0))
    assert overlapping.shape[1] == 6 - 2 + 6


@pytest.mark.parametrize(
    ("sides", "width", "height", "is_digit"),
    [
        pytest.param([0, 1, 2, 3], 40, 60, True, id="tall frame: 0"),
        pytest.param([0, 1, 2, 3], 90, 40, False, id="flat frame"),
        pytest.param([0, 3], 40, 60, True, id="top and right: 7"),
        pytest.param([1, 2], 40, 60, False, id="foot and left"),
    ],
)
def test_frames_that_are_digits_are_left_out(sides: list[int], width: int, height: int, is_digit: bool) -> None:
    assert non_digits._is_digit_frame(np.array(sides), width, height) is is_digit


def test_bent_glyph_fills_the_canvas_like_a_digit() -> None:
    glyph = np.full((50, 25), 255, np.uint8)
    bent = crop_ink(bend_glyph(glyph, np.random.default_rng(0), KNOBS))
    assert 40 < max(bent.shape) < 112
