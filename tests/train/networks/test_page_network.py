"""The page network: a cell for every four pixels, small enough to ship, and what a cell sees."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from pipeline.detection.page_network import N_CHANNELS
from train.networks.page_network import build_page_network

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
    pytest.mark.slow,
]
"""TensorFlow's variables do not know NumPy 2's `copy` yet, and Keras asks them for it."""


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return build_page_network()


@pytest.mark.parametrize("size", [(32, 32), (64, 96)])
def test_four_pixels_to_a_cell(size: tuple[int, int], network: keras.Model) -> None:
    maps = np.asarray(network(np.zeros((2, *size, 1), np.float32)))
    assert maps.shape == (2, size[0] // 4, size[1] // 4, N_CHANNELS) and maps.dtype == np.float32


def test_few_weights(network: keras.Model) -> None:
    assert network.count_params() < 700_000


def test_cell_sees_farther_than_a_large_digit(network: keras.Model) -> None:
    page = np.zeros((1, 32, 640, 1), np.float32)
    bare = np.asarray(network(page))
    page[:, :, 320:324] = 3
    changed = np.abs(np.asarray(network(page)) - bare).max(axis=(0, 1, 3)) > 1e-6
    assert 4 * np.ptp(np.flatnonzero(changed)) > 500
