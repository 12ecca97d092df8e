from __future__ import annotations

import struct
import zlib

import pytest

from pipeline.errors import DamagedPictureError, EmptyInputError, NotAPictureError, PictureSizeError
from pipeline.images.header_types import Frame
from pipeline.images.headers import read_header
from pipeline.images.tiff import isolate_tiff_page, read_exif_orientation


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


SIZE = b"\xff\xc2\0\x0b\x08\0\x14\0\x1e\1\1\x11\0"
SCAN = b"\xff\xda\0\2"
TABLE = b"\xff\xc4\0\7\0\x63\0\x63\0"  # a Huffman table: its marker lies among those that state a size
THUMBNAIL = b"\xff\xe1\0\6..\xff\xd9"


@pytest.mark.parametrize(
    "jpeg",
    [
        SIZE + SCAN + b"data\xff\xd9",
        SIZE + SCAN + b"data\xff\xd9" + b"maker's trailer",
        SIZE + b"\xff\xff" + SCAN + b"\xff\xd9",
        TABLE + THUMBNAIL + SIZE + TABLE + SCAN + b"\xff\xd9",
    ],
    ids=["plain", "with a trailer", "fill bytes", "tables and thumbnail"],
)
def test_whole_jpeg(jpeg: bytes) -> None:
    assert read_header(b"\xff\xd8" + jpeg, 9).frames == (Frame(30, 20),)


@pytest.mark.parametrize(
    ("jpeg", "message"),
    [
        (THUMBNAIL + SIZE + SCAN + b"data", "before its end"),
        (THUMBNAIL + SIZE, "before its first pixel"),
        (SIZE[:-3], "before its first pixel"),
        (b"\xff", "before its first pixel"),
        (SCAN + b"\xff\xd9", "does not say its size"),
        (SIZE.replace(b"\x14", b"\0") + SCAN + b"\xff\xd9", "does not say its size"),
    ],
    ids=["only the thumbnail ends", "no scan", "cut segment", "nothing", "no size", "no height"],
)
def test_damaged_jpeg(jpeg: bytes, message: str) -> None:
    with pytest.raises(DamagedPictureError, match=message):
        read_header(b"\xff\xd8" + jpeg, 9)


def test_jpeg_orientation() -> None:
    exif = b"Exif\0\0" + make_directory(">", 6)
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    jpeg = b"\xff\xd8" + segment + SIZE + SCAN + b"\xff\xd9"
    assert read_header(jpeg, 9).frames[0].upright_size_px == (20, 30)


def test_tiff_page_is_isolated_by_two_numbers_and_given_back() -> None:
    whole = make_directory(">", 6)
    raw = bytearray(whole)
    with isolate_tiff_page(raw, Frame(1, 1, 6, directory=8, orientation_at=18)):
        assert raw == make_directory(">", 1)
    assert raw == whole
    with pytest.raises(ZeroDivisionError), isolate_tiff_page(raw, Frame(1, 1, directory=26)):
        assert raw == whole[:4] + struct.pack(">I", 26) + whole[8:]
        raise ZeroDivisionError
    assert raw == whole


def make_tiff(*pages: dict[int, int]) -> bytes:
    """Return a TIFF of directories only: a dict of tag -> value for each page."""
    raw = b"II*\0"
    for tags in pages:
        entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
        raw += struct.pack("<IH", len(raw) + 4, len(tags)) + entries
    return raw + struct.pack("<I", 0)


@pytest.mark.parametrize(
    ("kinds", "widths"),
    [((0,), [10]), ((0, 2), [10, 11]), ((0, 1, 0), [10, 12]), ((1, 0), [11]), ((1,), [10])],
    ids=["one", "two pages", "a thumbnail between", "a thumbnail first", "alone, it counts"],
)
def test_thumbnails_are_no_pages(kinds: tuple[int, ...], widths: list[int]) -> None:
    raw = make_tiff(*({254: kind, 256: 10 + n, 257: 20} for n, kind in enumerate(kinds)))
    assert [frame.width for frame in read_header(raw, 9).frames] == widths


def test_directories_in_a_ring_end() -> None:
    raw = bytearray(make_directory("<", 1))
    raw[-4:] = struct.pack("<I", 8)
    with pytest.raises(DamagedPictureError, match="no page"):
        read_header(bytes(raw), 9)


def make_png_chunk(kind: bytes, content: bytes = b"") -> bytes:
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def make_jpeg_segment(marker: int, content: bytes = b"") -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


IHDR = make_png_chunk(b"IHDR", struct.pack(">IIBBBBB", 30, 20, 8, 0, 0, 0, 0))
ENDLESS = {
    "TIFF pages": make_tiff(*[{256: 30, 257: 20}] * 10),
    "entries of a TIFF": b"II*\0"
    + struct.pack("<I", 8)
    + b"".join(
        struct.pack("<H", 60_000) + bytes(12 * 60_000) + struct.pack("<I", 8 + 720_006 * (n + 1)) for n in range(17)
    ),
    "entries of a BigTIFF": b"II+\0" + struct.pack("<HHQ", 8, 0, 16) + struct.pack("<Q", 1 << 40) + bytes(99),
    "PNG chunks": b"\x89PNG\r\n\x1a\n" + IHDR + make_png_chunk(b"tIME") * 1_000_000 + make_png_chunk(b"IEND"),
    "JPEG segments": b"\xff\xd8" + SIZE + make_jpeg_segment(0xE2) * 65_536 + SCAN + b"\xff\xd9",
    "JPEG fill bytes": b"\xff\xd8" + SIZE + b"\xff" * 65_536 + SCAN + b"\xff\xd9",
    "JPEG scans": b"\xff\xd8" + SIZE + SCAN * 101 + b"\xff\xd9",
    "JPEG 2000 boxes": b"\0\0\0\x0cjP  \r\n\x87\n"
    + struct.pack(">I4s", 8, b"free") * 10_000
    + b"\xff\x4f\xff\x51"
    + bytes(30)
    + b"\xff\xd9",
    "Radiance line breaks": b"#?RGBE" + b"\n" * 65_000,
}


@pytest.mark.parametrize("name", ENDLESS)
def test_counts_in_a_header_are_bounded(name: str) -> None:
    with pytest.raises((DamagedPictureError, PictureSizeError)):
        read_header(ENDLESS[name], 9)


@pytest.mark.parametrize("n_scans", [1, 100])
def test_jpeg_with_as_many_scans_as_programs_write(n_scans: int) -> None:
    assert read_header(b"\xff\xd8" + SIZE + SCAN * n_scans + b"\xff\xd9", 9).frames == (Frame(30, 20),)


def test_only_the_first_exif_block_and_its_first_directory_count() -> None:
    first, second = (b"Exif\0\0" + make_directory(">", orientation) for orientation in (6, 3))
    jpeg = b"\xff\xd8" + make_jpeg_segment(0xE1, first) + make_jpeg_segment(0xE1, second) + SIZE + SCAN + b"\xff\xd9"
    assert read_header(jpeg, 9).frames[0].orientation == 6
    chunks = [IHDR, *(make_png_chunk(b"eXIf", block[6:]) for block in (first, second)), make_png_chunk(b"IEND")]
    assert read_header(b"\x89PNG\r\n\x1a\n" + b"".join(chunks), 9).frames[0].orientation == 6
    endless = make_directory("<", 8)[:-4] + struct.pack("<I", 2**31)  # the next directory is past the end
    assert read_exif_orientation(endless) == 8


def test_errors_of_the_header() -> None:
    for raw, error in ((b"", EmptyInputError), (b"hello", NotAPictureError), (b"GIF89a", DamagedPictureError)):
        with pytest.raises(error):
            read_header(raw, 9)


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff\xd8\xff\xc3\0\0",
        b"\xff\xd8" + b"\xff\xc0\0\6\x08\0\x14\0",
        b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0IHDR" + zlib.crc32(b"IHDR").to_bytes(4, "big"),
        b"\x89PNG\r\n\x1a\n" + b"\0\0\0\3IHDRabc" + zlib.crc32(b"IHDRabc").to_bytes(4, "big"),
    ],
    ids=["JPEG, no size", "JPEG, half a size", "PNG, no size", "PNG, less than a width"],
)
def test_part_that_states_less_than_it_must_hold_is_damaged(raw: bytes) -> None:
    with pytest.raises(DamagedPictureError, match="broken or cut short"):
        read_header(raw, 9)
