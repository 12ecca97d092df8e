"""TIFF structure: the pages of a TIFF, and the orientation in an EXIF block, which has the same structure."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pipeline.errors import DamagedPictureError
from pipeline.images.header_types import Frame

_SUBFILE, _WIDTH, _HEIGHT, _PHOTOMETRIC, _ORIENTATION = 254, 256, 257, 262, 274
_READ_TAGS = (_SUBFILE, _WIDTH, _HEIGHT, _PHOTOMETRIC, _ORIENTATION)
_INTEGER_FORMATS = {1: "B", 3: "H", 4: "I", 16: "Q"}
"""TIFF field types of integers -> their `struct` format."""


def find_tiff_pages(raw: bytes) -> tuple[Frame, ...]:
    """Return the pages of a TIFF, leaving out thumbnails and the smaller copies of a pyramid."""
    try:
        frames = tuple(frame for frame in _walk_tiff(raw) if frame.width > 0 and frame.height > 0)
    except (struct.error, OverflowError) as error:
        raise DamagedPictureError("the TIFF breaks off before the list of its pages") from error
    if not frames:
        raise DamagedPictureError("the TIFF names no page")
    return tuple(frame for frame in frames if not frame.is_copy) or frames


def read_exif_orientation(exif: bytes) -> int:
    """Return the orientation, 1..8, that an EXIF block states; 1 if it states none or is broken."""
    try:
        frames = list(_walk_tiff(exif.removeprefix(b"Exif\0\0")))
    except (struct.error, OverflowError, DamagedPictureError):
        return 1
    return frames[0].orientation if frames else 1


def _walk_tiff(raw: bytes) -> Iterator[Frame]:
    """Yield a frame for each directory of a TIFF or of an EXIF block.

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

    OpenCV applies the orientation of some TIFFs and fails on others, depending on its release; so it is removed.
    """
    patched = bytearray(raw)
    order = "<" if raw[:2] == b"II" else ">"
    is_big = struct.unpack_from(order + "H", raw, 2)[0] == 43
    struct.pack_into(order + ("Q" if is_big else "I"), patched, 8 if is_big else 4, frame.directory)
    if frame.orientation_at:
        # SHORT values stand at the left of their field in either byte order.
        struct.pack_into(order + "H", patched, frame.orientation_at, 1)
    return bytes(patched)
