"""Every further format, from one picture: what is read of it, what is said of it, and what hostile bytes do to it."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import cv2
import numpy as np
import pillow_heif
import pytest
from PIL import Image

from pipeline.errors import DamagedPictureError, InputError, PictureSizeError
from pipeline.images.headers import read_header
from pipeline.images.load import SUFFIXES, load_page, load_pages, open_picture
from pipeline.images.pixels import expose
from pipeline.settings.images import ImageSettings
from tests.support.pdfs import make_pdf

GRAY = np.full((120, 200), 255, np.uint8)
GRAY[:40, :50] = 0
GRAY[-40:, -50:] = 128
BGR = cv2.cvtColor(GRAY, cv2.COLOR_GRAY2BGR)
LIGHT = (BGR / np.float32(255)) ** np.float32(2.2)


def save(picture_format: str, pixels: np.ndarray = GRAY, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, picture_format, **options)
    return file.getvalue()


def encode(suffix: str, pixels: np.ndarray) -> bytes:
    return cv2.imencode(suffix, pixels)[1].tobytes()


def save_heic(pixels: np.ndarray = GRAY, orientation: int = 1, **options: object) -> bytes:
    exif = Image.Exif()
    exif[274] = orientation
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(pixels)).save(file, quality=95, exif=exif.tobytes(), **options)
    return file.getvalue()


def make_sun(pixels: np.ndarray) -> bytes:
    """Return an 8-bit gray Sun raster without a color map; its rows are of even length."""
    height, width = pixels.shape
    return struct.pack(">8I", 0x59A66A95, width, height, 8, pixels.size, 1, 0, 0) + pixels.tobytes()


def make_pam(pixels: np.ndarray, most: int) -> bytes:
    height, width, depth = pixels.shape
    kind = {1: "GRAYSCALE", 2: "GRAYSCALE_ALPHA", 3: "RGB", 4: "RGB_ALPHA"}[depth]
    fields = (
        f"P7\n# made by hand\nWIDTH {width}\nHEIGHT {height}\nDEPTH {depth}\nMAXVAL {most}\nTUPLTYPE {kind}\nENDHDR\n"
    )
    return fields.encode() + (pixels / 255 * most).round().astype(np.uint8 if most < 256 else ">u2").tobytes()


def make_pgm(pixels: np.ndarray, most: int, header: str = "P5 200 120 {}\n") -> bytes:
    samples = (pixels / 255 * most).round().astype(np.uint8 if most < 256 else ">u2")
    return header.format(most).encode() + samples.tobytes()


PICTURES: dict[str, tuple[str, bytes]] = {
    "HEIC": ("HEIF", save_heic()),
    "HEIC in color": ("HEIF", save_heic(BGR)),
    "HEIC with alpha": ("HEIF", save_heic(np.dstack([BGR, np.full_like(GRAY, 255)]))),
    "AVIF": ("AVIF", save("AVIF", quality=95)),
    "AVIF in color": ("AVIF", save("AVIF", BGR, quality=95)),
    "PBM": ("PPM", save("PPM", GRAY > 200)),
    "PBM in letters": ("PPM", b"P1 # bits\n200\t120\n" + b"".join(b"%d " % (v < 200) for v in GRAY.ravel())),
    "PGM": ("PPM", encode(".pgm", GRAY)),
    "PGM of 7 levels": ("PPM", make_pgm(GRAY, 6, "P5\n# scanned\n#\n200\n120 {}\n")),
    "PGM of 10 bits": ("PPM", make_pgm(GRAY, 1023)),
    "PPM": ("PPM", encode(".ppm", BGR)),
    "PNM": ("PPM", encode(".pnm", GRAY)),
    "PAM": ("PAM", make_pam(GRAY[..., None], 255)),
    "PAM in color": ("PAM", make_pam(BGR, 255)),
    "PAM of 12 bits": ("PAM", make_pam(BGR, 4095)),
    "PAM with alpha": ("PAM", make_pam(np.dstack([BGR, np.full_like(GRAY, 255)]), 255)),
    "PFM": ("PFM", encode(".pfm", LIGHT)),
    "PFM in gray": ("PFM", encode(".pfm", LIGHT[..., 0].copy())),
    "HDR": ("HDR", encode(".hdr", LIGHT)),
    "JP2": ("JPEG2000", encode(".jp2", GRAY)),
    "JP2 in color": ("JPEG2000", encode(".jp2", BGR)),
    "J2K": ("JPEG2000", save("JPEG2000", no_jp2=True)),
    "SUN": ("SUN", make_sun(GRAY)),
    "SUN in color": ("SUN", encode(".ras", BGR)),
    "PDF": ("PDF", save("PDF", resolution=300)),
}
SEEDS = {name: PICTURES[name][1] for name in ("HEIC", "AVIF", "PGM", "PAM", "PFM", "HDR", "JP2", "J2K", "SUN")}
SEEDS |= {"PDF": make_pdf(page="/Rotate 90", catalog="/AcroForm<</Fields[]>>"), "PDF of a scan": PICTURES["PDF"][1]}


@pytest.mark.parametrize("name", PICTURES)
def test_every_format_gives_the_same_gray(name: str) -> None:
    picture_format, raw = PICTURES[name]
    picture = open_picture(raw)
    page = picture.load_page()
    assert (picture.header.format, picture.note, page.source_size_px) == (picture_format, None, (200, 120))
    corners = [int(page.gray[y, x]) for y in (10, -10) for x in (10, -10)]
    wanted = [0, 255, 255, 0 if "PBM" in name else 128]
    assert np.allclose(corners, wanted, atol=26 if "7 levels" in name else 4)
    color = picture.load_color()
    assert np.abs(cv2.cvtColor(color, cv2.COLOR_BGR2GRAY).astype(int) - page.gray).max() <= 8


@pytest.mark.parametrize("name", ["HEIC", "AVIF", "PPM", "PAM", "PFM", "JP2", "SUN"])
def test_color_is_in_bgr(name: str) -> None:
    orange = np.full((64, 64, 3), (10, 130, 250), np.uint8)  # BGR
    rgb = orange[..., ::-1].copy()
    raw = {
        "HEIC": lambda: save_heic(rgb),
        "AVIF": lambda: save("AVIF", rgb),
        "PAM": lambda: make_pam(rgb, 255),
        "PFM": lambda: encode(".pfm", orange.astype(np.float32)),
    }.get(name, lambda: encode({"PPM": ".ppm", "JP2": ".jp2", "SUN": ".sr"}[name], orange))()
    blue, green, red = open_picture(raw).load_color()[30, 30]
    assert blue < green < red


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("write", [save_heic, None], ids=["HEIC", "AVIF"])
def test_pixels_are_turned_exactly_once(write: Callable[..., bytes] | None, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    raw = write(GRAY, orientation) if write else save("AVIF", exif=exif)
    shown = {1: GRAY, 2: GRAY[:, ::-1], 3: GRAY[::-1, ::-1], 4: GRAY[::-1], 5: GRAY.T}
    shown |= {6: np.rot90(GRAY, -1), 7: GRAY[::-1, ::-1].T, 8: np.rot90(GRAY)}
    page = load_page(raw)
    assert page.gray.shape == shown[orientation].shape == page.source_size_px[::-1]
    assert np.abs(page.gray.astype(int) - shown[orientation]).mean() < 3


@pytest.mark.parametrize(("mode", "pixels"), [("I;16", GRAY), ("RGB;16", BGR)])
def test_deep_heic(mode: str, pixels: np.ndarray) -> None:
    file = io.BytesIO()
    pillow_heif.from_bytes(mode, (200, 120), (pixels.astype(np.uint16) << 8).tobytes()).save(file, quality=95)
    assert np.allclose(load_page(file.getvalue()).gray[[10, 10, -10], [10, -10, -10]], [0, 255, 128], atol=6)


def test_main_picture_of_several_is_read() -> None:
    pictures = pillow_heif.from_pillow(Image.fromarray(np.zeros_like(GRAY)))
    pictures.add_from_pillow(Image.fromarray(GRAY))
    file = io.BytesIO()
    pictures.save(file, primary_index=1)
    picture = open_picture(file.getvalue())
    assert (picture.n_pages, picture.note) == (1, "it holds 2 pictures: the main one is read")
    assert picture.load_page().gray[10, -10] > 250


@pytest.mark.parametrize("picture_format", ["GIF", "PNG", "WEBP", "AVIF"])
def test_animation_is_read_as_its_first_frame_and_that_is_said(picture_format: str) -> None:
    frames = [Image.fromarray(np.full((40, 60), gray, np.uint8)) for gray in (0, 255, 100)]
    file = io.BytesIO()
    frames[0].save(file, picture_format, save_all=True, append_images=frames[1:])
    picture = open_picture(file.getvalue())
    note = "animated: the first frame is read" if picture_format == "GIF" else "animated: the first of 3 frames is read"
    assert (picture.n_pages, picture.note) == (1, note)
    assert picture.load_page().gray.max() < 5


SIDES = struct.pack(">II", 30_000, 30_000)
BOMBS = {
    "PPM": b"P4 30000 30000\n",
    "PAM": b"P7\nWIDTH 30000\nHEIGHT 30000\nDEPTH 1\nMAXVAL 1\nENDHDR\n",
    "PFM": b"PF\n30000 30000\n-1\n",
    "HDR": b"#?RGBE\nFORMAT=32-bit_rle_rgbe\n\n-Y 30000 +X 30000\n",
    "SUN": make_sun(GRAY)[:4] + SIDES + make_sun(GRAY)[12:],
    "J2K": b"\xff\x4f\xff\x51" + struct.pack(">HH", 41, 0) + SIDES + bytes(8) + b"\xff\xd9",
    "AVIF": PICTURES["AVIF"][1].replace(struct.pack(">II", 200, 120), struct.pack(">II", 16_000, 16_000)),
    "HEIC": PICTURES["HEIC"][1].replace(struct.pack(">II", 200, 120), struct.pack(">II", 16_000, 16_000)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_size_is_checked_before_decoding(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.images.load.decode_stored", None)
    with pytest.raises(PictureSizeError, match="more than 200 megapixels"):
        load_page(BOMBS[name])


@pytest.mark.parametrize("share", [0.05, 0.3, 0.9])
@pytest.mark.parametrize("name", [name for name in PICTURES if not name.startswith(("PDF", "PBM in letters"))])
def test_cut_files_are_damaged(name: str, share: float, capfd: pytest.CaptureFixture[str]) -> None:
    raw = PICTURES[name][1]
    with pytest.raises(DamagedPictureError) as caught:
        load_page(raw[: int(share * len(raw))])
    assert "\n" not in str(caught.value)  # a line of stderr is one file's
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "raw",
    [
        b"P5 12",
        b"P5 # only words",
        b"P7\nWIDTH 3\nENDHDR\n",
        b"P7\nWIDTH 3\nHEIGHT 3\nDEPTH 9\nMAXVAL 255\nENDHDR\n",
        b"#?RADIANCE\n\n+X 30 -Y 20\n",
        b"\xff\x4f\xff\x51\0",
        b"\0\0\0\x0cjP  \r\n\x87\n" + struct.pack(">I4s", 0, b"jp2h"),
        b"\0\0\0\x0cjP  \r\n\x87\n" + struct.pack(">I4sQ", 1, b"uuid", 1 << 60) + bytes(30),
    ],
)
def test_headers_that_break_off(raw: bytes) -> None:
    with pytest.raises(DamagedPictureError):
        read_header(raw, 9)


def test_suffixes_cover_the_formats() -> None:
    wanted = ".pdf .heic .heif .avif .pbm .pgm .ppm .pam .pnm .pfm .jp2 .sr .ras .hdr .pic .jpg .tif .gif"
    assert set(wanted.split()) <= set(SUFFIXES)
    assert len(set(SUFFIXES)) == len(SUFFIXES)
    assert not {".exr", ".jxl", ".mp4", ".txt"} & set(SUFFIXES)


def test_lamp_does_not_darken_the_paper() -> None:
    light = np.full((100, 100), 0.5, np.float32)
    light[:50] = 0.1
    light[0, :9] = 5000
    light[1, :3] = (np.nan, np.inf, -1)
    exposed = expose(light)
    assert (exposed[-1, -1], exposed[0, 0], exposed[1, 0], exposed[1, 2]) == (255, 255, 0, 0)
    assert exposed[30, 30] == round(255 * 0.2 ** (1 / 2.2))
    assert not expose(np.zeros((3, 3), np.float32)).any()


def mutate(raw: bytes, rng: np.random.Generator) -> bytes:
    """Return the bytes with a few of them changed, a stretch taken out, doubled or filled, or the end cut off."""
    changed = bytearray(raw)
    first, last = sorted(int(at) for at in rng.integers(0, len(raw), 2))
    act = rng.integers(0, 6)
    if act == 0:
        return raw[:first] + raw[last:]
    if act == 1:
        return raw[:last] + raw[first:]
    if act == 2:
        return raw[:first]
    if act == 3:
        last = min(last, first + 8)
        changed[first:last] = bytes([int(rng.choice([0, 255, 127]))]) * (last - first)
        return bytes(changed)
    for _ in range(int(rng.integers(1, 12))):
        # Headers stand at the front of most formats: half of the changes go there.
        changed[int(rng.integers(0, len(raw) if act == 4 else min(300, len(raw))))] = int(rng.integers(0, 256))
    return bytes(changed)


def read_mutants(name: str, seed: int, n_mutants: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(n_mutants):
        raw = mutate(SEEDS[name], rng)
        try:
            pages = [
                page for _, page in zip(range(3), load_pages(raw, ImageSettings(most_mpx=1, dpi=72)), strict=False)
            ]
        except InputError as error:
            assert error.code
            continue
        assert all(page.gray.dtype == np.uint8 for page in pages)


@pytest.mark.parametrize("name", SEEDS)
def test_hostile_bytes_give_pages_or_our_error(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    read_mutants(name, 1, 12)
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 5))
@pytest.mark.parametrize("name", SEEDS)
def test_many_hostile_bytes_give_pages_or_our_error(name: str, seed: int) -> None:
    read_mutants(name, seed, 300)
