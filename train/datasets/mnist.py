"""Reads MNIST, checks it, and splits it by writer.

`--data-dir DIR` (or the environment variable DIGITS_DATA) names a folder that holds the IDX files themselves or
`mnist/*.gz`; without it `keras.datasets.mnist` downloads them. Writer ids come from QMNIST (Yadav & Bottou 2019,
arXiv 1905.10498), whose rows follow MNIST's order.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError, MissingInputError

IMAGE_SIDE_PX = 28
DATA_DIR_VARIABLE = "DIGITS_DATA"
N_VALIDATION = 5_500
"""About as many training images are held out by writer: the error of an accuracy near 99.5 % is then 0.1 points."""

_IMAGES_MAGIC, _LABELS_MAGIC, _QMNIST_MAGIC = 0x803, 0x801, 0xC02
_QMNIST_COLUMNS, _QMNIST_CLASS, _QMNIST_WRITER = 8, 0, 2


@dataclass(frozen=True, slots=True)
class IdxFile:
    """What one file of MNIST must hold: its name, number of items, and sha256 uncompressed."""

    name: str
    n_items: int
    sha256: str


TRAIN_IMAGES = IdxFile(
    "train-images-idx3-ubyte", 60_000, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
)
TRAIN_LABELS = IdxFile(
    "train-labels-idx1-ubyte", 60_000, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
)
TEST_IMAGES = IdxFile(
    "t10k-images-idx3-ubyte", 10_000, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
)
TEST_LABELS = IdxFile(
    "t10k-labels-idx1-ubyte", 10_000, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
)


@dataclass(frozen=True, slots=True, eq=False)
class DigitSet:
    """Labelled digits: `images` uint8 (N, 28, 28), 0 paper .. 255 ink; `labels` uint8 (N,), the digit, or class.

    `writers` is int32 (N,), or None where nobody knows who wrote what.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    writers: NDArray[np.int32] | None = None

    def __post_init__(self) -> None:
        n = len(self.labels)
        if self.images.shape != (n, IMAGE_SIDE_PX, IMAGE_SIDE_PX):
            raise ValueError(f"DigitSet: expected images ({n}, 28, 28), received {self.images.shape}")
        if self.writers is not None and len(self.writers) != n:
            raise ValueError(f"DigitSet: expected {n} writers, received {len(self.writers)}")

    def checksum(self) -> str:
        """Return the sha256 of pictures and labels."""
        return hashlib.sha256(self.images.tobytes() + self.labels.tobytes()).hexdigest()

    def take(self, chosen: NDArray[np.int64] | slice) -> DigitSet:
        """Return the chosen rows, in the given order."""
        writers = None if self.writers is None else self.writers[chosen]
        return DigitSet(self.images[chosen], self.labels[chosen], writers)


def find_data_dir(given: Path | None) -> Path | None:
    """Return the data folder: `given`, else the environment's DIGITS_DATA, else None (Keras then downloads MNIST).

    Raises
    ------
    MissingInputError : the folder that was named does not exist
    """
    named = given or (Path(os.environ[DATA_DIR_VARIABLE]) if os.environ.get(DATA_DIR_VARIABLE) else None)
    if named is not None and not named.is_dir():
        raise MissingInputError(f"{named}: no such data folder", f"check --data-dir and {DATA_DIR_VARIABLE}")
    return named


def load_train(data_dir: Path | None) -> DigitSet:
    """MNIST's 60,000 training digits, with writer ids where the folder has QMNIST's labels.

    Raises
    ------
    InputError : a file is missing, truncated, of the wrong size, or not MNIST by its checksum
    """
    if data_dir is None:
        images, labels = _load_from_keras(TRAIN_IMAGES, TRAIN_LABELS)
        return DigitSet(images, labels)
    images, labels = _load_from_folder(data_dir, TRAIN_IMAGES, TRAIN_LABELS)
    return DigitSet(images, labels, _load_writers(data_dir, labels))


def load_test(data_dir: Path | None) -> DigitSet:
    """MNIST's 10,000 test digits: for the reported figure only, never to choose anything.

    Raises
    ------
    InputError : as for `load_train`
    """
    if data_dir is None:
        return DigitSet(*_load_from_keras(TEST_IMAGES, TEST_LABELS))
    return DigitSet(*_load_from_folder(data_dir, TEST_IMAGES, TEST_LABELS))


def split_validation(digits: DigitSet, n_validation: int, seed: int) -> tuple[DigitSet, DigitSet]:
    """Return (training part, validation part), the latter of about `n_validation` digits.

    With writer ids, whole writers are drawn for validation until there are enough digits, so that nobody's hand is on
    both sides. Without them the last `n_validation` digits are held out. MNIST is not stored in writer order: of its
    last 5,000 training digits, 31 % are by writers who also stand earlier (counted with QMNIST's ids), so that split
    is only mostly disjoint, and its figure a little too good. Other data may lie in any order:
    `train.datasets.own_data.split_stratified`.

    Raises
    ------
    ValueError : `n_validation` leaves nothing to train on, or nothing to validate on
    """
    if not 0 < n_validation < len(digits.labels):
        raise ValueError(f"n_validation: expected 1 to {len(digits.labels) - 1}, received {n_validation}")
    if digits.writers is None:
        cut = len(digits.labels) - n_validation
        return digits.take(slice(0, cut)), digits.take(slice(cut, None))
    writers, counts = np.unique(digits.writers, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(writers))
    n_drawn = int(np.searchsorted(np.cumsum(counts[order]), n_validation)) + 1
    if n_drawn >= len(writers):
        raise ValueError(f"n_validation: expected fewer than all writers' digits, received {n_validation}")
    held_out = np.isin(digits.writers, writers[order[:n_drawn]])
    return digits.take(np.flatnonzero(~held_out)), digits.take(np.flatnonzero(held_out))


def read_idx(path: Path, magic: int, shape: tuple[int, ...], sha256: str | None = None) -> NDArray[np.uint8]:
    """Return the body of an IDX file, plain or gzip, as uint8 of `shape`; int32 rows come as their bytes.

    Parameters
    ----------
    path : the file, gzip if its name ends in .gz
    magic : the number that its first four bytes must be
    shape : the whole body's shape in bytes; the header must name the same number of items
    sha256 : checksum that the uncompressed file must have; None takes any content

    Raises
    ------
    InputError : the file is missing, cannot be unpacked, or differs in magic number, size or checksum
    """
    content = _read_bytes(path)
    n_dimensions = magic & 0xFF
    header = 4 + 4 * n_dimensions
    if len(content) < header or int.from_bytes(content[:4], "big") != magic:
        raise InputError(f"{path}: not the IDX file that was expected (its magic number is wrong)", _COPY_AGAIN)
    expected = header + int(np.prod(shape))
    if len(content) != expected or int.from_bytes(content[4:8], "big") != shape[0]:
        raise InputError(
            f"{path}: expected {expected} bytes with {shape[0]} items, received {len(content)}", _COPY_AGAIN
        )
    if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
        raise InputError(f"{path}: its content is not MNIST's (checksum differs)", _COPY_AGAIN)
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


_COPY_AGAIN = "copy the file from its source again"


def read_idx_set(folder: Path, part: str) -> DigitSet:
    """Return the pictures and labels of `folder` whose files are named as MNIST's `part`, "train" or "t10k".

    Raises
    ------
    InputError : a file is missing, truncated, or does not fit the other
    """
    names = f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"
    paths = [_find(folder, name, "") or _find(folder, name.replace("-idx", ".idx"), "") for name in names]
    for name, path in zip(names, paths, strict=True):
        if path is None:
            raise MissingInputError(f"{folder}: holds neither {name} nor {name}.gz", "check the folder")
    n = int.from_bytes(_read_bytes(paths[1])[4:8], "big")  # type: ignore[arg-type]
    images = read_idx(paths[0], _IMAGES_MAGIC, (n, IMAGE_SIDE_PX, IMAGE_SIDE_PX))  # type: ignore[arg-type]
    return DigitSet(images, read_idx(paths[1], _LABELS_MAGIC, (n,)))  # type: ignore[arg-type]


def _read_bytes(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
        return gzip.decompress(raw) if path.suffix == ".gz" else raw
    except FileNotFoundError as error:
        raise MissingInputError(f"{path}: no such file") from error
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot be unpacked ({error})", _COPY_AGAIN) from error


def _find(data_dir: Path, name: str, folder: str) -> Path | None:
    """Return the path of an IDX file in `data_dir` or its `folder`, gzip or plain, or None."""
    places = [data_dir / folder, data_dir, data_dir.parent / folder]
    candidates = [place / (name + suffix) for place in places for suffix in (".gz", "")]
    return next((path for path in candidates if path.is_file()), None)


def _load_from_folder(data_dir: Path, images: IdxFile, labels: IdxFile) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    paths = [_find(data_dir, file.name, "mnist") for file in (images, labels)]
    if paths[0] is None or paths[1] is None:
        name = images.name if paths[0] is None else labels.name
        raise MissingInputError(f"{data_dir}: holds neither {name} nor mnist/{name}.gz", "check --data-dir")
    shape = (images.n_items, IMAGE_SIDE_PX, IMAGE_SIDE_PX)
    pixels = read_idx(paths[0], _IMAGES_MAGIC, shape, images.sha256)
    return pixels, read_idx(paths[1], _LABELS_MAGIC, (labels.n_items,), labels.sha256)


def _load_from_keras(images: IdxFile, labels: IdxFile) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    import keras  # a folder of IDX files is read without it

    try:
        parts = keras.datasets.mnist.load_data()
    except Exception as error:  # Keras raises no narrower one where a download fails
        hint = f"put MNIST's four files into a folder and give --data-dir, or set {DATA_DIR_VARIABLE}"
        raise InputError(f"mnist: cannot be downloaded ({error})", hint) from error
    pixels, classes = parts[0] if images is TRAIN_IMAGES else parts[1]
    header = b"".join(n.to_bytes(4, "big") for n in (_IMAGES_MAGIC, images.n_items, IMAGE_SIDE_PX, IMAGE_SIDE_PX))
    if hashlib.sha256(header + pixels.tobytes()).hexdigest() != images.sha256 or len(classes) != labels.n_items:
        raise InputError("keras.datasets.mnist: what was downloaded is not MNIST", "remove ~/.keras/datasets/mnist.npz")
    return pixels, classes.astype(np.uint8)


def _load_writers(data_dir: Path, labels: NDArray[np.uint8]) -> NDArray[np.int32] | None:
    """Writer ids from QMNIST's training labels, int32 (N,), or None where the folder does not have the file."""
    path = _find(data_dir, "qmnist-train-labels-idx2-int", "qmnist")
    if path is None:
        return None
    rows = read_idx(path, _QMNIST_MAGIC, (len(labels), _QMNIST_COLUMNS * 4)).view(">i4")
    if not np.array_equal(rows[:, _QMNIST_CLASS], labels):
        raise InputError(f"{path}: its classes are not those of MNIST's training labels", _COPY_AGAIN)
    return rows[:, _QMNIST_WRITER].astype(np.int32)
