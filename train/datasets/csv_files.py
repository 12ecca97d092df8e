"""Digits in a CSV file: a row for each, its label and 784 pixels, with or without a row of names, plain or gzip.

As Kaggle's train.csv (label,pixel0,...,pixel783) and OpenML's (pixel1,...,pixel784,class). Every seventh row of a class
is kept for the test.
"""

from __future__ import annotations

import gzip
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.types import N_DIGITS, SIDE_PX
from train.datasets.mnist import DigitSet

_LABEL_NAMES = ("label", "class", "digit", "target", "y")
_KAGGLE_START = b"label,pixel0,pixel1,"
_EXPECTED = "a row is a label and 784 pixels, as in Kaggle's train.csv"


def is_kaggle_digits(path: Path) -> bool:
    """Return whether a file has the header of Kaggle's digit recognizer, whose rows are drawn from all of MNIST."""
    return _read(path).startswith(_KAGGLE_START)


def read_csv_set(path: Path) -> DigitSet:
    """Return the digits of a CSV file; pixels of 0..1 or -1..1 are brought to 0..255.

    Raises
    ------
    InputError : the file cannot be read, or its rows are not a label 0 to 9 and 784 pixels
    """
    raw = _read(path)
    first = raw.partition(b"\n")[0].decode("utf-8", "replace").lower()
    names = [name.strip(" \r\"'\ufeff") for name in first.split(",")]
    has_header = not all(map(_is_number, names))
    column = next((names.index(name) for name in _LABEL_NAMES if name in names), 0)
    try:
        rows = np.loadtxt(BytesIO(raw), np.float32, delimiter=",", skiprows=int(has_header), ndmin=2, quotechar='"')
    except ValueError as error:
        raise InputError(f"{path}: cannot be read as numbers ({error})", _EXPECTED) from error
    if rows.shape[1] != SIDE_PX**2 + 1:
        raise InputError(f"{path}: expected 785 columns, received {rows.shape[1]}", _EXPECTED)
    labels, pixels = rows[:, column], np.delete(rows, column, axis=1)
    if not np.isin(labels, np.arange(N_DIGITS)).all():
        wrong = labels[~np.isin(labels, np.arange(N_DIGITS))][0]
        raise InputError(f"{path}: expected labels 0 to 9, received {wrong:g}", _EXPECTED)
    return DigitSet(_scale(pixels).reshape(-1, SIDE_PX, SIDE_PX), labels.astype(np.uint8))


def _read(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
        return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read ({error})", "copy the file from its source again") from error


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _scale(pixels: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return pixels of 0..255, 0..1 or -1..1 as uint8."""
    low, high = (-1, 1) if pixels.min(initial=0) < 0 else (0, 1 if pixels.max(initial=0) <= 1 else 255)
    return np.rint(np.clip((pixels - low) * (255 / (high - low)), 0, 255)).astype(np.uint8)
