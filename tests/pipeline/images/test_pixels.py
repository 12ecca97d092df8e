from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from pipeline.images.pixels import convert_to_8bit, flatten, map_to_source, map_to_upright, shrink, turn_upright

STORED = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)

UPRIGHT = {
    1: [[1, 2, 3], [4, 5, 6]],
    2: [[3, 2, 1], [6, 5, 4]],
    3: [[6, 5, 4], [3, 2, 1]],
    4: [[4, 5, 6], [1, 2, 3]],
    5: [[1, 4], [2, 5], [3, 6]],
    6: [[4, 1], [5, 2], [6, 3]],
    7: [[6, 3], [5, 2], [4, 1]],
    8: [[3, 6], [2, 5], [1, 4]],
}


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_turn_by_eye_and_its_matrix(orientation: int) -> None:
    upright = turn_upright(STORED, orientation)
    assert upright.tolist() == UPRIGHT[orientation]
    matrix = map_to_upright(orientation, 3, 2)
    for (y, x), value in np.ndenumerate(STORED):
        u, v, _ = matrix @ (x, y, 1)
        assert upright[int(v), int(u)] == value


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_a_shrunk_pixel_lies_amid_those_it_stands_for(orientation: int) -> None:
    rows, columns = np.mgrid[0:6, 0:8].astype(np.float32)
    upright_rows, upright_columns = (shrink_mean(turn_upright(a, orientation), orientation) for a in (rows, columns))
    back = np.linalg.inv(map_to_upright(orientation, 8, 6)) @ map_to_source(orientation, (8, 6), (4, 3), 2)
    for (v, u), row in np.ndenumerate(upright_rows):
        x, y, _ = back @ (u, v, 1)
        assert (x, y) == pytest.approx((upright_columns[v, u], row))


def shrink_mean(upright: np.ndarray, orientation: int) -> np.ndarray:
    height, width = (6, 8) if orientation < 5 else (8, 6)
    return upright.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (np.array([0, 200, 255], np.uint8), [0, 200, 255]),
        (np.array([False, True]), [0, 255]),
        (np.array([0, 100, 255], np.uint16), [0, 100, 255]),
        (np.array([0, 2048, 4095], np.uint16), [0, 128, 255]),
        (np.array([0, 65535], np.uint16), [0, 255]),
        (np.array([0, 2**32 - 1], np.uint32), [0, 255]),
        (np.array([0, 0], np.uint16), [0, 0]),
        (np.array([0, 0.5, 1], np.float32), [0, 128, 255]),
        (np.array([-1, 0, 1], np.float64), [0, 128, 255]),
        (np.array([-50, 0, 200], np.int16), [0, 51, 255]),
        (np.array([np.nan, np.inf, 2], np.float32), [0, 0, 255]),
        (np.zeros(3, np.float32), [0, 0, 0]),
    ],
    ids=["8", "1", "8 in 16", "12 in 16", "16", "32", "black", "float", "negative", "signed", "not finite", "zeros"],
)
def test_eight_bits_by_eye(samples: np.ndarray, expected: list[int]) -> None:
    converted = convert_to_8bit(samples[None])
    assert converted.dtype == np.uint8
    assert converted[0].tolist() == expected


@given(arrays(st.sampled_from([np.uint16, np.int16, np.float32]), array_shapes(min_dims=2, max_dims=2)))
def test_brightness_keeps_its_order(samples: np.ndarray) -> None:
    finite = np.nan_to_num(samples.astype(np.float64), nan=0, posinf=0, neginf=0).ravel()
    converted = convert_to_8bit(samples).ravel().astype(int)
    assert (np.diff(converted[np.argsort(finite)]) >= 0).all()


@pytest.mark.parametrize("shape", [(5, 5), (5, 5, 1), (5, 5, 2), (5, 5, 3), (5, 5, 4)])
def test_any_channels_become_gray_or_color(shape: tuple[int, ...]) -> None:
    pixels = np.full(shape, 255, np.uint8)
    pixels[2, 2] = 0
    if shape[-1] in (2, 4):
        pixels[..., -1] = 255
    for is_color in (False, True):
        flat = flatten(pixels, is_color)
        assert flat.shape == ((5, 5, 3) if is_color else (5, 5))
        assert (flat[2, 2].max(), flat[0, 0].min()) == (0, 255)


def test_shrink_takes_means_and_cuts_what_is_left_over() -> None:
    pixels = np.array([[0, 100, 7], [100, 200, 7], [7, 7, 7]], np.uint8)
    assert shrink(pixels, 1) is pixels
    assert shrink(pixels, 2).tolist() == [[100]]
