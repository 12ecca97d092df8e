"""Bytes of a picture -> its stored pixels, each format by the library that decodes it correctly."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DamagedPictureError
from pipeline.images.heif import decode_heif
from pipeline.images.pillow_formats import decode_with_pillow
from pipeline.images.pixels import expose
from pipeline.images.rasters import decode_pam

JPEG_SCALES = {
    1: (cv2.IMREAD_GRAYSCALE, cv2.IMREAD_COLOR),
    2: (cv2.IMREAD_REDUCED_GRAYSCALE_2, cv2.IMREAD_REDUCED_COLOR_2),
    4: (cv2.IMREAD_REDUCED_GRAYSCALE_4, cv2.IMREAD_REDUCED_COLOR_4),
    8: (cv2.IMREAD_REDUCED_GRAYSCALE_8, cv2.IMREAD_REDUCED_COLOR_8),
}
"""Factors by which the JPEG decoder itself can shrink: it computes fewer coefficients and is faster."""

_BY_PILLOW = ("AVIF", "PPM", "SUN")
"""OpenCV lacks AVIF in some builds, leaves low-contrast samples of a PGM dark, and reads gray Sun rasters as black."""

_LINEAR = ("HDR", "PFM")
"""Formats whose samples are linear in light and have no maximum."""


def decode_jpeg(raw: bytes | bytearray, factor: int, is_color: bool) -> NDArray[np.uint8]:
    """Return a JPEG's pixels as stored, shrunk by one of `JPEG_SCALES`: uint8 (h, w), or (h, w, 3) in BGR.

    Raises
    ------
    DamagedPictureError
        If it cannot be decoded.
    """
    pixels = _imdecode(raw, JPEG_SCALES[factor][is_color] | cv2.IMREAD_IGNORE_ORIENTATION)
    if pixels is None:
        raise DamagedPictureError("the JPEG cannot be decoded", "save it again as an ordinary JPEG")
    return pixels


def decode_stored(raw: bytes | bytearray, picture_format: str) -> NDArray[Any]:
    """Return the pixels as stored, of whatever number type: (h, w) or (h, w, c), c 1 or 3 in BGR, and 1 more for alpha.

    Parameters
    ----------
    raw : the whole file
    picture_format : of its `Header`; neither JPEG nor PDF

    Raises
    ------
    DamagedPictureError
        If it cannot be decoded.
    """
    if picture_format == "HEIF":
        return decode_heif(raw)
    if picture_format == "PAM":
        return decode_pam(raw)
    if picture_format in _BY_PILLOW:
        return decode_with_pillow(raw, picture_format)
    pixels = _imdecode(raw, cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION)
    if picture_format in _LINEAR:
        if pixels is None:
            raise DamagedPictureError("it cannot be decoded")
        return expose(pixels)
    return decode_with_pillow(raw, picture_format) if pixels is None else pixels


def _imdecode(raw: bytes | bytearray, flags: int) -> NDArray[Any] | None:
    """Return the pixels that OpenCV decodes, or None; its log, which goes to stderr, is switched off."""
    level = set_log_level(0)
    try:
        pixels: NDArray[Any] | None = cv2.imdecode(np.frombuffer(raw, np.uint8), flags)
        return pixels
    except cv2.error:
        return None
    finally:
        set_log_level(level)


def set_log_level(level: int) -> int:
    """Set OpenCV's log level and return the one before; the function moved from `cv2` to `cv2.utils` in OpenCV 5."""
    logging = cv2.utils.logging if hasattr(cv2.utils, "logging") else cv2
    before: int = logging.getLogLevel()
    logging.setLogLevel(level)
    return before
