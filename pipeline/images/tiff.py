"""TIFF structure: the pages of a TIFF, and the orientation in an EXIF block, which has the same structure."""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

from pipeline.errors import DamagedPictureError, PictureSizeError
from pipeline.images.header_types import Frame

_SUBFILE, _WIDTH, _HEIGHT, _PHOTOMETRIC, _ORIENTATION = 254, 256, 257, 262, 274
_READ_TAGS = (_SUBFILE, _WIDTH, _HEIGHT, _PHOTOMETRIC, _ORIENTATION)
_INTEGER_FORMATS = {1: "B", 3: "H", 4: "I", 16: "Q"}
"""TIFF field types of integers -> their `struct` format."""

_MOST_ENTRIES = 1_000_000
"""Of all directories of a file together; programs write 10 to 50 a page. Overlapping directories may claim far more."""

_lock = threading.Lock()
"""A TIFF is changed while one of its pages is decoded: one thread at a time."""


def find_tiff_pages(raw: bytes | bytearray, most_pages: int) -> tuple[Frame, ...]:
    """Return the pages of a TIFF, leaving out thumbnails and the smaller copies of a pyramid.

    Raises
    ------
    DamagedPictureError
        If it is cut short or names no page.
    PictureSizeError
        If it names more than `most_pages`.
    """
    try:
        frames = tuple(islice(_walk_tiff(raw), most_pages + 1))
    except (struct.error, OverflowError) as error:
        raise DamagedPictureError("the TIFF breaks off before the list of its pages") from error
    if len(frames) > most_pages:
        raise PictureSizeError(f"it has more than {most_pages:,} pages", "split it, or raise images.most_pages")
    frames = tuple(frame for frame in frames if frame.width > 0 and frame.height > 0)
    if not frames:
        raise DamagedPictureError("the TIFF names no page")
    return tuple(frame for frame in frames if not frame.is_copy) or frames


def read_exif_orientation(exif: bytes | bytearray) -> int:
    """Return the orientation, 1..8, that an EXIF block states; 1 if it states none or is broken."""
    try:
        main = next(_walk_tiff(exif.removeprefix(b"Exif\0\0")), None)  # the second one is of the thumbnail
    except (struct.error, OverflowError, DamagedPictureError):
        return 1
    return main.orientation if main else 1


def _walk_tiff(raw: bytes | bytearray) -> Iterator[Frame]:
    """Yield a frame for each directory of a TIFF or of an EXIF block.

    BigTIFF (43 in place of 42) has the same structure with 8-byte offsets and counts.
    """
    order = {b"II": "<", b"MM": ">"}.get(bytes(raw[:2]))
    if order is None:
        raise DamagedPictureError("the TIFF has no byte order")
    is_big = struct.unpack_from(order + "H", raw, 2)[0] == 43
    count, offset = ("Q", "Q") if is_big else ("H", "I")
    entry_size = 20 if is_big else 12
    n_left = _MOST_ENTRIES
    at, seen = struct.unpack_from(order + offset, raw, 8 if is_big else 4)[0], set[int]()
    while at and at not in seen:
        seen.add(at)
        n_entries = struct.unpack_from(order + count, raw, at)[0]
        n_left -= n_entries
        if n_left < 0:
            raise DamagedPictureError("the TIFF's directories have more entries than any program writes")
        first = at + struct.calcsize(count)
        tags = dict(_read_entries(raw, order, range(first, first + n_entries * entry_size, entry_size), is_big))
        yield _make_frame(tags, at)
        at = struct.unpack_from(order + offset, raw, first + n_entries * entry_size)[0]


def _read_entries(
    raw: bytes | bytearray, order: str, places: range, is_big: bool
) -> Iterator[tuple[int, tuple[int, int]]]:
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


@contextmanager
def isolate_tiff_page(raw: bytearray, frame: Frame) -> Iterator[None]:
    """Make `frame` the first page of the TIFF, without its orientation: the decoders take the first page only.

    The bytes are changed in place and restored on leaving, as a copy for each page would double the memory. OpenCV
    applies the orientation of some TIFFs and fails on others, depending on its release; so it is removed.
    """
    order = "<" if raw[:2] == b"II" else ">"
    is_big = struct.unpack_from(order + "H", raw, 2)[0] == 43
    first_at = 8 if is_big else 4
    with _lock:
        first, orientation = raw[first_at : first_at + 8], raw[frame.orientation_at : frame.orientation_at + 2]
        struct.pack_into(order + ("Q" if is_big else "I"), raw, first_at, frame.directory)
        if frame.orientation_at:
            # SHORT values stand at the left of their field in either byte order.
            struct.pack_into(order + "H", raw, frame.orientation_at, 1)
        try:
            yield
        finally:
            raw[frame.orientation_at : frame.orientation_at + 2] = orientation
            raw[first_at : first_at + 8] = first
