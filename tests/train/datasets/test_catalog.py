"""Data sets by name: what each holds, and what is told where something is missing."""

from __future__ import annotations

import gzip
from pathlib import Path

import keras
import numpy as np
import pytest

from pipeline.errors import InputError, MissingInputError, UsageError
from train.datasets import catalog as datasets_room
from train.datasets.catalog import DIGIT_CLASSES, FASHION_CLASSES, load_dataset
from train.datasets.mnist import DigitSet

IMAGES = np.random.default_rng(0).integers(0, 255, (12, 28, 28), np.uint8)
LABELS = np.arange(12, dtype=np.uint8) % 10


def write_idx(folder: Path, part: str, images: np.ndarray = IMAGES, labels: np.ndarray = LABELS, end: str = "") -> None:
    """Write IDX files as MNIST's are, by hand."""
    folder.mkdir(exist_ok=True)
    pack = gzip.compress if end else bytes
    head = b"".join(int(n).to_bytes(4, "big") for n in (0x803, *images.shape))
    (folder / f"{part}-images-idx3-ubyte{end}").write_bytes(pack(head + images.tobytes()))
    head = b"".join(int(n).to_bytes(4, "big") for n in (0x801, len(labels)))
    (folder / f"{part}-labels-idx1-ubyte{end}").write_bytes(pack(head + labels.tobytes()))


@pytest.mark.parametrize("end", ["", ".gz"])
def test_idx_files_of_any_number(tmp_path: Path, end: str) -> None:
    write_idx(tmp_path, "train", end=end)
    write_idx(tmp_path, "t10k", IMAGES[:5], LABELS[:5], end)
    found = load_dataset(f"idx:{tmp_path}")
    assert found.classes == DIGIT_CLASSES
    np.testing.assert_array_equal(found.train.images, IMAGES)
    assert found.test.labels.tolist() == [0, 1, 2, 3, 4]


def test_missing_idx_file_is_named(tmp_path: Path) -> None:
    write_idx(tmp_path, "train")
    with pytest.raises(MissingInputError, match="neither t10k-images-idx3-ubyte nor"):
        load_dataset(f"idx:{tmp_path}")
    write_idx(tmp_path, "t10k")
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(MissingInputError, match="neither t10k-labels-idx1-ubyte nor"):
        load_dataset(f"idx:{tmp_path}")


def test_idx_files_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    write_idx(tmp_path, "train", IMAGES, LABELS[:9])
    write_idx(tmp_path, "t10k")
    with pytest.raises(InputError, match="with 9 items"):
        load_dataset(f"idx:{tmp_path}")
    write_idx(tmp_path, "train", IMAGES, LABELS + 1)
    with pytest.raises(InputError, match="labels 0 to 9, received 10"):
        load_dataset(f"idx:{tmp_path}")


def test_clothes_from_a_folder_or_from_keras(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = (IMAGES, LABELS), (IMAGES[:3], LABELS[:3])
    monkeypatch.setattr(keras.datasets.fashion_mnist, "load_data", lambda: loaded)
    monkeypatch.delenv("DIGITS_DATA", raising=False)
    assert load_dataset("fashion_mnist").classes == FASHION_CLASSES
    assert len(load_dataset("fashion_mnist", tmp_path).test.labels) == 3
    for part in ("train", "t10k"):
        write_idx(tmp_path / "fashion_mnist", part)
    assert len(load_dataset("fashion_mnist", tmp_path).test.labels) == 12


def test_download_that_fails_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise Exception("URL fetch failure")  # as Keras does

    monkeypatch.delenv("DIGITS_DATA", raising=False)
    for name in ("fashion_mnist", "mnist"):
        monkeypatch.setattr(getattr(keras.datasets, name), "load_data", fail)
        with pytest.raises(InputError, match=f"{name}: cannot be downloaded"):
            load_dataset(name)


def test_mnist_is_its_own_two_parts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    digits = DigitSet(IMAGES, LABELS)
    monkeypatch.setattr(datasets_room, "load_train", lambda data_dir: digits)
    monkeypatch.setattr(datasets_room, "load_test", lambda data_dir: digits.take(slice(0, 2)))
    found = load_dataset("mnist", tmp_path)
    assert (found.name, len(found.train.labels), len(found.test.labels)) == ("mnist", 12, 2)
    with pytest.raises(InputError, match="no such data folder"):
        load_dataset("mnist", tmp_path / "none")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("", "choose one of: mnist, fashion_mnist, idx:DIR, folder:DIR, csv:FILE"),
        ("emnist", "did you mean mnist"),
        ("idx:", "did you mean idx:DIR"),
        ("folder:", "did you mean folder:DIR"),
        ("idx", "did you mean idx:DIR"),
    ],
)
def test_unknown_name_is_a_usage_error(name: str, hint: str) -> None:
    with pytest.raises(UsageError, match=hint):
        load_dataset(name)
