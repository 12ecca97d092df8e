"""The one door for pixels: a file, or bytes, becomes upright gray pages of a size fit to work at.

The file is read once. Its header decides whether it is decoded at all, and at what size; OpenCV decodes, Pillow where
OpenCV cannot; orientation is applied here, once, for every format.

Coordinates: `Page.to_source` maps pixel centers. Pixel (x, y) has its center at (x, y), so the edges of a half-open box
lie half a pixel up and left of its numbers: subtract 0.5 before and add 0.5 after when mapping box edges.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import (
    DamagedPictureError,
    InputError,
    MissingInputError,
    NotAPictureError,
    PictureSizeError,
)
from pipeline.headers import Frame, Header, isolate_tiff_page, read_header, undisturbed_pillow
from pipeline.knobs import ImageSettings
from pipeline.pixels import convert_to_8bit, flatten, map_to_source, shrink, turn_upright
from pipeline.types import Page

SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif")
"""How the names of pictures end; a folder is searched for these, whatever their case."""

_MOST_BYTES = 2**31 - 1
"""OpenCV counts the bytes of a buffer in a signed 32-bit number."""

_JPEG_SCALES = {
    1: (cv2.IMREAD_GRAYSCALE, cv2.IMREAD_COLOR),
    2: (cv2.IMREAD_REDUCED_GRAYSCALE_2, cv2.IMREAD_REDUCED_COLOR_2),
    4: (cv2.IMREAD_REDUCED_GRAYSCALE_4, cv2.IMREAD_REDUCED_COLOR_4),
    8: (cv2.IMREAD_REDUCED_GRAYSCALE_8, cv2.IMREAD_REDUCED_COLOR_8),
}
"""The JPEG decoder itself shrinks by these: it computes fewer coefficients, so it is faster, too."""


def load_pages(source: str | os.PathLike[str] | bytes, settings: ImageSettings | None = None) -> Iterator[Page]:
    """Return the pages of a picture file, decoded one by one as they are asked for.

    Parameters
    ----------
    source : path of a JPEG, PNG, WebP, TIFF, BMP or GIF, or the bytes of one
    settings : limits and working size

    Returns
    -------
    iterator of Page: one, or as many as a TIFF has; of an animation the first frame

    Raises
    ------
    MissingInputError
        If there is nothing at that path.
    EmptyInputError
        If the file has no bytes.
    NotAPictureError
        If it is a folder or no picture.
    DamagedPictureError
        If it breaks off or cannot be decoded (for a later page: when that page is reached).
    PictureSizeError
        If it has more pixels than `settings.most_mpx`, or a side under `settings.least_side_px`.
    InputError
        If it cannot be read for another reason.
    """
    picture = open_picture(source, settings)
    return (picture.load_page(number) for number in range(1, picture.n_pages + 1))


def load_page(source: str | os.PathLike[str] | bytes, settings: ImageSettings | None = None, number: int = 1) -> Page:
    """Return page `number` (from 1) of a picture file; raises as `load_pages` does, and MissingInputError past the end.

    Raises
    ------
    MissingInputError
        If there is nothing at that path, or no page of that number.
    """
    return open_picture(source, settings).load_page(number)


def open_picture(
    source: str | os.PathLike[str] | bytes, settings: ImageSettings | None = None, name: str | None = None
) -> Picture:
    """Return the file as a `Picture`: read and examined, not yet decoded. Raises as `load_pages` does.

    Parameters
    ----------
    source : path, or the bytes of a file
    settings : limits and working size
    name : what to call it in results; by default the path as given
    """
    name = name or ("<bytes>" if isinstance(source, bytes) else os.fspath(source))
    with _naming(name):
        raw = source if isinstance(source, bytes) else _read_bytes(Path(source))
        return Picture(name, raw, read_header(raw), settings or ImageSettings())


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture file, read and examined: its pages can be decoded in gray for reading and in color for showing."""

    name: str
    raw: bytes
    header: Header
    settings: ImageSettings

    @property
    def n_pages(self) -> int:
        """Pages in the file: 1, except in a TIFF of several."""
        return len(self.header.frames)

    def load_page(self, number: int = 1) -> Page:
        """Return page `number` (from 1), upright, in gray. Raises as the function `load_pages` does."""
        start = perf_counter()
        with _naming(self.name):
            frame = self._find_frame(number)
            stored = self._decode(frame, is_color=False)
            factor = _choose_reduction(self.header.format, frame, self.settings)
            return Page(
                turn_upright(stored, frame.orientation),
                source=self.name,
                number=number,
                to_source=map_to_source(frame.orientation, (frame.width, frame.height), stored.shape[::-1], factor),
                source_size_px=frame.upright_size_px,
                decode_s=perf_counter() - start,
            )

    def load_color(self, number: int = 1) -> NDArray[np.uint8]:
        """Return page `number`, upright, uint8 (H, W, 3) in BGR, pixel for pixel over the gray of `load_page`."""
        with _naming(self.name):
            frame = self._find_frame(number)
            return turn_upright(self._decode(frame, is_color=True), frame.orientation)

    def _find_frame(self, number: int) -> Frame:
        if not 1 <= number <= self.n_pages:
            raise MissingInputError(f"there is no page {number}; it has {self.n_pages}", "")
        frame = self.header.frames[number - 1]
        _check_size(frame, self.settings)
        return frame

    def _decode(self, frame: Frame, is_color: bool) -> NDArray[np.uint8]:
        """Return the pixels as stored, shrunk to the working size: uint8 (h, w), or (h, w, 3) in BGR."""
        factor = _choose_reduction(self.header.format, frame, self.settings)
        if self.header.format == "JPEG":
            return _decode_jpeg(self.raw, factor, is_color)
        raw = isolate_tiff_page(self.raw, frame) if self.header.format == "TIFF" else self.raw
        pixels = _decode_any(raw)
        if pixels.shape[:2] != (frame.height, frame.width):
            raise DamagedPictureError(f"the header says {frame.width}x{frame.height}, the pixels {pixels.shape[1::-1]}")
        if frame.is_inverted and pixels.dtype != np.uint8:  # OpenCV inverts such TIFFs itself in 8 bits only
            pixels = 255 - convert_to_8bit(pixels)
        return shrink(flatten(pixels, is_color), factor)


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Put the picture's name into an error that passes through."""
    try:
        yield
    except InputError as error:
        error.source = error.source or name
        raise


def _read_bytes(path: Path) -> bytes:
    """Return the file's bytes; not through OpenCV, which fails on some names under Windows."""
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise MissingInputError("there is no such file") from error
    except IsADirectoryError as error:
        raise NotAPictureError("this is a folder", "name a picture in it") from error
    except (OSError, ValueError) as error:
        raise InputError(
            f"it cannot be read ({getattr(error, 'strerror', None) or error})", "check the file"
        ) from error
    if len(raw) > _MOST_BYTES:
        raise PictureSizeError("the file is larger than 2 GB", "give a smaller picture")
    return raw


def _check_size(frame: Frame, settings: ImageSettings) -> None:
    size = f"{frame.width} x {frame.height} px"
    if frame.width * frame.height > settings.most_mpx * 1_000_000:
        raise PictureSizeError(
            f"{size} is more than {settings.most_mpx} megapixels", "shrink it, or raise images.most_mpx in --settings"
        )
    if min(frame.width, frame.height) < settings.least_side_px:
        raise PictureSizeError(
            f"{size} is too small to hold a digit (at least {settings.least_side_px} px a side)",
            "give the whole picture",
        )


def _choose_reduction(picture_format: str, frame: Frame, settings: ImageSettings) -> int:
    """Return the whole number to shrink by: the largest that leaves the long side at `work_side_px` or more."""
    most = max(frame.width, frame.height) // settings.work_side_px
    if picture_format != "JPEG":
        return max(1, most)
    return max((scale for scale in _JPEG_SCALES if scale <= most), default=1)


def _decode_jpeg(raw: bytes, factor: int, is_color: bool) -> NDArray[np.uint8]:
    pixels = _imdecode(raw, _JPEG_SCALES[factor][is_color] | cv2.IMREAD_IGNORE_ORIENTATION)
    if pixels is None:
        raise DamagedPictureError("the JPEG cannot be decoded", "save it again as an ordinary JPEG")
    return pixels


def _decode_any(raw: bytes) -> NDArray:
    """Return the pixels as stored: (h, w), (h, w, 3) in BGR or (h, w, 4) in BGRA, of whatever number type."""
    pixels = _imdecode(raw, cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION)
    return _decode_with_pillow(raw) if pixels is None else pixels


def _imdecode(raw: bytes, flags: int) -> NDArray | None:
    """Return OpenCV's decoding, or None; its own log, which goes to stderr, stays still."""
    level = _set_log_level(0)
    try:
        return cv2.imdecode(np.frombuffer(raw, np.uint8), flags)
    except cv2.error:
        return None
    finally:
        _set_log_level(level)


def _set_log_level(level: int) -> int:
    """Set OpenCV's log level and return the one before; the function moved from `cv2` to `cv2.utils` in OpenCV 5."""
    logging = cv2.utils.logging if hasattr(cv2.utils, "logging") else cv2
    before = logging.getLogLevel()
    logging.setLogLevel(level)
    return before


def _decode_with_pillow(raw: bytes) -> NDArray:
    """Return what OpenCV cannot decode: a GIF before OpenCV 4.11, a TIFF in tiles, and the like."""
    from PIL import Image, UnidentifiedImageError  # late: see headers

    try:
        with undisturbed_pillow(), Image.open(io.BytesIO(raw)) as picture:
            has_alpha = "transparency" in picture.info or bool({"A", "a"} & set(picture.getbands()))
            if picture.mode in ("F", "I", "L") or picture.mode.startswith("I;16"):
                return np.array(picture)
            pixels = np.array(picture.convert("RGBA" if has_alpha else "RGB"))
    except UnidentifiedImageError as error:
        told = "its pixels are damaged, or of a kind that cannot be decoded"
        raise DamagedPictureError(told, "save it as PNG or JPEG") from error
    except Exception as error:  # whatever a damaged number leads to: OSError, but TypeError and OverflowError, too
        raise DamagedPictureError(f"it cannot be decoded ({error})") from error
    return cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGRA if has_alpha else cv2.COLOR_RGB2BGR)
