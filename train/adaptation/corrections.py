"""Reads the corrected numbers of reviews: each with its crop, where it lies there, and the digits that it shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError, MissingInputError, UsageError
from pipeline.geometry import Box
from pipeline.outputs.corrections import Correction, read_corrections
from pipeline.outputs.review import LEAST_MARGIN_PX, MARGIN_FRAC, TABLE
from pipeline.regular_files import read_regular

_MOST_BYTES = 1 << 28


@dataclass(frozen=True, slots=True, eq=False)
class CorrectedCrop:
    """The crop of a corrected number.

    Attributes
    ----------
    gray : uint8 (H, W)
    box : where the number lies in it, px
    digits : what it shows, without signs
    """

    gray: NDArray[np.uint8]
    box: Box
    digits: str


def list_tables(folder: Path) -> list[Path]:
    """Return the tables of all reviews in and below a folder.

    Raises
    ------
    InputError : there is none
    """
    tables = sorted(folder.rglob(TABLE))
    if not tables:
        raise MissingInputError(f"{folder}: holds no {TABLE}", "run_pipeline.py with --review makes one to fill in")
    return tables


def load_corrections(folder: Path) -> tuple[list[CorrectedCrop], Counter[str]]:
    """Return the corrected numbers of all reviews in and below a folder, and counts of rows left out, by reason.

    Raises
    ------
    InputError : there is no review
    UsageError : a table is none of a review, or holds a wrong value
    """
    crops: dict[str, CorrectedCrop] = {}
    left_out = Counter[str]()
    for table in list_tables(folder):
        for row in read_corrections(table):
            if row.text is None:
                left_out["no number"] += 1
                continue
            try:
                raw = read_regular(table.parent / row.crop, _MOST_BYTES) if row.crop else b""
                crops[sha256(raw).hexdigest()] = _read_crop(raw, row)
            except (OSError, ValueError, InputError):
                left_out["no crop"] += 1
    return list(crops.values()), left_out


def _read_crop(raw: bytes, row: Correction) -> CorrectedCrop:
    gray = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_GRAYSCALE) if raw else None
    if gray is None:
        raise InputError(f"{row.crop}: is no picture")
    digits = "".join(filter(str.isdecimal, row.text or ""))
    return CorrectedCrop(gray, locate_number(row.box, gray.shape), digits)


def locate_number(box: Sequence[int], crop_shape: tuple[int, ...]) -> Box:
    """Return where a number lies in its crop, px.

    Parameters
    ----------
    box : left, top, right, bottom of the number in px of its page
    crop_shape : (H, W) of the crop: the box with a margin, where the page has room for it, enlarged by one factor
    """
    left, top, right, bottom = box
    if not (left < right and top < bottom):
        raise UsageError(
            f"expected a box from left to right and top to bottom, received {tuple(box)}", "mend the table"
        )
    most = max(LEAST_MARGIN_PX, MARGIN_FRAC * (bottom - top))
    before_x, before_y = min(most, left), min(most, top)
    width, height = right - left, bottom - top
    scale = max(crop_shape[1] / (before_x + width + most), crop_shape[0] / (before_y + height + most))
    sides = (before_x, before_y, before_x + width, before_y + height)
    x0, y0, x1, y1 = (round(side * scale) for side in sides)
    x0, y0 = min(x0, crop_shape[1] - 1), min(y0, crop_shape[0] - 1)
    return Box(x0, y0, min(max(x1, x0 + 1), crop_shape[1]), min(max(y1, y0 + 1), crop_shape[0]))
