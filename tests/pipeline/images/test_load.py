from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipeline.errors import (
    DamagedPictureError,
    EmptyInputError,
    InputError,
    MissingInputError,
    NotAPictureError,
    PictureSizeError,
)
from pipeline.images.load import load_page, load_pages, open_picture
from pipeline.settings.images import ImageSettings

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF")
ORIENTED_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF")
STORE = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""What a camera held that way stores: the inverse of what shows the picture upright."""


def encode(picture: Image.Image, picture_format: str, orientation: int = 1, **options: object) -> bytes:
    stored = picture if STORE[orientation] is None else picture.transpose(STORE[orientation])
    if orientation > 1 and picture_format == "TIFF":
        options["tiffinfo"] = {274: orientation}
    elif orientation > 1:
        exif = Image.Exif()
        exif[274] = orientation
        options["exif"] = exif
    file = io.BytesIO()
    stored.save(file, picture_format, **{"quality": 95} if picture_format == "JPEG" else {}, **options)
    return file.getvalue()


def make_picture(width: int = 40, height: int = 24) -> Image.Image:
    """Return white paper with a black patch at the top left and a gray patch at the bottom right."""
    gray = np.full((height, width), 255, np.uint8)
    gray[: height // 3, : width // 4] = 0
    gray[-height // 3 :, -width // 4 :] = 128
    return Image.fromarray(gray)


def encode_cv(suffix: str, pixels: np.ndarray) -> bytes:
    return cv2.imencode(suffix, pixels)[1].tobytes()


def read_corners(gray: np.ndarray) -> list[int]:
    """Return the gray at the top left, top right, bottom left and bottom right."""
    return [int(gray[y, x]) for y in (2, -3) for x in (2, -3)]


@pytest.mark.parametrize("picture_format", FORMATS)
def test_every_format_gives_the_same_gray(picture_format: str) -> None:
    page = load_page(encode(make_picture(), picture_format))
    assert page.gray.shape == (24, 40)
    assert page.gray.dtype == np.uint8
    assert page.source_size_px == (40, 24)
    assert np.allclose(read_corners(page.gray), [0, 255, 255, 128], atol=6)


MODES = {
    "JPEG": ("RGB", "L", "CMYK"),
    "PNG": ("RGB", "L", "1", "P", "LA", "RGBA"),
    "WEBP": ("RGB", "RGBA"),
    "TIFF": ("RGB", "L", "1", "P", "CMYK", "LA", "RGBA"),
    "BMP": ("RGB", "L", "1", "P", "RGBA"),
    "GIF": ("RGB", "L", "1", "P", "RGBA"),
}


@pytest.mark.parametrize(("picture_format", "mode"), [(name, mode) for name in FORMATS for mode in MODES[name]])
def test_every_mode_that_a_format_can_hold(mode: str, picture_format: str) -> None:
    black_and_white = make_picture().point(lambda value: 0 if value < 128 else 255)
    raw = encode(black_and_white.convert(mode), picture_format)
    assert np.allclose(read_corners(load_page(raw).gray), [0, 255, 255, 255], atol=6)


@pytest.mark.parametrize("orientation", STORE)
@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("picture_format", ORIENTED_FORMATS)
def test_orientation_is_honored_exactly_once(picture_format: str, mode: str, orientation: int) -> None:
    page = load_page(encode(make_picture().convert(mode), picture_format, orientation))
    assert page.gray.shape == (24, 40)
    assert page.source_size_px == (40, 24)
    assert np.allclose(read_corners(page.gray), [0, 255, 255, 128], atol=6)


@pytest.mark.parametrize("orientation", STORE)
@pytest.mark.parametrize("picture_format", ["PNG", "WEBP", "TIFF"])
def test_orientation_with_transparency(picture_format: str, orientation: int) -> None:
    picture = make_picture().convert("RGBA")
    picture.putalpha(make_picture().point(lambda value: 0 if value == 255 else 255))
    assert read_corners(load_page(encode(picture, picture_format, orientation)).gray) == [0, 255, 255, 128]


@pytest.mark.parametrize("orientation", STORE)
@pytest.mark.parametrize("picture_format", ORIENTED_FORMATS)
def test_to_source_leads_back_to_the_original(picture_format: str, orientation: int) -> None:
    gray = np.full((611, 1003), 255, np.uint8)
    gray[100:121, 700:741] = 0  # center (720, 110)
    picture = open_picture(encode(Image.fromarray(gray), picture_format, orientation), ImageSettings(work_side_px=200))
    page = picture.load_page()
    assert max(page.gray.shape) == (251 if picture_format == "JPEG" else 200)
    weights = 255.0 - page.gray
    center = np.array([(weights.sum(0) @ np.arange(weights.shape[1])), (weights.sum(1) @ np.arange(len(weights)))])
    x, y, _ = page.to_source @ [*(center / weights.sum()), 1]
    assert (x, y) == pytest.approx((720, 110), abs=0.3)
    assert page.source_size_px == (1003, 611)
    assert picture.load_color().shape == (*page.gray.shape, 3)


@pytest.mark.parametrize(
    ("side_px", "scale"), [(100, 1), (399, 1), (400, 2), (799, 2), (800, 4), (1599, 4), (1600, 8), (4000, 8)]
)
def test_jpeg_shrinks_by_what_its_decoder_can(side_px: int, scale: int) -> None:
    raw = encode(Image.new("L", (side_px, side_px // 2 + 1), 255), "JPEG")
    assert load_page(raw, ImageSettings(work_side_px=200)).gray.shape[1] == -(-side_px // scale)


@pytest.mark.parametrize("picture_format", ["PNG", "JPEG"])
@pytest.mark.parametrize(
    ("size_px", "shrunk", "note"),
    [
        ((1600, 1000), 8, None),
        ((8000, 100), 1, None),  # as large as on a page of 200 x 100 px
        ((100, 8000), 1, None),
        ((16000, 400), 4, None),
        ((16000, 150), 2, "a long strip, shrunk 2 times"),  # else it had more than a megapixel
    ],
    ids=["page", "strip", "receipt", "broad strip", "long strip"],
)
def test_strip_is_shrunk_by_its_short_side(
    size_px: tuple[int, int], shrunk: int, note: str | None, picture_format: str
) -> None:
    settings = ImageSettings(work_side_px=200, most_work_mpx=1)
    picture = open_picture(encode(Image.new("L", size_px, 255), picture_format), settings)
    page = picture.load_page()
    assert page.gray.shape == tuple(-(-n // shrunk) for n in size_px[::-1])
    assert page.to_source[0, 0] == shrunk
    assert picture.note_page(1) == note


@pytest.mark.parametrize("picture_format", FORMATS)
@pytest.mark.parametrize("fill", [0, 77, 255], ids=["all-ink", "constant-gray", "blank"])
def test_flat_pages_stay_flat(fill: int, picture_format: str) -> None:
    page = load_page(encode(Image.new("L", (32, 16), fill), picture_format))
    assert np.abs(page.gray.astype(int) - fill).max() <= 1


def test_color_is_in_bgr_and_covers_the_gray() -> None:
    picture = open_picture(encode(Image.new("RGB", (20, 30), (250, 0, 0)), "JPEG", orientation=6))
    color = picture.load_color()
    assert color.shape == (*picture.load_page().gray.shape, 3) == (30, 20, 3)
    assert color[5, 5, 2] > 240 > 10 > color[5, 5, 0]


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("n_bits", [8, 10, 12, 16])
def test_bits_in_use_are_stretched_to_eight(n_bits: int, suffix: str) -> None:
    white = 2**n_bits - 1
    pixels = np.full((16, 16), white, np.uint16)
    pixels[:8] = white // 2
    gray = load_page(encode_cv(suffix, pixels)).gray
    assert (gray[0, 0], gray[-1, -1]) == (127, 255)


@pytest.mark.parametrize("scale", [1.0, 1000.0, 1e-3], ids=["unit", "large", "small"])
def test_floating_samples_keep_their_order(scale: float) -> None:
    samples = np.full((16, 16), 1.0, np.float32)
    samples[:8] = 0.5
    samples[0, 0] = np.nan
    gray = load_page(encode_cv(".tif", samples * np.float32(scale))).gray
    assert (gray[0, 0], gray[4, 4], gray[12, 12]) == (0, 128, 255)


def test_dark_ink_on_nothing_stands_on_white_and_bright_ink_on_black() -> None:
    for ink, paper in ((40, 255), (230, 0)):
        pixels = np.zeros((30, 40, 4), np.uint8)
        pixels[10:14, 5:35] = (ink, ink, ink, 255)
        gray = load_page(encode_cv(".png", pixels)).gray
        assert (gray[12, 20], gray[25, 20]) == (ink, paper)


def test_cut_out_sheet_stays_on_white() -> None:
    pixels = np.zeros((30, 40, 4), np.uint8)
    pixels[2:28, 2:38] = 240
    pixels[10:14, 5:35, :3] = 20
    assert load_page(encode_cv(".png", pixels)).gray[0, 0] == 255


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_half_transparent_ink_is_half_as_dark(depth: type) -> None:
    pixels = np.zeros((20, 20, 4), depth)
    pixels[5:8, :, 3] = np.iinfo(depth).max // 2
    assert load_page(encode_cv(".png", pixels)).gray[6, 6] == pytest.approx(128, abs=1)


def test_palette_with_a_transparent_color() -> None:
    picture = make_picture().convert("RGB").quantize(4)
    white = picture.getpixel((20, 2))
    assert np.allclose(read_corners(load_page(encode(picture, "PNG", transparency=white)).gray), [0, 255, 255, 128])


def test_tiff_pages_are_numbered_and_thumbnails_left_out() -> None:
    pages = [Image.new("L", (20 + n, 30), 50 * n) for n in range(1, 4)]
    read = list(load_pages(encode(pages[0], "TIFF", save_all=True, append_images=pages[1:])))
    assert [(page.number, page.gray.shape[1], int(page.gray[0, 0])) for page in read] == [
        (1, 21, 50),
        (2, 22, 100),
        (3, 23, 150),
    ]


def test_multi_picture_jpeg_is_one_page() -> None:
    raw = encode(make_picture(), "MPO", save_all=True, append_images=[Image.new("L", (20, 12))])
    assert [page.gray.shape for page in load_pages(raw)] == [(24, 40)]


def test_animation_gives_its_first_frame() -> None:
    frames = [Image.new("L", (20, 20), 0), Image.new("L", (20, 20), 255)]
    for picture_format in ("GIF", "WEBP"):
        raw = encode(frames[0], picture_format, save_all=True, append_images=frames[1:])
        assert [int(page.gray[5, 5]) for page in load_pages(raw)] == [0]


def test_path_of_any_letters(tmp_path: Path) -> None:
    path = tmp_path / "Zählerstand 数字 № 5.PNG"
    path.write_bytes(encode(make_picture(), "PNG"))
    assert load_page(path).source == str(path)
    assert load_page(str(path)).gray.shape == (24, 40)


def change_png_header(width: int, height: int) -> bytes:
    """Return a PNG whose header promises that size and whose pixels are missing; its checksums are right."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [header, b"IDAT" + zlib.compress(b""), b"IEND"]
    packed = (struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def hide_a_thumbnail(jpeg: bytes) -> bytes:
    """Return the JPEG with a whole small JPEG, end marker and all, in an EXIF segment before its own pixels."""
    thumbnail = b"Exif\0\0" + encode(Image.new("L", (8, 8)), "JPEG")
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail + jpeg[2:]


JPEG = encode(make_picture(), "JPEG")
PNG = encode(make_picture(), "PNG")

BAD = {
    "no bytes": (b"", EmptyInputError, "empty"),
    "text": (b"Dear Sir,\nplease find the photo attached.", NotAPictureError, "text"),
    "PDF": (b"%PDF-1.7\n...", DamagedPictureError, "PDF"),
    "HEIC": (b"\0\0\0\x18ftypheic" + bytes(40), DamagedPictureError, "HEIC"),
    "AVIF": (b"\0\0\0\x18ftypavif" + bytes(40), DamagedPictureError, "header"),
    "video": (b"\0\0\0\x18ftypisom" + bytes(40), NotAPictureError, "video"),
    "OpenEXR": (b"\x76\x2f\x31\x01" + bytes(40), NotAPictureError, "OpenEXR"),
    "JPEG XL": (b"\xff\x0a" + bytes(40), NotAPictureError, "JPEG XL"),
    "JPEG XL in boxes": (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(40), NotAPictureError, "JPEG XL"),
    "ZIP": (b"PK\3\4" + bytes(40), NotAPictureError, "ZIP"),
    "zeros": (bytes(400), NotAPictureError, "no picture"),
    "JPEG, two bytes": (JPEG[:2], NotAPictureError, "no picture"),
    "JPEG, header only": (JPEG[:30], DamagedPictureError, "breaks off"),
    "JPEG, half": (JPEG[: len(JPEG) // 2], DamagedPictureError, "breaks off"),
    "JPEG, last bytes": (JPEG[:-3], DamagedPictureError, "breaks off"),
    "JPEG with thumbnail, last bytes": (hide_a_thumbnail(JPEG)[:-3], DamagedPictureError, "breaks off"),
    "JPEG, no pixels": (JPEG[: JPEG.index(b"\xff\xda")], DamagedPictureError, "first pixel"),
    "PNG, header only": (PNG[:20], DamagedPictureError, "breaks off"),
    "PNG, last bytes": (PNG[:-5], DamagedPictureError, "breaks off"),
    "PNG, one bit": (PNG[:45] + bytes([PNG[45] ^ 1]) + PNG[46:], DamagedPictureError, "checksum"),
    "TIFF, header only": (b"II*\0\x08\0\0\0", DamagedPictureError, "breaks off"),
    "TIFF, no page": (b"II*\0\0\0\0\0" + bytes(20), DamagedPictureError, "no page"),
    "header bomb": (change_png_header(30_000, 30_000), PictureSizeError, "30000 x 30000"),
    "1 px": (encode(Image.new("L", (1, 1)), "PNG"), PictureSizeError, "too small"),
    "1 row": (encode(Image.new("L", (300, 1)), "JPEG"), PictureSizeError, "too small"),
    "1 column": (encode(Image.new("L", (1, 300)), "TIFF"), PictureSizeError, "too small"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_picture_says_so(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    raw, error, message = BAD[name]
    with pytest.raises(InputError, match=message) as caught:
        list(load_pages(raw))
    assert type(caught.value) is error
    assert caught.value.hint
    assert caught.value.source == "<bytes>"
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.97])
@pytest.mark.parametrize("picture_format", FORMATS)
def test_cut_files_are_damaged(picture_format: str, share: float, capfd: pytest.CaptureFixture[str]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (60, 80), np.uint8)
    raw = encode(Image.fromarray(noise), picture_format)
    with pytest.raises(DamagedPictureError):
        list(load_pages(raw[: int(len(raw) * share)]))
    assert capfd.readouterr().err == ""


def test_png_without_pixels() -> None:
    with pytest.raises(DamagedPictureError, match="decode"):
        load_page(change_png_header(40, 24))


def test_limits_are_settings() -> None:
    raw = encode(Image.new("L", (1100, 1000), 255), "PNG")
    with pytest.raises(PictureSizeError, match="1 megapixels"):
        load_page(raw, ImageSettings(most_mpx=1))
    with pytest.raises(PictureSizeError, match="at least 50"):
        load_page(PNG, ImageSettings(least_side_px=50))
    assert load_page(encode(Image.new("L", (3, 40)), "PNG"), ImageSettings(least_side_px=3)).gray.shape == (40, 3)


def test_pillow_keeps_its_own_limit() -> None:
    before = Image.MAX_IMAGE_PIXELS
    with pytest.raises(PictureSizeError):
        load_page(change_png_header(30_000, 30_000))
    assert before == Image.MAX_IMAGE_PIXELS


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    for path, error, message in (
        (tmp_path / "none.jpg", MissingInputError, "no such file"),
        (tmp_path, NotAPictureError, "folder"),
        (tmp_path / ("x" * 5000), InputError, "cannot be read"),
        ("a\0b.jpg", InputError, "cannot be read"),
    ):
        with pytest.raises(error, match=message) as caught:
            load_page(path)
        assert str(caught.value).startswith(str(path))


def test_page_past_the_end() -> None:
    with pytest.raises(MissingInputError, match="no page 2"):
        load_page(PNG, number=2)
    with pytest.raises(MissingInputError, match="no page 0"):
        load_page(PNG, number=0)


SEEDS = {name: encode(make_picture(), name, orientation=6 if name in ORIENTED_FORMATS else 1) for name in FORMATS}


@given(st.sampled_from(FORMATS), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6), st.floats(0, 1))
def test_any_bytes_give_pages_or_our_error(name: str, changes: list[tuple[float, int]], kept: float) -> None:
    raw = bytearray(SEEDS[name])
    for where, value in changes:
        raw[int(where * (len(raw) - 1))] = value
    if not changes:
        raw = raw[: int(kept * len(raw))]
    try:
        pages = list(load_pages(bytes(raw), ImageSettings(most_mpx=1)))
    except InputError:
        return
    assert all(page.gray.dtype == np.uint8 for page in pages)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with (tmp_path / "sparse.png").open("wb") as file:
        file.truncate(10 << 30)
    (tmp_path / "folder.png").mkdir()
    for name, error, message in (
        ("pipe.png", InputError, "a named pipe, not a regular file"),
        ("sparse.png", PictureSizeError, "larger than 2 GB"),
        ("folder.png", NotAPictureError, "a folder"),
    ):
        with pytest.raises(error, match=message):
            open_picture(tmp_path / name)


@pytest.mark.parametrize("change", [-1, -1000, 1000])
def test_file_that_changes_its_size_while_it_is_read(
    change: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for picture_format in ("PNG", "TIFF"):
        raw = encode(Image.new("L", (300, 200), 255), picture_format)
        (tmp_path / "page").write_bytes((raw + bytes(1000))[: len(raw) + change])
        found = os.stat_result((0o100644, *[0] * 5, len(raw), 0, 0, 0))  # its size before
        with monkeypatch.context() as patch:
            patch.setattr(os, "fstat", lambda _, found=found: found)
            try:
                pages = [page.gray.shape for page in load_pages(tmp_path / "page")]
            except InputError:
                pages = []
        assert pages in ([], [(200, 300)])
        assert pages or change < 0


def test_pages_of_a_tiff_are_decoded_without_a_copy_of_the_file(tmp_path: Path) -> None:
    frames = [Image.new("L", (300, 200), gray) for gray in (10, 90, 200)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    picture = open_picture(tmp_path / "a.tif")
    assert isinstance(picture.raw, bytearray)
    before = bytes(picture.raw)
    assert [picture.load_page(number).gray[0, 0] for number in (3, 1, 2)] == [200, 10, 90]
    assert picture.raw == before == (tmp_path / "a.tif").read_bytes()
    with pytest.raises(PictureSizeError, match="more than 2 pages"):
        open_picture(tmp_path / "a.tif", ImageSettings(most_pages=2))


def test_long_strip_keeps_the_side_that_a_digit_needs() -> None:
    small = ImageSettings(most_work_mpx=1)
    assert load_page(encode(Image.new("L", (300_000, 17), 255), "PNG"), small).gray.shape == (8, 150_000)
    assert load_page(encode(Image.new("L", (9, 30_000), 255), "JPEG")).gray.shape == (30_000, 9)
