"""How own pictures of digits are drawn: recognized by reading them, changed to MNIST's way, and said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.train.datasets.test_catalog import write_idx
from train.datasets.catalog import load_dataset
from train.synthesis.handwriting.drawn_digits import draw_digit_set

DRAWN = draw_digit_set(np.random.default_rng(0), 14, 0, 0)


def test_emnist_is_transposed_back_and_known_to_hold_mnists_test_digits(tmp_path: Path) -> None:
    for part in ("emnist-digits-train", "emnist-digits-test"):
        write_idx(tmp_path, part, DRAWN.images.swapaxes(1, 2), DRAWN.labels, ".gz")
    dataset = load_dataset(f"idx:{tmp_path}")
    assert dataset.has_mnist_test
    np.testing.assert_array_equal(dataset.train.images, DRAWN.images)
    np.testing.assert_array_equal(dataset.test.images, DRAWN.images)
    assert [note.split(":")[0] for note in dataset.notes[:2]] == [
        "pictures are transposed",
        "holds digits of MNIST's test set",
    ]


@pytest.mark.parametrize(
    ("convert", "note"),
    [
        (lambda images: images, "fewer than"),
        (lambda images: 255 - images, "pictures are inverted"),
        (lambda images: 255 - images.swapaxes(1, 2), "pictures are transposed and inverted"),
        (lambda images: (images > 127).astype(np.uint8), "pixels 0 to 1 are taken as 0 to 255"),
    ],
    ids=["as MNIST", "inverted", "transposed and inverted", "0 to 1"],
)
def test_convention_is_recognized(tmp_path: Path, convert: Callable[[np.ndarray], np.ndarray], note: str) -> None:
    for part in ("train", "t10k"):
        write_idx(tmp_path, part, convert(DRAWN.images), DRAWN.labels)
    dataset = load_dataset(f"idx:{tmp_path}")
    assert dataset.notes[0].startswith(note)
    np.testing.assert_array_equal(dataset.train.images > 127, DRAWN.images > 127)


def test_labels_that_no_convention_explains_are_questioned(tmp_path: Path) -> None:
    for part in ("train", "t10k"):
        write_idx(tmp_path, part, DRAWN.images, (DRAWN.labels + 1) % 10)
    assert "as labelled: check labels and pictures" in load_dataset(f"idx:{tmp_path}").notes[0]
