"""HEIC and HEIF, the formats of iPhones and newer cameras, through libheif."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DamagedPictureError
from pipeline.images.header_types import Frame, Header

HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2", b"msf1"}
"""Brands, in the first box of a file, that libheif can read."""


def read_heif(raw: bytes | bytearray) -> Header:
    """Return the header of a HEIC; nothing is decoded.

    libheif applies the rotation and mirroring of the file (`irot`, `imir`) and states the resulting size. The EXIF
    orientation repeats them, for other readers, and is ignored.

    Raises
    ------
    DamagedPictureError
        If libheif cannot open it.
    """
    main, n_pictures = _open(raw)
    width, height = main.size
    note = f"it holds {n_pictures} pictures: the main one is read" if n_pictures > 1 else None
    return Header("HEIF", (Frame(width, height),), note)


def decode_heif(raw: bytes | bytearray) -> NDArray[Any]:
    """Return the main picture of a HEIC, upright: uint8 (uint16 where gray and deep), (h, w) or (h, w, c) in BGR(A).

    Raises
    ------
    DamagedPictureError
        If it cannot be decoded.
    """
    main, _ = _open(raw)
    try:
        pixels = np.array(main)  # a copy: libheif frees its own with the picture
    except Exception as error:  # libheif's own errors come as ValueError, EOFError, RuntimeError and others
        raise DamagedPictureError(f"the HEIC cannot be decoded ({_format_error(error)})") from error
    return pixels[:, : main.size[0]]


def _open(raw: bytes | bytearray) -> tuple[Any, int]:
    """Return the main picture, not yet decoded, and how many there are."""
    # Imported late: it takes as long as reading a photo.
    import pillow_heif

    try:
        pictures = pillow_heif.open_heif(raw, convert_hdr_to_8bit=True, bgr_mode=True)
        return pictures[pictures.primary_index], len(pictures)
    except Exception as error:  # as above
        raise DamagedPictureError(f"the HEIC cannot be opened ({_format_error(error)})") from error


def _format_error(error: Exception) -> str:
    """Return the message of libheif on one line: it may end in a line break."""
    return " ".join(str(error).split())
