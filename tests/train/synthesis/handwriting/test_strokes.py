"""Pen strokes: reproducible, as large as asked for, as wide as the pen."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.synthesis.handwriting.pen_paths import GLYPHS
from train.synthesis.handwriting.strokes import (
    Writer,
    draw_writer,
    join_digits,
    move_tracks,
    stamp_ink,
    write_digit,
    write_number,
)

FIRST_SHAPES = {digit: next(iter(shapes)) for digit, shapes in GLYPHS.items()}
STEADY = Writer(FIRST_SHAPES, slant_deg=0, haste=0, tremor_frac=0, jitter_frac=0, pressure_spread=0)


def draw_ink(text: str, writer: Writer, seed: int = 0, height_px: int = 60, width_px: float = 4) -> np.ndarray:
    coverage = np.zeros((2 * height_px, (len(text) + 1) * height_px), np.float32)
    written = write_number(text, writer, height_px, np.random.default_rng(seed))
    for tracks in move_tracks(written, height_px / 2, height_px / 2):
        stamp_ink(coverage, tracks, width_px)
    return coverage


def count_pieces(coverage: np.ndarray) -> int:
    return cv2.connectedComponents((coverage > 0.3).astype(np.uint8))[0] - 1


def test_ten_digits_have_three_shapes_or_more() -> None:
    assert sorted(GLYPHS) == list("0123456789")
    assert all(len(shapes) >= 3 for shapes in GLYPHS.values())


def test_shape_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match="expected a shape of 4 from .*closed.*, received round"):
        Writer(FIRST_SHAPES | {"4": "round"})


def test_no_text_gives_no_tracks() -> None:
    assert write_number("", STEADY, 50, np.random.default_rng(0)) == []


def test_same_seed_same_ink_other_seed_other_ink() -> None:
    writer = draw_writer(np.random.default_rng(5))
    ink = draw_ink("274", writer, seed=1)
    assert np.array_equal(ink, draw_ink("274", writer, seed=1))
    assert not np.array_equal(ink, draw_ink("274", writer, seed=2))


@pytest.mark.parametrize("digit", list(GLYPHS))
def test_steady_hand_keeps_to_the_grid(digit: str) -> None:
    for shape in GLYPHS[digit]:
        tracks = write_digit(digit, replace(STEADY, shapes={digit: shape}), 100, np.random.default_rng(0))
        x, y, _ = np.concatenate(tracks).T
        assert y.min() > -4 and y.max() < 104
        assert 90 < np.ptp(y) < 108
        assert np.ptp(x) < 70


def test_slant_leans_to_the_right() -> None:
    upright, leaning = (
        write_digit("1", replace(STEADY, slant_deg=slant), 100, np.random.default_rng(0))[0] for slant in (0, 20)
    )
    gain = (leaning[0, 0] - leaning[-1, 0]) - (upright[0, 0] - upright[-1, 0])
    assert gain == pytest.approx(100 * np.tan(np.deg2rad(20)), abs=5)


@pytest.mark.parametrize("width_px", [1.0, 2.5, 6.0, 15.0])
def test_stroke_is_as_wide_as_the_pen(width_px: float) -> None:
    coverage = np.zeros((80, 40), np.float32)
    stamp_ink(coverage, [np.array([(20.0, 5.0, 1.0), (20.0, 75.0, 1.0)])], width_px)
    assert coverage[40].sum() == pytest.approx(width_px, abs=0.3)
    assert np.average(np.arange(40), weights=coverage[40]) == pytest.approx(20, abs=0.25)


def test_light_pressure_gives_a_thinner_and_paler_stroke() -> None:
    strokes = []
    for pressure in (0.5, 1.0):
        coverage = np.zeros((80, 40), np.float32)
        stamp_ink(coverage, [np.array([(20.0, 5.0, pressure), (20.0, 75.0, pressure)])], 8)
        strokes.append(coverage[40])
    assert (strokes[0] > 0).sum() < (strokes[1] > 0).sum()
    assert strokes[0].max() < strokes[1].max()


def test_ink_beyond_the_rim_is_left_out() -> None:
    coverage = np.zeros((10, 10), np.float32)
    stamp_ink(coverage, [np.array([(-60.0, -60.0, 1.0), (-40.0, -60.0, 1.0)])], 3)
    assert not coverage.any()
    stamp_ink(coverage, [np.array([(-20.0, 5.0, 1.0), (20.0, 5.0, 1.0)])], 3)
    assert coverage[5].all() and not coverage[0].any()


def test_turn_is_counterclockwise() -> None:
    (track,) = move_tracks([[np.array([(10.0, 0.0, 1.0)])]], 100, 50, turn_deg=90)[0]
    assert np.allclose(track, [(100, 40, 1)])


def test_hurried_digits_touch_and_careful_ones_do_not() -> None:
    one_piece = STEADY.shapes | {"1": "flag"}
    careful = replace(STEADY, shapes=one_piece, spacing_frac=0.3)
    assert count_pieces(draw_ink("3801", careful)) == 4
    assert count_pieces(draw_ink("3801", join_digits(careful), width_px=6)) < 4


@given(seed=st.integers(0, 10**6), text=st.text("0123456789", min_size=1, max_size=6), height=st.integers(12, 80))
def test_any_writer_writes_within_reason(seed: int, text: str, height: int) -> None:
    rng = np.random.default_rng(seed)
    written = write_number(text, draw_writer(rng), height, rng)
    assert len(written) == len(text)
    for tracks in written:
        x, y, pressure = np.concatenate(tracks).T
        assert -0.35 * height < y.min() and y.max() < 1.35 * height
        assert x.min() > -0.01 and pressure.min() > 0.3 and pressure.max() <= 1.5
    lefts = [np.concatenate(tracks)[:, 0].min() for tracks in written]
    assert lefts == sorted(lefts)
