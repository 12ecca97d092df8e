"""The pictures of the HTML report: the page, small and large enough to read, and a crop of each number.

Each has a limit of bytes of its own, so that a record is never large, whatever the photo: a crop of usual digits has
about 1 kB, at most 6.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box
from pipeline.outputs.crops import crop_number
from pipeline.outputs.picture_keys import CROPS, PICTURE, THUMBNAIL, name_box
from pipeline.outputs.thumbnail import encode_within, make_thumbnail, shrink_to

if TYPE_CHECKING:
    from pipeline.outputs.records import Record

_PAGE_SIDE_PX, _MOST_PAGE_BYTES = 1600, 60_000
_PAGE_QUALITIES = (50, 15, 1)

_DIGIT_PX = 64
"""Digits that are taller are shrunk to this height; lower ones keep their own pixels."""

_MARGIN_FRAC, _LEAST_MARGIN_PX = 0.3, 3
"""Around a number, of its digits' height: enough to see what stands beside it."""

_LONGEST_PX = 1200
"""Long side of a crop: a number that is longer is shrunk."""

_MOST_CROP_BYTES = 4_000
_CROP_QUALITIES = (60, 30, 10, 1)


def make_pictures(record: Record, bgr: NDArray[np.uint8], to_source: NDArray[np.float64] | None) -> dict[str, Any]:
    """Return the pictures of a page for its record, as data URIs: ``thumbnail``, ``picture`` and ``crops``.

    Parameters
    ----------
    record : of the page, which was read
    bgr : uint8 (H, W, 3), upright
    to_source : float64 (3, 3), px of `bgr` -> px of the record's boxes (pixel centers); the same px where None

    Returns
    -------
    ``crops`` holds a picture for each number by its box, as `name_box` writes it, turned as it was read
    """
    quarters = record["turned_deg"] // 90
    crops = {name_box(one["box"]): _make_crop(one, quarters, bgr, to_source) for one in record["numbers"]}
    page = encode_within(shrink_to(bgr, _PAGE_SIDE_PX), _MOST_PAGE_BYTES, _PAGE_QUALITIES)
    return {THUMBNAIL: make_thumbnail(bgr), PICTURE: page, CROPS: crops}


def _make_crop(
    number: Mapping[str, Any], quarters: int, bgr: NDArray[np.uint8], to_source: NDArray[np.float64] | None
) -> str:
    """Return the crop of a number, turned counterclockwise by so many quarters, as it was read."""
    box = Box(*number["box"])
    digits = [Box(*digit["box"]) for digit in number["digits"]] or [box]
    height = median(one.width if quarters % 2 else one.height for one in digits)
    scale = 1 / math.hypot(*to_source[:2, 0]) if to_source is not None else 1.0
    margin_frac = _MARGIN_FRAC * height / box.height
    crop = crop_number(bgr, box, to_source, margin_frac, _LEAST_MARGIN_PX)
    factor = min(1.0, _DIGIT_PX / (height * scale), _LONGEST_PX / max(crop.shape[:2]))
    upright = np.rot90(crop, quarters)
    return encode_within(shrink_to(upright, math.ceil(factor * max(crop.shape[:2]))), _MOST_CROP_BYTES, _CROP_QUALITIES)
