"""Digits as the front end sees them: bent, drawn with other pens, damaged, small, and still themselves."""

from __future__ import annotations

from dataclasses import fields, replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ink.labels import measure_stroke_width
from train.augmentation.augment import (
    CANVAS_PX,
    AugmentSettings,
    augment_digit,
    change_stroke,
    photograph,
    shift_digit,
    warp_digit,
)
from train.augmentation.ink import crop_ink

STILL = AugmentSettings(
    rotation_deg=(0, 0),
    slant=(0, 0),
    aspect=(1, 1),
    scale=(3.5, 3.5),
    perspective=(0, 0),
    elastic_px=(0, 0),
    ink_level=(0.5, 0.5),
    stroke_share=0,
    stroke_px=(3, 3),
    height_px=(64, 64),
    noise=(0, 0),
    gap_share=0,
    stub_share=0,
    speck_share=0,
    ruling_share=0,
    cut_share=0,
    clip_share=0,
    misjudged_stroke=(1, 1),
)
"""Every knob at the value that changes nothing."""


def draw_bar() -> np.ndarray:
    """Draw an upright bar 4 px wide and 20 px high in the middle of 28x28."""
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 12:16] = 255
    return image


def draw_seven() -> np.ndarray:
    image = np.zeros((28, 28), np.uint8)
    cv2.polylines(image, [np.array([[8, 5], [19, 5], [12, 23]])], False, 255, 3)
    return image


def chance(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def measure_lean_deg(mask: np.ndarray) -> float:
    """Measure how far ink leans to the right from upright, by its principal axis."""
    rows, columns = np.nonzero(mask)
    _, axes = np.linalg.eigh(np.cov(np.stack([columns, -rows]).astype(float)))
    across, up = axes[:, 1] * np.sign(axes[1, 1])
    return float(np.rad2deg(np.arctan2(across, up)))


def test_with_every_knob_still_the_bar_stays_the_bar() -> None:
    bar = crop_ink(warp_digit(draw_bar(), chance(), STILL))
    assert bar.shape == pytest.approx((70, 14), abs=2)
    assert (bar > 0).mean() > 0.95


@pytest.mark.parametrize(
    ("knob", "value", "lean_deg"),
    [
        pytest.param("slant", 0.3, np.rad2deg(np.arctan(0.3)), id="slant to the right"),
        pytest.param("slant", -0.3, -np.rad2deg(np.arctan(0.3)), id="slant to the left"),
        pytest.param("rotation_deg", 10, 10, id="turned clockwise"),
        pytest.param("rotation_deg", -10, -10, id="turned counterclockwise"),
    ],
)
def test_bar_leans_as_asked(knob: str, value: float, lean_deg: float) -> None:
    knobs = replace(STILL, **{knob: (value, value)})
    assert measure_lean_deg(warp_digit(draw_bar(), chance(), knobs)) == pytest.approx(lean_deg, abs=1)


def test_aspect_is_width_over_height() -> None:
    square = np.zeros((28, 28), np.uint8)
    square[9:19, 9:19] = 255
    height, width = crop_ink(warp_digit(square, chance(), replace(STILL, aspect=(1.3, 1.3)))).shape
    assert width / height == pytest.approx(1.3, abs=0.08)


@pytest.mark.parametrize("wanted_px", [2.0, 3.0, 4.0, 5.0])
def test_stroke_becomes_what_was_wanted(wanted_px: float) -> None:
    mask = np.zeros((80, 80), np.uint8)
    cv2.polylines(mask, [np.array([[10, 10], [70, 10], [30, 70]])], False, 255, 13)
    mask = crop_ink(mask)
    changed = change_stroke(mask, wanted_px, most_px=9)
    before_px = measure_stroke_width(mask)
    change_px = measure_stroke_width(changed) - before_px
    assert change_px == pytest.approx(wanted_px * max(mask.shape) / 20 - before_px, abs=1.5)


def test_stroke_changes_by_no_more_than_allowed() -> None:
    mask = np.full((60, 12), 255, np.uint8)
    changed = change_stroke(mask, 20, most_px=1.0)
    assert changed.shape[1] - mask.shape[1] == pytest.approx(60 / 20, abs=1.5)


def test_thinning_never_breaks_a_stroke() -> None:
    mask = np.zeros((80, 80), np.uint8)
    cv2.line(mask, (10, 10), (40, 70), 255, 12)
    cv2.line(mask, (40, 70), (70, 10), 255, 4)  # an uneven pen: eroding by the mean would lose this stroke
    changed = change_stroke(mask, 1.3, most_px=9)
    assert cv2.connectedComponents(changed)[0] == 2
    assert changed.shape == pytest.approx(crop_ink(mask).shape, abs=14)


def test_equal_seeds_give_equal_digits_and_others_others() -> None:
    first, again, other = (augment_digit(draw_seven(), chance(seed), AugmentSettings()) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@given(st.integers(0, 10_000))
def test_whatever_chance_brings_the_tensor_is_a_tensor(seed: int) -> None:
    tensor = augment_digit(draw_seven(), chance(seed), AugmentSettings())
    assert tensor.shape == (28, 28)
    assert tensor.dtype == np.float32
    assert tensor.min() == 0
    assert tensor.max() == pytest.approx(1)
    center = [(tensor.sum(axis=1 - axis) @ np.arange(28)) / tensor.sum() for axis in (0, 1)]
    assert center == pytest.approx([14, 14], abs=4.1)  # a stub may push it, 28x28 has room for 4


@pytest.mark.parametrize("mask", [np.full((1, 1), 255, np.uint8), np.full((1, 90), 255, np.uint8)], ids=["dot", "row"])
def test_degenerate_ink_stays_ink(mask: np.ndarray) -> None:
    for seed in range(40):
        assert photograph(mask, chance(seed), AugmentSettings()).any()


def test_height_is_the_cameras() -> None:
    bar = np.full((80, 20), 255, np.uint8)
    assert photograph(bar, chance(), replace(STILL, height_px=(16, 16))).shape == (16, 4)


def test_fine_pen_in_a_small_picture_is_not_lost() -> None:
    ring = np.zeros((100, 100), np.uint8)
    cv2.circle(ring, (50, 50), 45, 255, 3)
    seen = photograph(ring, chance(), replace(STILL, height_px=(12, 12), ink_level=(0.6, 0.6)))
    assert np.count_nonzero(seen) > 20


def test_plain_digits_are_mnists_own_or_nearly() -> None:
    image = draw_seven()
    shifted = [shift_digit(image, chance(seed)) for seed in range(30)]
    is_own = [np.array_equal(tensor, image / np.float32(255)) for tensor in shifted]
    assert 5 < sum(is_own) < 25
    assert all(tensor.sum() == pytest.approx(image.sum() / 255, rel=0.2) for tensor in shifted)


LIMITS = {
    "rotation_deg": (25.0, 25.0),
    "slant": (0.5, 0.5),
    "aspect": (1.6, 1.6),
    "scale": (2.5, 2.5),
    "perspective": (0.4, 0.4),
    "elastic_px": (2.0, 2.0),
    "ink_level": (0.9, 0.9),
    "stroke_share": 1.0,
    "stroke_px": (1.0, 1.0),
    "stroke_change_px": 0.4,
    "height_px": (10.0, 10.0),
    "noise": (0.4, 0.4),
    "gap_share": 1.0,
    "gap_px": (6.0, 6.0),
    "stub_share": 1.0,
    "stub_px": (9.0, 9.0),
    "speck_share": 1.0,
    "ruling_share": 1.0,
    "cut_share": 1.0,
    "clip_share": 1.0,
    "clip_frac": (0.4, 0.4),
    "misjudged_stroke": (3.0, 3.0),
}


@pytest.mark.parametrize("knob", [field.name for field in fields(AugmentSettings)])
def test_no_knob_is_dead(knob: str) -> None:
    busy = replace(STILL, gap_share=1.0, stub_share=1.0, clip_share=1.0, stroke_share=1.0, stroke_px=(5.0, 5.0))
    base = STILL if knob.endswith("_share") else busy
    moved = replace(base, **{knob: LIMITS[knob]})
    assert any(
        not np.array_equal(augment_digit(draw_seven(), chance(s), base), augment_digit(draw_seven(), chance(s), moved))
        for s in range(3)
    )


def test_every_knob_has_a_reason() -> None:
    assert all(field.metadata["reason"] for field in fields(AugmentSettings))


def test_canvas_holds_the_largest_digit() -> None:
    wide = replace(STILL, scale=(AugmentSettings().scale[1],) * 2, rotation_deg=(15, 15), slant=(0.38, 0.38))
    mask = warp_digit(draw_bar(), chance(), wide)
    assert mask.shape == (CANVAS_PX, CANVAS_PX)
    assert not np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]]).any()
