"""MNIST files read, checked, and split by writer."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError, MissingInputError
from train.datasets import mnist as data
from train.datasets.mnist import DigitSet, IdxFile, find_data_dir, load_test, load_train, read_idx, split_validation

IMAGES = np.arange(3 * 28 * 28, dtype=np.uint32).astype(np.uint8).reshape(3, 28, 28)
LABELS = np.array([7, 0, 1], np.uint8)
WRITERS = (11, 12, 11)


def idx(magic: int, sizes: tuple[int, ...], body: bytes) -> bytes:
    return b"".join(n.to_bytes(4, "big") for n in (magic, *sizes)) + body


IMAGES_FILE = idx(0x803, (3, 28, 28), IMAGES.tobytes())
LABELS_FILE = idx(0x801, (3,), LABELS.tobytes())
ROWS = np.zeros((3, 8), ">i4")
ROWS[:, 0], ROWS[:, 2] = LABELS, WRITERS
QMNIST_FILE = idx(0xC02, (3, 8), ROWS.tobytes())


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lay out a folder like the real one, with an MNIST of three digits."""
    for name, content in (
        ("mnist/train-images-idx3-ubyte.gz", IMAGES_FILE),
        ("mnist/train-labels-idx1-ubyte.gz", LABELS_FILE),
        ("mnist/t10k-images-idx3-ubyte.gz", IMAGES_FILE),
        ("mnist/t10k-labels-idx1-ubyte.gz", LABELS_FILE),
        ("qmnist/qmnist-train-labels-idx2-int.gz", QMNIST_FILE),
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(gzip.compress(content))
    for constant, content in (
        ("TRAIN_IMAGES", IMAGES_FILE),
        ("TRAIN_LABELS", LABELS_FILE),
        ("TEST_IMAGES", IMAGES_FILE),
        ("TEST_LABELS", LABELS_FILE),
    ):
        known = getattr(data, constant)
        monkeypatch.setattr(data, constant, IdxFile(known.name, 3, hashlib.sha256(content).hexdigest()))
    return tmp_path


def test_folder_is_read_with_writers(tiny: Path) -> None:
    digits = load_train(tiny)
    np.testing.assert_array_equal(digits.images, IMAGES)
    np.testing.assert_array_equal(digits.labels, LABELS)
    assert digits.writers is not None
    assert tuple(digits.writers) == WRITERS


def test_folder_of_idx_files_themselves_finds_qmnist_beside(tiny: Path) -> None:
    digits = load_train(tiny / "mnist")
    np.testing.assert_array_equal(digits.labels, LABELS)
    assert digits.writers is not None


def test_unpacked_files_are_read(tiny: Path) -> None:
    for path in (tiny / "mnist").iterdir():
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    np.testing.assert_array_equal(load_test(tiny).images, IMAGES)


def test_without_qmnist_nobody_knows_the_writers(tiny: Path) -> None:
    (tiny / "qmnist/qmnist-train-labels-idx2-int.gz").unlink()
    assert load_train(tiny).writers is None


def test_qmnist_of_other_digits_is_refused(tiny: Path) -> None:
    other = ROWS.copy()
    other[0, 0] = 3
    path = tiny / "qmnist/qmnist-train-labels-idx2-int.gz"
    path.write_bytes(gzip.compress(idx(0xC02, (3, 8), other.tobytes())))
    with pytest.raises(InputError, match="classes are not those of MNIST"):
        load_train(tiny)


@pytest.mark.parametrize(
    ("damaged", "message"),
    [
        pytest.param(b"", "cannot be unpacked|magic", id="empty"),
        pytest.param(b"hello", "cannot be unpacked", id="not gzip"),
        pytest.param(gzip.compress(IMAGES_FILE)[:-20], "cannot be unpacked", id="truncated gzip"),
        pytest.param(gzip.compress(IMAGES_FILE[:-1]), "expected 2368 bytes", id="one byte short"),
        pytest.param(gzip.compress(IMAGES_FILE + b"\0"), "expected 2368 bytes", id="one byte long"),
        pytest.param(gzip.compress(LABELS_FILE), "magic number", id="labels for images"),
        pytest.param(gzip.compress(IMAGES_FILE[:3]), "magic number", id="no header"),
        pytest.param(gzip.compress(IMAGES_FILE[:-1] + b"\1"), "checksum differs", id="one pixel changed"),
        pytest.param(gzip.compress(idx(0x803, (4, 28, 28), IMAGES.tobytes())), "3 items", id="header counts wrongly"),
    ],
)
def test_damaged_file_is_one_clear_line(tiny: Path, damaged: bytes, message: str) -> None:
    (tiny / "mnist/train-images-idx3-ubyte.gz").write_bytes(damaged)
    with pytest.raises(InputError, match=message) as caught:
        load_train(tiny)
    assert "\n" not in str(caught.value)
    assert "train-images" in str(caught.value)
    assert caught.value.exit_code == 1


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"])
def test_missing_file_is_named(tiny: Path, name: str) -> None:
    (tiny / f"mnist/{name}.gz").unlink()
    with pytest.raises(MissingInputError, match=name):
        load_train(tiny)


def test_read_idx_of_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="no such file"):
        read_idx(tmp_path / "none", 0x801, (3,))


def test_data_dir_comes_from_flag_then_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIGITS_DATA", raising=False)
    assert find_data_dir(None) is None
    monkeypatch.setenv("DIGITS_DATA", str(tmp_path))
    assert find_data_dir(None) == tmp_path
    (tmp_path / "other").mkdir()
    assert find_data_dir(tmp_path / "other") == tmp_path / "other"
    with pytest.raises(MissingInputError, match="no such data folder"):
        find_data_dir(tmp_path / "none")


def test_without_folder_keras_is_asked(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = (IMAGES, LABELS), (IMAGES, LABELS)
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: parts)
    np.testing.assert_array_equal(load_train(None).images, IMAGES)
    np.testing.assert_array_equal(load_test(None).labels, LABELS)
    assert load_train(None).writers is None


def test_what_keras_gives_is_checked(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = (255 - IMAGES, LABELS), (IMAGES, LABELS)
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: parts)
    with pytest.raises(InputError, match="not MNIST"):
        load_train(None)


def digits_of(writers: list[int] | None, n: int) -> DigitSet:
    labels = np.arange(n).astype(np.uint8)
    ids = None if writers is None else np.array(writers, np.int32)
    return DigitSet(np.zeros((n, 28, 28), np.uint8), labels, ids)


def test_split_keeps_every_writer_on_one_side() -> None:
    train, validation = split_validation(digits_of([1, 2, 3, 1, 2, 3, 1, 2], 8), 2, seed=0)
    assert train.writers is not None
    assert validation.writers is not None
    assert not set(train.writers) & set(validation.writers)
    assert len(validation.labels) >= 2
    assert sorted([*train.labels, *validation.labels]) == list(range(8))


@given(st.lists(st.integers(0, 9), max_size=50), st.integers(1, 4), st.integers(0, 5))
def test_split_is_disjoint_and_whole(more: list[int], n_validation: int, seed: int) -> None:
    writers = [*range(6), *more]
    train, validation = split_validation(digits_of(writers, len(writers)), n_validation, seed)
    assert train.writers is not None
    assert validation.writers is not None
    assert not set(train.writers) & set(validation.writers)
    assert len(train.labels) + len(validation.labels) == len(writers)
    assert len(validation.labels) >= n_validation


def test_split_that_needs_every_writer_is_refused() -> None:
    with pytest.raises(ValueError, match="all writers"):
        split_validation(digits_of([5] * 10, 10), 3, seed=0)


def test_split_is_equal_for_equal_seeds_and_other_for_others() -> None:
    digits = digits_of(list(range(40)), 40)
    drawn = [tuple(split_validation(digits, 10, seed)[1].labels) for seed in (3, 3, 4)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_split_without_writers_takes_the_last_block() -> None:
    _, validation = split_validation(digits_of(None, 10), 3, seed=0)
    assert list(validation.labels) == [7, 8, 9]


@pytest.mark.parametrize("n_validation", [0, 10, 11])
def test_split_that_leaves_a_side_empty_is_refused(n_validation: int) -> None:
    with pytest.raises(ValueError, match="expected 1 to 9"):
        split_validation(digits_of(None, 10), n_validation, seed=0)


@pytest.mark.parametrize(
    ("images", "writers", "message"),
    [
        pytest.param(np.zeros((2, 28, 28), np.uint8), None, "expected images", id="fewer images"),
        pytest.param(np.zeros((3, 27, 28), np.uint8), None, "expected images", id="other shape"),
        pytest.param(IMAGES, np.zeros(2, np.int32), "expected 3 writers", id="fewer writers"),
    ],
)
def test_digit_set_checks_its_shapes(images: np.ndarray, writers: np.ndarray | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DigitSet(images, LABELS, writers)
