"""Crop -> 28x28: by eye on 5x5 arrays, on degenerate input, and as properties of any ink."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipeline.geometry import Box
from pipeline.recognition.normalize import CORE_PX, normalize_digit, normalize_spans
from pipeline.settings.recognition import NormalizeSettings
from pipeline.types import SIDE_PX, Span

PLAIN = NormalizeSettings(least_side_px=1)
DEFAULT = NormalizeSettings()


def picture(*rows: str) -> np.ndarray:
    return np.array([[255 if cell == "#" else 0 for cell in row] for row in rows], np.uint8)


def find_box(tensor: np.ndarray) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(tensor.any(axis=1)), np.flatnonzero(tensor.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def find_center(tensor: np.ndarray) -> tuple[float, float]:
    steps = np.arange(SIDE_PX)
    return float(tensor.sum(axis=0) @ steps / tensor.sum()), float(tensor.sum(axis=1) @ steps / tensor.sum())


CROSS = picture(
    "..#..",
    "..#..",
    "#####",
    "..#..",
    "..#..",
)
CORNER = picture(
    "#....",
    "#....",
    "#....",
    "#....",
    "#####",
)


@pytest.mark.parametrize("ink", [CROSS, CORNER], ids=["cross", "corner"])
def test_pixels_are_doubled_to_twenty(ink: np.ndarray) -> None:
    tensor = normalize_digit(ink, 0, PLAIN)
    left, top, right, bottom = find_box(tensor)
    assert (right - left, bottom - top) == (CORE_PX, CORE_PX)
    assert np.array_equal(tensor[top:bottom, left:right], np.kron(ink, np.ones((4, 4))) / 255)


def test_cross_lies_in_the_middle() -> None:
    assert find_box(normalize_digit(CROSS, 0, PLAIN)) == (4, 4, 24, 24)


def test_corner_is_moved_until_its_mass_is_central() -> None:
    # In the core, 80 px lie about column 1.5 and 64 px about column 11.5: the middle is 5.94, and 13.06 from the top.
    left, top, _, _ = find_box(normalize_digit(CORNER, 0, PLAIN))
    assert (left, top) == (8, 1)


@pytest.mark.parametrize(
    "ink",
    [
        np.zeros((5, 5), np.uint8),
        np.zeros((1, 1), np.uint8),
        np.zeros((1, 40), np.uint8),
    ],
    ids=["blank 5x5", "blank 1x1", "blank row"],
)
def test_no_ink_gives_zeros(ink: np.ndarray) -> None:
    tensor = normalize_digit(ink, 3, DEFAULT)
    assert tensor.shape == (SIDE_PX, SIDE_PX) and tensor.dtype == np.float32 and not tensor.any()


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 300), (300, 1), (2, 2), (28, 28), (700, 500)], ids=lambda shape: f"{shape[0]}x{shape[1]}"
)
def test_all_ink_of_any_shape_is_finite(shape: tuple[int, int]) -> None:
    tensor = normalize_digit(np.full(shape, 255, np.uint8), float(min(shape)), DEFAULT)
    assert np.isfinite(tensor).all() and tensor.max() == 1 and tensor.min() == 0


def test_margins_make_no_difference() -> None:
    ink = cv2.resize(CORNER, (35, 35), interpolation=cv2.INTER_NEAREST)
    with_margins = np.pad(ink, ((3, 19), (40, 2)))
    assert np.array_equal(normalize_digit(ink, 7, DEFAULT), normalize_digit(with_margins, 7, DEFAULT))


def test_aspect_is_kept() -> None:
    bar = np.full((80, 16), 255, np.uint8)
    left, top, right, bottom = find_box(normalize_digit(bar, 0, PLAIN))
    assert (right - left, bottom - top) == (4, 20)


def test_dot_is_not_blown_up() -> None:
    dot = np.full((2, 2), 255, np.uint8)
    left, top, right, bottom = find_box(normalize_digit(dot, 0, NormalizeSettings(least_side_px=10)))
    assert (right - left, bottom - top) == (4, 4)


def test_core_is_area_resampled() -> None:
    ink = np.zeros((60, 60), np.uint8)
    cv2.ellipse(ink, (30, 30), (28, 20), 30, 0, 360, 255, 7)
    left, top, width, height = cv2.boundingRect(ink)
    side = max(width, height)
    square = np.zeros((side, side), np.uint8)
    x, y = (side - width) // 2, (side - height) // 2
    square[y : y + height, x : x + width] = ink[top : top + height, left : left + width]
    core = cv2.resize(square.astype(np.float32), (CORE_PX, CORE_PX), interpolation=cv2.INTER_AREA)
    tensor = normalize_digit(ink, 0, PLAIN)
    core /= core.max()
    shifts = [(a, b) for a in range(9) for b in range(9) if np.array_equal(tensor[a : a + 20, b : b + 20], core)]
    assert len(shifts) == 1
    assert tensor.sum() == pytest.approx(core.sum(), rel=1e-6)


def test_fine_pen_is_widened_and_marker_thinned() -> None:
    ring = np.zeros((200, 200), np.uint8)
    cv2.circle(ring, (100, 100), 80, 255, 4)
    fine = normalize_digit(ring, 4, DEFAULT).sum() / normalize_digit(ring, 0, DEFAULT).sum()
    cv2.circle(ring, (100, 100), 70, 255, 58)
    broad = normalize_digit(ring, 58, DEFAULT).sum() / normalize_digit(ring, 0, DEFAULT).sum()
    assert fine > 1.5 and broad < 0.95


def test_stroke_within_the_limits_is_left_alone() -> None:
    ring = np.zeros((200, 200), np.uint8)
    cv2.circle(ring, (100, 100), 80, 255, 28)
    assert np.array_equal(normalize_digit(ring, 28, DEFAULT), normalize_digit(ring, 0, DEFAULT))


def test_batch_of_spans_holds_each_tensor() -> None:
    spans = [Span(0, 1, Box(0, 0, 5, 5), ink.copy(), 1.0) for ink in (CROSS, CORNER)]
    batch = normalize_spans(spans, DEFAULT)
    assert batch.shape == (2, SIDE_PX, SIDE_PX, 1) and batch.dtype == np.float32
    assert np.array_equal(batch[1, :, :, 0], normalize_digit(CORNER, 1.0, DEFAULT))
    assert normalize_spans([], DEFAULT).shape == (0, SIDE_PX, SIDE_PX, 1)


SHAPES = st.tuples(st.integers(1, 70), st.integers(1, 70))
INKS = arrays.arrays(np.uint8, SHAPES, elements=st.sampled_from([0, 255]))


@given(ink=INKS, stroke=st.floats(0, 20))
@example(ink=np.full((7, 7), 255, np.uint8), stroke=7.0)  # thinned from two sides only, so that it reaches the limit
def test_any_ink_is_centered_or_at_the_limit(ink: np.ndarray, stroke: float) -> None:
    tensor = normalize_digit(ink, stroke, DEFAULT)
    assert tensor.shape == (SIDE_PX, SIDE_PX) and np.isfinite(tensor).all()
    assert tensor.min() >= 0 and tensor.max() == (1 if ink.any() else 0)
    if not ink.any():
        return
    left, top, right, bottom = find_box(tensor)
    for center, low, high in zip(find_center(tensor), (left, top), (right, bottom), strict=True):
        is_at_limit = low >= SIDE_PX - CORE_PX if center < SIDE_PX / 2 else high <= CORE_PX
        assert abs(center - SIDE_PX / 2) <= 0.5 + 1e-3 or is_at_limit


@given(ink=INKS, n=st.integers(2, 3))
def test_larger_photo_gives_the_same_tensor(ink: np.ndarray, n: int) -> None:
    big = np.kron(np.pad(ink, 10, constant_values=255), np.ones((4, 4), np.uint8))
    bigger = np.kron(big, np.ones((n, n), np.uint8))
    # Compared as sorted values: rounding may tip a center of mass that lies between two pixels to the other one.
    one, other = (np.sort(normalize_digit(mask, 0, PLAIN), axis=None) for mask in (big, bigger))
    assert np.abs(one - other).max() <= 2 / 255


def test_hair_line_across_a_large_square_is_still_ink() -> None:
    line = np.zeros((1200, 1200), np.uint8)
    line[600, 0] = line[600, -1] = 255
    tensor = normalize_digit(line, 0.0, NormalizeSettings())
    assert np.isfinite(tensor).all() and tensor.max() == 1


def test_small_piece_of_a_broad_stroke_is_thinned_but_stays() -> None:
    piece = np.full((4, 11), 255, np.uint8)
    tensor = normalize_digit(piece, 9.0, DEFAULT)
    assert np.isfinite(tensor).all() and tensor.sum() > 10
