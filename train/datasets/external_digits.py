"""Digits of other public sets: Turkish and Italian writers, and cells of photographed sudokus.

Read from `<data-dir>/extra` where it exists: optdigits (Alpaydin & Kaynak 1998, doi 10.24432/C50P49), Semeion
(doi 10.24432/C5SC8V), and sudoku cells with sensor noise and grid lines. Each digit is brought into MNIST's frame, so
that `train.augmentation.augment` takes it like any other.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.recognition.normalize import CORE_PX
from pipeline.types import SIDE_PX
from train.augmentation.ink import Mask, crop_ink
from train.datasets.mnist import DigitSet

HELD_OUT_FRAC = 0.2
"""Share of Semeion and of the sudoku cells that is kept for looking; optdigits comes with its own other writers."""

_SEMEION_WIDTH, _OPTDIGITS_ONE_WIDTH = 0.75, 0.6
"""Both sets stretched every digit to a square: Semeion's digits, and optdigits' 1s, are narrowed back."""
_PRINTED_CELLS_STEP = 5
"""Of the printed sudoku cells every fifth is taken: all are in much the same font."""
_RIM_PX, _LEAST_HEIGHT_PX, _LEAST_CONTRAST = 3, 18, 18


def load_extras(data_dir: Path | None) -> tuple[DigitSet, DigitSet]:
    """Return (training part, held-out part) of the extra sets; both empty where there are none.

    Raises
    ------
    InputError : as for `load_extra_sets`
    """
    sets = load_extra_sets(data_dir).values()
    none = DigitSet(np.zeros((0, SIDE_PX, SIDE_PX), np.uint8), np.zeros(0, np.uint8))
    return _concatenate([none, *(train for train, _ in sets)]), _concatenate(
        [none, *(held_out for _, held_out in sets)]
    )


def load_extra_sets(data_dir: Path | None) -> dict[str, tuple[DigitSet, DigitSet]]:
    """Return (training part, held-out part) of each extra set that the folder has, by its name.

    Raises
    ------
    InputError : a file is there but damaged, or lacks an array
    """
    sets: dict[str, tuple[DigitSet, DigitSet]] = {}
    for name, (file_name, load) in _SETS.items():
        path = None if data_dir is None else data_dir / "extra" / file_name
        if path is not None and path.is_file():
            sets[name] = load(_read_arrays(path), path)
    return sets


def frame_digit(mask: Mask, width_frac: float = 1.0) -> NDArray[np.uint8]:
    """Return ink as MNIST frames it: uint8 (28, 28), 0 paper .. 255 ink, its longer side 20 px, in the middle.

    `mask` is uint8 (h, w), 255 ink; `width_frac` narrows it (under 1) or widens it.
    """
    ink = crop_ink(mask)
    height, width = ink.shape[0], ink.shape[1] * width_frac
    factor = CORE_PX / max(height, width)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    image = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    top, left = (SIDE_PX - size[1]) // 2, (SIDE_PX - size[0]) // 2
    image[top : top + size[1], left : left + size[0]] = cv2.resize(ink, size, interpolation=how)
    return image


def find_cell_digit(cell: NDArray[np.uint8]) -> Mask | None:
    """Return the ink of the digit in a sudoku cell without the grid at its rim, or None where none stands clear.

    `cell` is gray uint8 (64, 64), dark ink on lighter paper; the result uint8 (64, 64), 255 ink.
    """
    darkness = cv2.subtract(cv2.medianBlur(cell, 41), cv2.GaussianBlur(cell, (3, 3), 0))
    level, mask = cv2.threshold(darkness, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    _, labels, stats, centers = cv2.connectedComponentsWithStats(mask, connectivity=8)
    left, top, width, height, area = stats.T
    side = len(cell) - _RIM_PX
    is_clear = (left >= _RIM_PX) & (top >= _RIM_PX) & (left + width <= side) & (top + height <= side)
    is_clear[0] = False
    if level < _LEAST_CONTRAST or not is_clear.any():
        return None
    largest = int(np.argmax(area * is_clear))
    if height[largest] < _LEAST_HEIGHT_PX or np.abs(centers[largest] - len(cell) / 2).max() > len(cell) / 4:
        return None
    return np.where(labels == largest, 255, 0).astype(np.uint8)


def _optdigits(arrays: dict[str, NDArray[np.uint8]], path: Path) -> tuple[DigitSet, DigitSet]:
    parts = []
    for name in ("tra", "tes"):
        images, labels = _take(arrays, f"X_{name}", path), _take(arrays, f"y_{name}", path)
        widths = np.where(labels == 1, _OPTDIGITS_ONE_WIDTH, 1.0)
        parts.append(_frame_all(list(images), labels, widths))
    return parts[0], parts[1]


def _semeion(arrays: dict[str, NDArray[np.uint8]], path: Path) -> tuple[DigitSet, DigitSet]:
    images, labels = _take(arrays, "X", path), _take(arrays, "y", path)
    return _split_off(_frame_all(list(images), labels, np.full(len(labels), _SEMEION_WIDTH)))


def _sudoku(arrays: dict[str, NDArray[np.uint8]], path: Path) -> tuple[DigitSet, DigitSet]:
    cells, labels, handwritten = (_take(arrays, name, path) for name in ("X", "y", "handwritten"))
    chosen = (handwritten != 0) | (np.arange(len(labels)) % _PRINTED_CELLS_STEP == 0)
    cells, labels = cells[chosen], labels[chosen]
    masks = [find_cell_digit(cell) for cell in cells]
    found = [i for i, mask in enumerate(masks) if mask is not None]
    digits = _frame_all([mask for mask in masks if mask is not None], labels[found], np.ones(len(found)))
    return _split_off(digits)


def _frame_all(masks: list[Mask], labels: NDArray[np.uint8], width_fracs: NDArray[np.float64]) -> DigitSet:
    framed = [frame_digit(mask, float(frac)) for mask, frac in zip(masks, width_fracs, strict=True)]
    return DigitSet(np.stack(framed) if framed else np.zeros((0, SIDE_PX, SIDE_PX), np.uint8), labels)


def _split_off(digits: DigitSet) -> tuple[DigitSet, DigitSet]:
    """Hold out the last rows: neighbors are by one writer or from one photo, so a random draw would mix them."""
    cut = round(len(digits.labels) * (1 - HELD_OUT_FRAC))
    return digits.take(slice(0, cut)), digits.take(slice(cut, None))


def _concatenate(parts: list[DigitSet]) -> DigitSet:
    return DigitSet(np.concatenate([part.images for part in parts]), np.concatenate([part.labels for part in parts]))


def _read_arrays(path: Path) -> dict[str, NDArray[np.uint8]]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:  # np.load leaves a torn file open
            return dict(arrays)
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: cannot be unpacked ({error})", "copy the file from its source again") from error


def _take(arrays: dict[str, NDArray[np.uint8]], name: str, path: Path) -> NDArray[np.uint8]:
    if name not in arrays:
        raise InputError(f"{path}: holds no array {name!r}", "copy the file from its source again")
    return arrays[name]


_SETS = {
    "optdigits": ("optdigits_orig_32x32.npz", _optdigits),
    "semeion": ("semeion.npz", _semeion),
    "sudoku_cells": ("sudoku_cells_64.npz", _sudoku),
}
"""Each set's file and what splits and frames it, in the order in which `load_extras` joins them."""
