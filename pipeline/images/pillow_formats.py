"""The formats that Pillow reads: headers of simple formats, and pixels that OpenCV does not decode correctly."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DamagedPictureError
from pipeline.images.header_types import Frame, Header, note_animation
from pipeline.images.tiff import read_exif_orientation

_PLUGINS = {"WEBP": "WebPImagePlugin", "SUN": "SunImagePlugin", "AVIF": "AvifImagePlugin"}
"""Loaded by name; otherwise Pillow would load its 40 other plugins to find them."""


def read_with_pillow(raw: bytes | bytearray, picture_format: str) -> Header:
    """Return the header of a WebP, BMP, GIF, AVIF or Sun raster, which state their size in their first bytes.

    For an AVIF, Pillow returns the pixels as stored, and its `irot` and `imir` as an EXIF orientation.

    Parameters
    ----------
    raw : the whole file
    picture_format : Pillow's name of the format

    Raises
    ------
    DamagedPictureError
        If it is cut short, or its header is broken.
    """
    try:
        with _open(raw, picture_format) as picture:
            (width, height), exif = picture.size, picture.info.get("exif", b"")
            note = _note_frames(picture)
    except Exception as error:  # as in `decode_with_pillow`
        raise DamagedPictureError("the picture's header is broken or cut short") from error
    return Header(picture_format, (Frame(width, height, read_exif_orientation(exif)),), note)


def _note_frames(picture: Any) -> str | None:
    """Return the note for a picture of several frames; None if later frames are damaged, as only the first is read."""
    try:
        if picture.format == "GIF":  # Pillow would read all of it to count the frames
            return note_animation(None) if picture.is_animated else None
        return note_animation(getattr(picture, "n_frames", 1))
    except Exception:  # as in `decode_with_pillow`
        return None


def decode_with_pillow(raw: bytes | bytearray, picture_format: str) -> NDArray[Any]:
    """Return the pixels as stored: (h, w), (h, w, 3) in BGR or (h, w, 4) in BGRA.

    Used, for example, for a GIF before OpenCV 4.11, a tiled TIFF, and gray Sun rasters, which OpenCV reads as black.

    Raises
    ------
    DamagedPictureError
        If it cannot be decoded.
    """
    from PIL import UnidentifiedImageError

    try:
        with _open(raw, picture_format) as picture:
            has_alpha = "transparency" in picture.info or bool({"A", "a"} & set(picture.getbands()))
            if picture.mode == "I" and picture_format == "PPM":  # 16 bits, in the only mode that Pillow has for them
                return np.array(picture).astype(np.uint16)
            if picture.mode in ("F", "I", "L") or picture.mode.startswith("I;16"):
                return np.array(picture)
            pixels = np.array(picture.convert("RGBA" if has_alpha else "RGB"))
    except UnidentifiedImageError as error:
        message = "its pixels are damaged, or of a kind that cannot be decoded"
        raise DamagedPictureError(message, "save it as PNG or JPEG") from error
    except Exception as error:  # OSError, but damaged numbers also raise TypeError, OverflowError ...
        raise DamagedPictureError(f"it cannot be decoded ({error})") from error
    bgr: NDArray[np.uint8] = cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGRA if has_alpha else cv2.COLOR_RGB2BGR)
    return bgr


@contextmanager
def _open(raw: bytes | bytearray, picture_format: str) -> Iterator[Any]:
    """Yield the picture opened by Pillow, without its pixel limit, which is a setting here, and its warnings."""
    # Imported late: it and its plugins take as long as reading a small photo.
    from PIL import Image

    if picture_format in _PLUGINS:
        import_module(f"PIL.{_PLUGINS[picture_format]}")
    limit = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(raw), formats=(picture_format,)) as picture:
                yield picture
    finally:
        Image.MAX_IMAGE_PIXELS = limit
