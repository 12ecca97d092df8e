"""Labelled line images as the front end makes them, kept in the shards of a harvest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.recognition.line_images import LINE_IMAGE_PX

IGNORED = -1
"""The label of a column that training ignores."""


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Line images laid end to end.

    Attributes
    ----------
    pixels : uint8 (32, sum of widths, 2)
    columns : int8 (sum of widths / 2,), indices of `COLUMN_CLASSES`, or IGNORED
    widths : int64 (N,), px of each line image, even
    """

    pixels: NDArray[np.uint8]
    columns: NDArray[np.int8]
    widths: NDArray[np.int64]


def concatenate_lines(parts: Sequence[Lines]) -> Lines:
    """Return the lines of all parts, in their order."""
    pixels = [np.zeros((LINE_IMAGE_PX, 0, 2), np.uint8), *(part.pixels for part in parts)]
    columns = [np.zeros(0, np.int8), *(part.columns for part in parts)]
    widths = [np.zeros(0, np.int64), *(part.widths for part in parts)]
    return Lines(np.concatenate(pixels, axis=1), np.concatenate(columns), np.concatenate(widths))


def name_arrays(lines: Lines) -> dict[str, NDArray[Any]]:
    """Return the arrays of `lines` under the names that they have in a shard."""
    return {f"line_{name}": array for name, array in asdict(lines).items()}


def load_lines(folder: Path, part: str) -> Lines:
    """Return all lines of a harvest's part, "train" or "validation".

    Raises
    ------
    InputError : the folder holds no harvest with lines
    """
    parts = []
    for path in sorted(folder.glob(f"{part}-*.npz")):
        with np.load(path) as arrays:
            if "line_pixels" not in arrays:
                raise InputError(f"{path}: holds no lines", "run python -m train harvest again, into another folder")
            parts.append(Lines(*(arrays[f"line_{field.name}"] for field in fields(Lines))))
    if not sum(len(part.widths) for part in parts):
        raise InputError(f"{folder}: holds no harvest with lines", "run python -m train harvest --help")
    return concatenate_lines(parts)
