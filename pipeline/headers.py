"""What a picture file says about itself before a pixel is decoded: format, size, orientation, whether it is whole.

Decoders differ in what they do about orientation (by format, by flag, by release), give a gray half for a file cut
short, and write to stderr on the way. So the few bytes that decide are read here.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module

from pipeline.errors import DamagedPictureError, EmptyInputError, NotAPictureError

_TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_JPEG_MAGIC, _PNG_MAGIC = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_OTHER_MAGIC = (b"\x89PNG", b"RIFF", b"BM", b"GIF8")

_APP1, _START_OF_SCAN = 0xE1, 0xDA
_START_OF_FRAME = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG markers that state the size: one for each kind of compression; the three left out mean something else."""

_SUBFILE, _WIDTH, _HEIGHT, _PHOTOMETRIC, _ORIENTATION = 254, 256, 257, 262, 274
_READ_TAGS = (_SUBFILE, _WIDTH, _HEIGHT, _PHOTOMETRIC, _ORIENTATION)
_INTEGER_FORMATS = {1: "B", 3: "H", 4: "I", 16: "Q"}
"""TIFF field types that hold a whole number, as `struct` names them."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One page of a picture file.

    Attributes
    ----------
    width, height : px as stored, before the orientation is applied
    orientation : EXIF orientation, 1 (upright) .. 8
    is_inverted : True where the stored zero is white (TIFF photometric 0)
    is_copy : True for a thumbnail or a smaller copy of another page
    directory : byte offset of the TIFF directory; 0 for other formats
    orientation_at : byte offset of the TIFF orientation's value; 0 where there is none
    """

    width: int
    height: int
    orientation: int = 1
    is_inverted: bool = False
    is_copy: bool = False
    directory: int = 0
    orientation_at: int = 0

    @property
    def upright_size_px(self) -> tuple[int, int]:
        """(width, height) once turned upright."""
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)


@dataclass(frozen=True, slots=True)
class Header:
    """A picture file's format (JPEG, PNG, WEBP, TIFF, BMP or GIF) and its pages (only a TIFF has more than one)."""

    format: str
    frames: tuple[Frame, ...]


def read_header(raw: bytes) -> Header:
    """Return the header of a picture file; nothing is decoded.

    Parameters
    ----------
    raw : the whole file

    Raises
    ------
    EmptyInputError
        If there are no bytes.
    NotAPictureError
        If the bytes are of no picture format that can be read.
    DamagedPictureError
        If they begin as a picture and break off.
    """
    if not raw:
        raise EmptyInputError("the file is empty (0 bytes)")
    if raw.startswith(_JPEG_MAGIC):
        return Header("JPEG", (_read_jpeg(raw),))
    if raw.startswith(_PNG_MAGIC):
        return Header("PNG", (_read_png(raw),))
    if raw.startswith(_TIFF_MAGIC):
        return Header("TIFF", _find_tiff_pages(raw))
    return _read_with_pillow(raw)


def _read_with_pillow(raw: bytes) -> Header:
    """Return the header of a WebP, BMP or GIF, the formats that need no look at more than their first bytes."""
    # Imported late, as it and its plugins take as long to load as a small photo to read.
    from PIL import Image

    if raw.startswith(b"RIFF"):  # else Pillow would load its 40 other plugins to find this one
        import_module("PIL.WebPImagePlugin")
    with undisturbed_pillow():
        try:
            picture = Image.open(io.BytesIO(raw), formats=("WEBP", "BMP", "GIF"))
        except (OSError, ValueError, SyntaxError, EOFError, struct.error) as error:
            raise _explain_unknown(raw) from error
    width, height = picture.size
    orientation = read_exif_orientation(picture.info.get("exif", b""))
    return Header(str(picture.format), (Frame(width, height, orientation),))


@contextmanager
def undisturbed_pillow() -> Iterator[None]:
    """Keep Pillow's own pixel limit and warnings out of the way: the limit is a setting here."""
    from PIL import Image

    limit = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _explain_unknown(raw: bytes) -> NotAPictureError | DamagedPictureError:
    """Return the error that says most exactly what these undecodable bytes are."""
    if raw.startswith(_OTHER_MAGIC):
        return DamagedPictureError("the picture's header is broken or cut short")
    if raw[4:8] == b"ftyp":
        return NotAPictureError("this is a HEIC, AVIF or video file", "export it as JPEG or PNG")
    if raw.startswith(b"%PDF"):
        return NotAPictureError("this is a PDF", "export its pages as PNG or TIFF")
    if raw[:512].isascii() and b"\0" not in raw[:512]:
        return NotAPictureError("this is a text file, not a picture")
    return NotAPictureError("these bytes are no picture")


def _read_jpeg(raw: bytes) -> Frame:
    """Return a JPEG's size and orientation, having found the end marker after its data.

    A thumbnail's own end, in the EXIF segment, does not count. A multi-picture file (MPO) holds the same view again,
    smaller or from a second lens: the first picture is the one to read.
    """
    size, orientation = None, 1
    for marker, first, end in _walk_jpeg(raw):
        if marker in _START_OF_FRAME:
            height, width = struct.unpack_from(">HH", raw, first + 1)
            size = width, height
        elif marker == _APP1 and raw.startswith(b"Exif\0\0", first):
            orientation = read_exif_orientation(raw[first:end])
        elif marker == _START_OF_SCAN:  # from here on FF D9 can only be the end
            if raw.find(b"\xff\xd9", end) < 0:
                raise DamagedPictureError("the JPEG breaks off before its end")
            if size is None or 0 in size:
                raise DamagedPictureError("the JPEG does not say its size")
            return Frame(*size, orientation)
    raise DamagedPictureError("the JPEG breaks off before its first pixel")


def _walk_jpeg(raw: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield (marker, first byte of its content, byte after its content) of each segment of a JPEG."""
    at = 2
    while at + 4 <= len(raw) and raw[at] == 0xFF:
        if raw[at + 1] == 0xFF:  # a fill byte
            at += 1
            continue
        end = at + 2 + int.from_bytes(raw[at + 2 : at + 4], "big")
        if end > len(raw):
            return
        yield raw[at + 1], at + 4, end
        at = end


def _read_png(raw: bytes) -> Frame:
    """Return a PNG's size and orientation (its eXIf chunk may stand anywhere), every chunk's checksum compared."""
    at, size, orientation, view = len(_PNG_MAGIC), None, 1, memoryview(raw)
    while at + 12 <= len(raw):
        length, kind = struct.unpack_from(">I4s", raw, at)
        first, end = at + 8, at + 12 + length
        if end > len(raw):
            break
        if zlib.crc32(view[at + 4 : end - 4]) != int.from_bytes(raw[end - 4 : end], "big"):
            raise DamagedPictureError(f"the PNG's bytes have changed (checksum of {kind.decode('latin-1')!r})")
        if kind == b"IHDR":
            width, height = struct.unpack_from(">II", raw, first)
            size = width, height
        elif kind == b"eXIf":
            orientation = read_exif_orientation(raw[first : end - 4])
        elif kind == b"IEND" and size is not None:
            return Frame(*size, orientation)
        at = end
    raise DamagedPictureError("the PNG breaks off before its end")


def read_exif_orientation(exif: bytes) -> int:
    """Return the orientation, 1..8, that an EXIF block states; 1 where it states none or is broken."""
    try:
        frames = list(_walk_tiff(exif.removeprefix(b"Exif\0\0")))
    except (struct.error, OverflowError, DamagedPictureError):
        return 1
    return frames[0].orientation if frames else 1


def _find_tiff_pages(raw: bytes) -> tuple[Frame, ...]:
    """Return the pages of a TIFF, leaving out thumbnails and the smaller copies of a pyramid."""
    try:
        frames = tuple(f for f in _walk_tiff(raw) if f.width > 0 and f.height > 0)
    except (struct.error, OverflowError) as error:
        raise DamagedPictureError("the TIFF breaks off before the list of its pages") from error
    if not frames:
        raise DamagedPictureError("the TIFF names no page")
    return tuple(f for f in frames if not f.is_copy) or frames


def _walk_tiff(raw: bytes) -> Iterator[Frame]:
    """Yield a frame for each directory of a TIFF or of an EXIF block, which is built like one.

    BigTIFF (43 in place of 42) has the same structure with 8-byte offsets and counts.
    """
    order = {b"II": "<", b"MM": ">"}.get(raw[:2])
    if order is None:
        raise DamagedPictureError("the TIFF has no byte order")
    is_big = struct.unpack_from(order + "H", raw, 2)[0] == 43
    count, offset = ("Q", "Q") if is_big else ("H", "I")
    entry_size = 20 if is_big else 12
    at, seen = struct.unpack_from(order + offset, raw, 8 if is_big else 4)[0], set[int]()
    while at and at not in seen:
        seen.add(at)
        n_entries = struct.unpack_from(order + count, raw, at)[0]
        first = at + struct.calcsize(count)
        tags = dict(_read_entries(raw, order, range(first, first + n_entries * entry_size, entry_size), is_big))
        yield _make_frame(tags, at)
        at = struct.unpack_from(order + offset, raw, first + n_entries * entry_size)[0]


def _read_entries(raw: bytes, order: str, places: range, is_big: bool) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield (tag, (value, byte offset of the value)) for the tags that matter here."""
    for place in places:
        tag, kind = struct.unpack_from(order + "HH", raw, place)
        if tag in _READ_TAGS and kind in _INTEGER_FORMATS:
            value_at = place + (12 if is_big else 8)
            yield tag, (struct.unpack_from(order + _INTEGER_FORMATS[kind], raw, value_at)[0], value_at)


def _make_frame(tags: dict[int, tuple[int, int]], directory: int) -> Frame:
    orientation, orientation_at = tags.get(_ORIENTATION, (1, 0))
    return Frame(
        width=tags.get(_WIDTH, (0, 0))[0],
        height=tags.get(_HEIGHT, (0, 0))[0],
        orientation=orientation if 1 <= orientation <= 8 else 1,
        is_inverted=tags.get(_PHOTOMETRIC, (1, 0))[0] == 0,
        is_copy=bool(tags.get(_SUBFILE, (0, 0))[0] & 1),
        directory=directory,
        orientation_at=orientation_at,
    )


def isolate_tiff_page(raw: bytes, frame: Frame) -> bytes:
    """Return the TIFF with `frame` as its first page and no orientation: the decoders take the first page only.

    OpenCV turns some TIFFs by their orientation and fails on others, by release; so it is taken out and applied here.
    """
    patched = bytearray(raw)
    order = "<" if raw[:2] == b"II" else ">"
    is_big = struct.unpack_from(order + "H", raw, 2)[0] == 43
    struct.pack_into(order + ("Q" if is_big else "I"), patched, 8 if is_big else 4, frame.directory)
    if frame.orientation_at:
        # SHORT values stand at the left of their field in either byte order.
        struct.pack_into(order + "H", patched, frame.orientation_at, 1)
    return bytes(patched)
