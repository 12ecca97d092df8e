from __future__ import annotations

import struct

import pytest

from pipeline.errors import DamagedPictureError, EmptyInputError, NotAPictureError
from pipeline.headers import Frame, check_jpeg_end, isolate_tiff_page, read_exif_orientation, read_header


def make_directory(order: str, orientation: int, kind: int = 3) -> bytes:
    """Return a TIFF structure of one directory with one entry, the orientation."""
    mark = b"II" if order == "<" else b"MM"
    value = struct.pack(order + {3: "HH", 4: "I", 2: "I"}[kind], *((orientation, 0) if kind == 3 else (orientation,)))
    entry = struct.pack(order + "HHI", 274, kind, 1) + value
    return mark + struct.pack(order + "HI", 42, 8) + struct.pack(order + "H", 1) + entry + struct.pack(order + "I", 0)


@pytest.mark.parametrize(
    ("exif", "orientation"),
    [
        (b"", 1),
        (b"Exif\0\0", 1),
        (make_directory("<", 6), 6),
        (b"Exif\0\0" + make_directory(">", 8), 8),
        (make_directory(">", 3, kind=4), 3),
        (make_directory("<", 6, kind=2), 1),
        (make_directory("<", 0), 1),
        (make_directory("<", 9), 1),
        (make_directory("<", 6)[:15], 1),
        (b"II*\0" + b"\xff" * 4, 1),
    ],
    ids=["none", "empty", "little", "big with mark", "long", "a text", "0", "9", "cut short", "points past the end"],
)
def test_exif_orientation(exif: bytes, orientation: int) -> None:
    assert read_exif_orientation(exif) == orientation


@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright_size(orientation: int) -> None:
    assert Frame(30, 20, orientation).upright_size_px == ((30, 20) if orientation < 5 else (20, 30))


@pytest.mark.parametrize(
    ("jpeg", "is_whole"),
    [
        (b"\xff\xd8" + b"\xff\xda\0\2" + b"data" + b"\xff\xd9", True),
        (b"\xff\xd8" + b"\xff\xda\0\2" + b"data" + b"\xff\xd9" + b"maker's trailer", True),
        (b"\xff\xd8" + b"\xff" * 3 + b"\xda\0\2" + b"\xff\xd9", True),
        (b"\xff\xd8" + b"\xff\xe1\0\6..\xff\xd9" + b"\xff\xda\0\2" + b"data", False),
        (b"\xff\xd8" + b"\xff\xe1\0\6..\xff\xd9", False),
        (b"\xff\xd8", False),
    ],
    ids=["whole", "with a trailer", "fill bytes", "only the thumbnail ends", "no scan", "nothing"],
)
def test_jpeg_end(jpeg: bytes, is_whole: bool) -> None:
    if is_whole:
        check_jpeg_end(jpeg)
    else:
        with pytest.raises(DamagedPictureError, match="breaks off"):
            check_jpeg_end(jpeg)


def test_tiff_page_is_isolated_by_two_numbers() -> None:
    raw = make_directory(">", 6)
    changed = isolate_tiff_page(raw, Frame(1, 1, 6, directory=8, orientation_at=18))
    assert changed == make_directory(">", 1)
    assert isolate_tiff_page(changed, Frame(1, 1, directory=8)) == changed


def test_directories_in_a_ring_end() -> None:
    raw = bytearray(make_directory("<", 1))
    raw[-4:] = struct.pack("<I", 8)
    with pytest.raises(DamagedPictureError, match="no page"):
        read_header(bytes(raw))


def test_errors_of_the_header() -> None:
    for raw, error in ((b"", EmptyInputError), (b"hello", NotAPictureError), (b"GIF89a", DamagedPictureError)):
        with pytest.raises(error):
            read_header(raw)
