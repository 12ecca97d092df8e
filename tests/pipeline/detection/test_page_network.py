"""The page network: pages of any size in, a cell for every four pixels out; files that are no page network."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from pipeline.detection.page_network import N_CHANNELS, PageNetwork, load_page_network, standardize
from pipeline.errors import ModelError
from pipeline.recognition.classify import MODELS_DIR

SEEN: list[np.ndarray] = []


def average_cells(page: np.ndarray) -> np.ndarray:
    """Answer, as a network would, with the mean of each cell in every channel."""
    SEEN.append(page)
    _, height, width, _ = page.shape
    cells = page.reshape(1, height // 4, 4, width // 4, 4).mean(axis=(2, 4))
    return np.repeat(cells[..., None], N_CHANNELS, axis=3)


READER = PageNetwork("averaging", average_cells)


@pytest.mark.parametrize(
    ("shape", "taken", "given"),
    [
        ((1, 1), (32, 32), (1, 1)),
        ((32, 64), (32, 64), (8, 16)),
        ((33, 64), (64, 64), (9, 16)),
        ((30, 97), (32, 128), (8, 25)),
    ],
    ids=["one pixel", "whole multiples", "one row more", "both sides"],
)
def test_page_of_any_size_has_its_cells(shape: tuple, taken: tuple, given: tuple) -> None:
    SEEN.clear()
    maps = READER.predict(np.random.default_rng(0).integers(0, 256, shape, np.uint8))
    assert [page.shape for page in SEEN] == [(1, *taken, 1)]
    assert maps.shape == (*given, N_CHANNELS) and maps.dtype == np.float32


def test_small_picture_leaves_the_memory_of_large_ones_alone() -> None:
    def refuse(_: np.ndarray) -> np.ndarray:
        raise AssertionError

    small, large = np.zeros((320, 240), np.uint8), np.zeros((768, 576), np.uint8)
    assert PageNetwork("two", refuse, average_cells).predict(small).shape == (80, 60, N_CHANNELS)
    assert PageNetwork("two", average_cells, refuse).predict(large).shape == (192, 144, N_CHANNELS)


def test_rim_goes_on_beyond_the_page() -> None:
    page = np.full((32, 32), 100, np.uint8)
    page[:, -1] = 200
    SEEN.clear()
    READER.predict(np.ascontiguousarray(page[:, 1:]))
    assert (SEEN[0][0, :, 30:, 0] == SEEN[0][0, 0, 30, 0]).all()


@pytest.mark.parametrize(
    ("gray", "expected"),
    [
        ([[128, 128]], [[0, 0]]),
        ([[0, 255]], [[-1, 1]]),
        ([[100, 101]], [[-0.25, 0.25]]),
        ([[0] * 99 + [255]], [[-0.1005] * 99 + [3]]),
    ],
    ids=["bare", "half dark", "its noise is not stretched", "clipped"],
)
def test_standardized_by_hand(gray: list, expected: list) -> None:
    standardized = standardize(np.array(gray, np.uint8))
    assert standardized.dtype == np.float32
    assert standardized == pytest.approx(np.array(expected), abs=1e-3)


def test_brightness_and_contrast_do_not_matter() -> None:
    page = np.random.default_rng(0).integers(0, 100, (16, 16)).astype(np.uint8)
    assert standardize(page * 2 + 20) == pytest.approx(standardize(page), abs=1e-5)


@pytest.mark.parametrize(
    ("file", "message"),
    [(None, "No such file"), ("lines", "expected a page network"), ("damaged", "expected a LiteRT model")],
)
def test_file_that_is_no_page_network(file: str | None, message: str, tmp_path: Path) -> None:
    if file == "lines":
        shutil.copy(MODELS_DIR / "lines" / "model.tflite", tmp_path)
    elif file is not None:
        (tmp_path / "model.tflite").write_bytes(b"not a model")
    with pytest.raises(ModelError, match=message):
        load_page_network(tmp_path)
