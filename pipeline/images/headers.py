"""Headers of picture files, read before a pixel is decoded: format, size, orientation, completeness.

Decoders differ in how they apply the orientation (by format, flag and release), return a half-gray picture for a
truncated file, and print to stderr. So the few bytes that matter are read here.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from pipeline.errors import DamagedPictureError, EmptyInputError, NotAPictureError
from pipeline.images.header_types import Frame, Header, note_animation
from pipeline.images.heif import HEIF_BRANDS, read_heif
from pipeline.images.pillow_formats import read_with_pillow
from pipeline.images.rasters import read_jpeg2000, read_netpbm, read_radiance
from pipeline.images.tiff import find_tiff_pages, read_exif_orientation

TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_JPEG_MAGIC, _PNG_MAGIC = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_JPEG2000_MAGIC = (b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")
_RADIANCE_MAGIC = (b"#?RADIANCE", b"#?RGBE")
_BY_PILLOW = {b"RIFF": "WEBP", b"BM": "BMP", b"GIF8": "GIF", b"\x59\xa6\x6a\x95": "SUN"}

_UNSUPPORTED = {
    b"\x76\x2f\x31\x01": ("an OpenEXR picture", "save it as PNG or TIFF"),
    b"\xff\x0a": ("a JPEG XL picture", "save it as JPEG or PNG"),
    b"\0\0\0\x0cJXL \r\n\x87\n": ("a JPEG XL picture", "save it as JPEG or PNG"),
    b"8BPS": ("a Photoshop file", "save it as PNG or TIFF"),
    b"%!PS": ("a PostScript file", "save it as PDF"),
    b"AT&TFORM": ("a DjVu file", "save it as PDF"),
    b"PK\3\4": ("a ZIP archive or an office document", "take the pictures out of it, or save it as PDF"),
}
"""First bytes of files that are not supported -> what the file is, and the hint for the user."""

_APP1, _START_OF_SCAN = 0xE1, 0xDA
_MOST_SEGMENTS = 65_536
"""Of a JPEG, before its pixels, fill bytes included: the largest profiles and previews need some hundreds."""

_MOST_SCANS = 100
"""Of a progressive JPEG, each of which passes over all pixels; programs write 10 to 20."""

_MOST_CHUNKS = 1_000_000
"""Of a PNG; the smallest that programs write hold 8 KB, so that 200 megapixels are 200,000."""

_START_OF_FRAME = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG markers that state the size, one for each kind of compression; the three others have another meaning."""


def read_header(raw: bytes | bytearray, most_pages: int) -> Header:
    """Return the header of a picture file; nothing is decoded.

    Parameters
    ----------
    raw : the whole file
    most_pages : of a TIFF

    Raises
    ------
    EmptyInputError
        If there are no bytes.
    NotAPictureError
        If the bytes are of no picture format that can be read.
    DamagedPictureError
        If they start as a picture, but are cut short.
    PictureSizeError
        If a TIFF has more than `most_pages`.
    """
    if not raw:
        raise EmptyInputError("the file is empty (0 bytes)")
    try:
        return _read_any(raw, most_pages)
    except struct.error as error:  # a part that states its length ends before what it must hold
        raise DamagedPictureError("the picture's header is broken or cut short") from error


def _read_any(raw: bytes | bytearray, most_pages: int) -> Header:
    """Return the header of a picture of any format; raises struct.error where it should go on after the file's end."""
    if raw.startswith(_JPEG_MAGIC):
        return Header("JPEG", (_read_jpeg(raw),))
    if raw.startswith(_PNG_MAGIC):
        return _read_png(raw)
    if raw.startswith(TIFF_MAGIC):
        return Header("TIFF", find_tiff_pages(raw, most_pages))
    if raw.startswith(_JPEG2000_MAGIC):
        return Header("JPEG2000", (read_jpeg2000(raw),))
    if raw.startswith(_RADIANCE_MAGIC):
        return Header("HDR", (read_radiance(raw),))
    if raw[4:8] == b"ftyp":
        return _read_boxed(raw)
    for magic, picture_format in _BY_PILLOW.items():
        if raw.startswith(magic):
            return read_with_pillow(raw, picture_format)
    return read_netpbm(raw) or _refuse(raw)


def _read_boxed(raw: bytes | bytearray) -> Header:
    """Return the header of a HEIC or an AVIF; the brands in its first box tell which."""
    length = int.from_bytes(raw[:4], "big")
    brands = {raw[8:12], *(raw[at : at + 4] for at in range(16, min(length, len(raw), 256), 4))}
    if brands & {b"avif", b"avis"}:
        return read_with_pillow(raw, "AVIF")
    if brands & HEIF_BRANDS:
        return read_heif(raw)
    raise NotAPictureError("this is a video, or a camera's raw file", "export a picture of it as JPEG or PNG")


def _refuse(raw: bytes | bytearray) -> Header:
    """Raise the error that describes these bytes most exactly."""
    if raw.startswith(b"\x89PNG"):
        raise DamagedPictureError("the picture's header is broken or cut short")
    for magic, (kind, hint) in _UNSUPPORTED.items():
        if raw.startswith(magic):
            raise NotAPictureError(f"this is {kind}, which is not read", hint)
    if raw[:512].isascii() and b"\0" not in raw[:512]:
        raise NotAPictureError("this is a text file, not a picture")
    raise NotAPictureError("these bytes are no picture")


def _read_jpeg(raw: bytes | bytearray) -> Frame:
    """Return the size and orientation of a JPEG; check that its end marker follows its data.

    The end marker of a thumbnail in the EXIF segment does not count. A multi-picture file (MPO) holds the same view
    again, smaller or from a second lens: the first picture is read.
    """
    size, orientation = None, None
    for marker, first, end in _walk_jpeg(raw):
        if marker in _START_OF_FRAME:
            height, width = struct.unpack_from(">HH", raw, first + 1)
            size = width, height
        elif marker == _APP1 and orientation is None and raw.startswith(b"Exif\0\0", first):
            orientation = read_exif_orientation(raw[first:end])
        elif marker == _START_OF_SCAN:  # from here on FF D9 can only be the end
            last = raw.find(b"\xff\xd9", end)
            if last < 0:
                raise DamagedPictureError("the JPEG breaks off before its end")
            if raw.count(b"\xff\xda", end, last) >= _MOST_SCANS:
                raise DamagedPictureError("the JPEG has more scans than any program writes", "save it again")
            if size is None or 0 in size:
                raise DamagedPictureError("the JPEG does not say its size")
            return Frame(*size, orientation or 1)
    raise DamagedPictureError("the JPEG breaks off before its first pixel")


def _walk_jpeg(raw: bytes | bytearray) -> Iterator[tuple[int, int, int]]:
    """Yield (marker, first byte of its content, byte after its content) of each segment of a JPEG."""
    at = 2
    for _ in range(_MOST_SEGMENTS):
        if at + 4 > len(raw) or raw[at] != 0xFF:
            return
        if raw[at + 1] == 0xFF:  # a fill byte
            at += 1
            continue
        end = at + 2 + int.from_bytes(raw[at + 2 : at + 4], "big")
        if end > len(raw):
            return
        yield raw[at + 1], at + 4, end
        at = end


def _read_png(raw: bytes | bytearray) -> Header:
    """Return the header of a PNG (its eXIf chunk may be anywhere); check the checksum of every chunk."""
    at, size, orientation, n_frames, view = len(_PNG_MAGIC), None, None, 1, memoryview(raw)
    for _ in range(_MOST_CHUNKS):
        if at + 12 > len(raw):
            break
        length, kind = struct.unpack_from(">I4s", raw, at)
        first, end = at + 8, at + 12 + length
        if end > len(raw):
            break
        if zlib.crc32(view[at + 4 : end - 4]) != int.from_bytes(raw[end - 4 : end], "big"):
            raise DamagedPictureError(f"the PNG's bytes have changed (checksum of {kind.decode('latin-1')!r})")
        if kind == b"IHDR":
            width, height = struct.unpack_from(">II", raw, first)
            size = width, height
        elif kind == b"acTL" and length >= 4:  # animated
            n_frames = struct.unpack_from(">I", raw, first)[0]
        elif kind == b"eXIf" and orientation is None:
            orientation = read_exif_orientation(raw[first : end - 4])
        elif kind == b"IEND" and size is not None:
            return Header("PNG", (Frame(*size, orientation or 1),), note_animation(n_frames))
        at = end
    raise DamagedPictureError("the PNG breaks off before its end")
