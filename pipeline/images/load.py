"""The only way to pixels: a file, or its bytes, becomes upright gray pages of the working size.

The file is read once. Its header decides whether and at what size it is decoded; each format is decoded by the library
that does it correctly; the orientation is applied here, once, for every format.

Coordinates: `Page.to_source` maps pixel centers. Pixel (x, y) has its center at (x, y), so the edges of a half-open box
lie half a pixel above and left of its coordinates: to map box edges, subtract 0.5 before and add 0.5 after.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DamagedPictureError, InputError, MissingInputError, NotAPictureError, PictureSizeError
from pipeline.images.decode import JPEG_SCALES, decode_jpeg, decode_stored
from pipeline.images.header_types import Frame, Header
from pipeline.images.headers import TIFF_MAGIC, read_header
from pipeline.images.pdf import Pdf, is_pdf
from pipeline.images.pixels import choose_factors, convert_to_8bit, flatten, map_to_source, shrink, turn_upright
from pipeline.images.tiff import isolate_tiff_page
from pipeline.regular_files import open_regular
from pipeline.settings.images import ImageSettings
from pipeline.types import Page

SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".tif", ".tiff", ".bmp", ".dib", ".gif"),
    *(".pdf", ".heic", ".heif", ".hif", ".avif", ".jp2", ".j2k", ".jpf", ".jpx"),
    *(".pbm", ".pgm", ".ppm", ".pnm", ".pam", ".pfm", ".sr", ".ras", ".hdr", ".pic"),
)
"""Suffixes of the names of pictures, in any case, that folders are searched for."""

MOST_BYTES = 2**31 - 1
"""OpenCV stores the size of a buffer in a signed 32-bit integer."""


def load_pages(
    source: str | os.PathLike[str] | bytes, settings: ImageSettings | None = None, password: str | None = None
) -> Iterator[Page]:
    """Return the pages of a picture file, decoded one by one on demand.

    Parameters
    ----------
    source : path of a PDF or picture, whose name may end in any of `SUFFIXES`, or the bytes of one
    settings : limits and working size
    password : of an encrypted PDF

    Returns
    -------
    iterator of Page: several for a TIFF or PDF of several pages; of an animation only the first frame

    Raises
    ------
    MissingInputError
        If there is nothing at that path.
    EmptyInputError
        If the file has no bytes.
    NotAPictureError
        If it is a folder or no picture.
    DamagedPictureError
        If it is cut short or cannot be decoded; for a later page raised when that page is reached.
    EncryptedPictureError
        If it needs a password, or another one.
    PictureSizeError
        If it has more pixels than `settings.most_mpx`, or a side under `settings.least_side_px`.
    InputError
        If it cannot be read for another reason.
    """
    picture = open_picture(source, settings, password=password)
    return (picture.load_page(number) for number in range(1, picture.n_pages + 1))


def load_page(
    source: str | os.PathLike[str] | bytes,
    settings: ImageSettings | None = None,
    number: int = 1,
    password: str | None = None,
) -> Page:
    """Return page `number` (from 1) of a picture file; raises as `load_pages` does, and MissingInputError past the end.

    Raises
    ------
    MissingInputError
        If there is nothing at that path, or no page of that number.
    """
    return open_picture(source, settings, password=password).load_page(number)


def open_picture(
    source: str | os.PathLike[str] | bytes,
    settings: ImageSettings | None = None,
    name: str | None = None,
    password: str | None = None,
) -> Picture:
    """Return the file as a `Picture`: read and examined, not yet decoded. Raises as `load_pages` does.

    Parameters
    ----------
    source : path, or the bytes of a file
    settings : limits and working size
    name : for the results; by default the path as given
    password : of an encrypted PDF
    """
    name = name or ("<bytes>" if isinstance(source, bytes) else os.fspath(source))
    with _naming(name):
        raw = source if isinstance(source, bytes) else _read_bytes(source)
        _check_length(len(raw))
        settings = settings or ImageSettings()
        if is_pdf(raw):
            return Picture(name, raw, Header("PDF", ()), settings, Pdf(raw, settings, password))
        header = read_header(raw, settings.most_pages)
        if header.format == "TIFF" and isinstance(raw, bytes):
            raw = bytearray(raw)
        return Picture(name, raw, header, settings)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture file whose header has been read: its pages can be decoded in gray for reading and in color for display.

    A PDF stays open until `close` is called or the picture is deleted. A picture can be pickled; a PDF is then opened
    again.
    """

    name: str
    raw: bytes | bytearray
    header: Header
    settings: ImageSettings
    pdf: Pdf | None = None

    @property
    def n_pages(self) -> int:
        """Number of pages; only a PDF or a TIFF may have more than 1."""
        return self.pdf.n_pages if self.pdf else len(self.header.frames)

    @property
    def note(self) -> str | None:
        """For the user, about how it is read, such as that it is animated; None for none."""
        return self.header.note

    def count_pixels(self, number: int) -> int:
        """Return how many pixels page `number` has as it is decoded; raises as `load_pages` does."""
        frame = self._find_frame(number)
        return frame.width * frame.height

    def note_page(self, number: int) -> str | None:
        """Return the note about page `number`: that of the file, and by how much a long strip is shrunk."""
        frame = self._find_frame(number)
        usual, least = choose_factors((frame.height, frame.width), self.settings)
        shrunk = f"a long strip, shrunk {least} times" if least > usual else None
        return "; ".join(filter(None, [self.note, shrunk])) or None

    def close(self) -> None:
        """Close a PDF, after which no page can be loaded; no effect for other formats."""
        if self.pdf:
            self.pdf.close()

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
        """Return page `number`, upright, uint8 (H, W, 3) in BGR, its pixels aligned with those of `load_page`."""
        with _naming(self.name):
            frame = self._find_frame(number)
            return turn_upright(self._decode(frame, is_color=True), frame.orientation)

    def _find_frame(self, number: int) -> Frame:
        if not 1 <= number <= self.n_pages:
            raise MissingInputError(f"there is no page {number}; it has {self.n_pages}", "")
        frame = self.pdf.measure(number) if self.pdf else self.header.frames[number - 1]
        _check_size(frame, self.settings)
        return frame

    def _decode(self, frame: Frame, is_color: bool) -> NDArray[np.uint8]:
        """Return the pixels as stored, shrunk to the working size: uint8 (h, w), or (h, w, 3) in BGR."""
        factor = _choose_reduction(self.header.format, frame, self.settings)
        if self.header.format == "JPEG":
            return decode_jpeg(self.raw, factor, is_color)
        pixels = self.pdf.draw(frame.number, is_color) if self.pdf else self._decode_stored(frame)
        if pixels.shape[:2] != (frame.height, frame.width):
            raise DamagedPictureError(f"the header says {frame.width}x{frame.height}, the pixels {pixels.shape[1::-1]}")
        return shrink(flatten(pixels, is_color), factor)

    def _decode_stored(self, frame: Frame) -> NDArray[Any]:
        if isinstance(self.raw, bytearray):
            with isolate_tiff_page(self.raw, frame):
                pixels = decode_stored(self.raw, self.header.format)
        else:
            pixels = decode_stored(self.raw, self.header.format)
        if frame.is_inverted and pixels.dtype != np.uint8:  # OpenCV inverts such TIFFs itself, but only in 8 bits
            return 255 - convert_to_8bit(pixels)
        return pixels


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Add the name of the picture to an InputError that passes through."""
    try:
        yield
    except InputError as error:
        error.source = error.source or name
        raise


def _read_bytes(path: str | os.PathLike[str]) -> bytes | bytearray:
    """Return the bytes of a file, a TIFF's as a bytearray, which `isolate_tiff_page` changes.

    OpenCV itself fails on some names under Windows.
    """
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            _check_length(size)
            if not file.peek(4)[:4].startswith(TIFF_MAGIC):
                return file.read(size)  # nothing of a file in /proc, which has no size and maybe no end
            raw = bytearray(size)
            del raw[file.readinto(raw) :]
            return raw
    except FileNotFoundError as error:
        raise MissingInputError("there is no such file") from error
    except IsADirectoryError as error:
        raise NotAPictureError("this is a folder", "name a picture in it") from error
    except (OSError, ValueError) as error:
        raise InputError(
            f"it cannot be read ({getattr(error, 'strerror', None) or error})", "check the file"
        ) from error


def _check_length(n_bytes: int) -> None:
    if n_bytes > MOST_BYTES:
        raise PictureSizeError("the file is larger than 2 GB", "give a smaller picture")


def _check_size(frame: Frame, settings: ImageSettings) -> None:
    size = f"{frame.width} x {frame.height} px"
    if frame.width * frame.height > settings.most_mpx * 1_000_000:
        raise PictureSizeError(
            f"{size} is more than {settings.most_mpx} megapixels", "shrink it, or raise images.most_mpx in the settings"
        )
    if min(frame.width, frame.height) < settings.least_side_px:
        raise PictureSizeError(
            f"{size} is too small to hold a digit (at least {settings.least_side_px} px a side)",
            "give the whole picture",
        )


def _choose_reduction(picture_format: str, frame: Frame, settings: ImageSettings) -> int:
    """Return the integer factor to shrink by: `choose_factors`, or for a JPEG one that its decoder scales by.

    The short side of a long strip stays at `least_side_px` or more.
    """
    most = max(1, min(frame.height, frame.width) // settings.least_side_px)
    usual, least = (min(factor, most) for factor in choose_factors((frame.height, frame.width), settings))
    if picture_format != "JPEG":
        return max(usual, least)
    factor = max(scale for scale in JPEG_SCALES if scale <= usual)
    return factor if factor >= least else min((s for s in JPEG_SCALES if s >= least), default=max(JPEG_SCALES))
