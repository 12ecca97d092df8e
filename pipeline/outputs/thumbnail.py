"""A picture -> its bytes for a browser: a thumbnail as a data URI, for the HTML report, or a JPEG of full size."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.outputs.picture_keys import DATA_URI

_LONG_SIDE_PX = 320
_MOST_BYTES = 5_000
"""Limit of the encoded picture; the thumbnails of 10,000 pages then have less than 70 MB."""

_QUALITIES = (75, 40, 15, 1)
"""Tried in this order until the picture is small enough: a smooth page keeps its detail, a noisy photo loses some."""

_LEAST_HALVED_PX = 32


_JPEG_QUALITY = 92
"""At which the strokes of a pen show no blocks."""


def encode_jpeg(bgr: NDArray[np.uint8], most_mpx: float | None = None) -> bytes:
    """Return a picture as JPEG.

    Parameters
    ----------
    bgr : uint8 (H, W, 3)
    most_mpx : megapixels that a larger one is shrunk to; None for no limit
    """
    n_px = bgr.shape[0] * bgr.shape[1]
    if most_mpx is not None and n_px > most_mpx * 1e6:
        factor = (most_mpx * 1e6 / n_px) ** 0.5
        size = max(1, int(bgr.shape[1] * factor)), max(1, int(bgr.shape[0] * factor))
        bgr = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()


def make_thumbnail(bgr: NDArray[np.uint8]) -> str:
    """Return a small copy of the picture as a data URI, ``data:image/webp;base64,...``.

    The aspect ratio is kept, so that boxes can be drawn over it in percent of the picture's width and height.

    Parameters
    ----------
    bgr : uint8 (H, W, 3), not changed; never enlarged
    """
    return encode_within(shrink_to(bgr, _LONG_SIDE_PX), _MOST_BYTES, _QUALITIES)


def encode_within(bgr: NDArray[np.uint8], most_bytes: int, qualities: Sequence[int]) -> str:
    """Return a picture as a data URI, of the first quality by which it has at most so many bytes.

    One that has more of each is halved, as only noise is.

    Parameters
    ----------
    bgr : uint8 (H, W, 3)
    most_bytes : of the encoded picture; in the data URI they are a third more
    qualities : of WebP, 1 to 100, at least one
    """
    for quality in qualities:
        _, encoded = cv2.imencode(".webp", bgr, [cv2.IMWRITE_WEBP_QUALITY, quality])
        if len(encoded) <= most_bytes:
            break
    else:
        if max(bgr.shape) > _LEAST_HALVED_PX:
            return encode_within(shrink_to(bgr, max(bgr.shape) // 2), most_bytes, qualities)
    return DATA_URI + b64encode(encoded.tobytes()).decode("ascii")


def shrink_to(bgr: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    """Return the picture shrunk until its long side has at most so many px; itself where it has."""
    height, width = bgr.shape[:2]
    factor = side_px / max(height, width)
    if factor >= 1:
        return bgr
    size = max(1, round(width * factor)), max(1, round(height * factor))
    shrunk: NDArray[np.uint8] = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)
    return shrunk
