from __future__ import annotations

import gc
import pickle
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from pipeline.errors import DamagedPictureError, EncryptedPictureError, InputError, MissingInputError, PictureSizeError
from pipeline.images.load import load_page, load_pages, open_picture
from pipeline.images.pdf import Pdf, is_pdf
from pipeline.settings.images import ImageSettings
from tests.support.pdfs import PATCHES, make_pdf

AT_72 = ImageSettings(dpi=72)
LOCK = f"/Encrypt<</Filter/Standard/V 1/R 2/O<{'ab' * 32}>/U<{'cd' * 32}>/P -4>>/ID[<{'00' * 16}><{'00' * 16}>]"


def read_corners(gray: np.ndarray) -> list[int]:
    return [int(gray[y, x]) for y in (5, -6) for x in (5, -6)]


def test_page_is_drawn_in_gray_and_in_color() -> None:
    picture = open_picture(make_pdf(["1 0 0 rg 0 160 100 80 re f"]), AT_72)
    page, color = picture.load_page(), picture.load_color()
    assert (picture.n_pages, picture.note, page.source_size_px) == (1, None, (400, 240))
    assert page.gray.shape == color.shape[:2] == (240, 400)
    assert color[5, 5].tolist() == [0, 0, 255]
    assert np.abs(cv2.cvtColor(color, cv2.COLOR_BGR2GRAY).astype(int) - page.gray).max() <= 2


def test_pdf_of_too_many_pages() -> None:
    raw = make_pdf([PATCHES] * 3)
    assert open_picture(raw, ImageSettings(most_pages=3)).n_pages == 3
    with pytest.raises(PictureSizeError, match="it has 3 pages, more than 2"):
        open_picture(raw, ImageSettings(most_pages=2))


@pytest.mark.parametrize(
    ("turn_deg", "corners"),
    [(0, [0, 255, 255, 128]), (90, [255, 0, 128, 255]), (180, [128, 255, 255, 0]), (270, [255, 128, 0, 255])],
)
def test_page_is_turned_as_it_asks(turn_deg: int, corners: list[int]) -> None:
    page = load_page(make_pdf(page=f"/Rotate {turn_deg}"), AT_72)
    assert np.allclose(read_corners(page.gray), corners, atol=1)
    assert page.source_size_px == ((400, 240) if turn_deg % 180 == 0 else (240, 400))


@pytest.mark.parametrize("dpi", [36, 100, 300])
def test_dpi_is_a_setting(dpi: int) -> None:
    assert load_page(make_pdf(), ImageSettings(dpi=dpi)).source_size_px == (-(-400 * dpi // 72), -(-240 * dpi // 72))


def test_to_source_counts_px_before_shrinking() -> None:
    raw = make_pdf(["0 g 300 140 20 20 re f"])  # center (310, 90) from the top left, in points
    page = load_page(raw, ImageSettings(dpi=288, work_side_px=400))
    assert page.gray.shape == (240, 400)
    assert page.source_size_px == (1600, 960)
    weights = 255.0 - page.gray
    center = [weights.sum(0) @ np.arange(400) / weights.sum(), weights.sum(1) @ np.arange(240) / weights.sum(), 1]
    assert (page.to_source @ center)[:2] == pytest.approx([4 * 310 - 0.5, 4 * 90 - 0.5], abs=0.2)


@pytest.mark.parametrize(
    "box", ["0 0 2384 3370", "0 0 14400 14400", "0 0 1e6 1e6"], ids=["A0", "PDF's largest", "vast"]
)
def test_huge_page_is_drawn_coarser(box: str) -> None:
    width, height = load_page(make_pdf(box=box), ImageSettings(most_mpx=1)).source_size_px
    assert 990_000 < width * height <= 1_000_000


@pytest.mark.parametrize("box", ["0 0 1e30 1", "0 0 3 400000", "0 0 1e38 1e38", "0 0 1e400 1e400", "5 5 5 5"])
def test_absurd_page_is_data(box: str) -> None:
    try:
        assert load_page(make_pdf(box=box), ImageSettings(most_mpx=1)).gray.size <= 1_000_000
    except (PictureSizeError, DamagedPictureError) as error:
        assert error.hint


def test_annotations_and_form_fields_are_drawn() -> None:
    drawing = "<</Type/XObject/Subtype/Form/BBox[0 0 100 80]/Length 23>>stream\n0 g 0 0 100 80 re f    \nendstream"
    for kind in ("/Subtype/Stamp", "/Subtype/Widget/FT/Tx/T(number)"):
        annotation = f"/Annots[<</Type/Annot{kind}/F 4/Rect[0 160 100 240]/AP<</N 6 0 R>>>>]"
        raw = make_pdf(["", ""], page=annotation, catalog="/AcroForm<</Fields[]>>")
        raw = raw.replace(b"<</Length 0>>stream\n\nendstream", drawing.encode())  # both pages' contents, 4 and 6
        assert load_page(raw, AT_72).gray[5, 5] == 0


def test_pages_of_a_scan(tmp_path: Path) -> None:
    pages = [Image.new("L", (60, 80), 60 * n) for n in range(1, 4)]
    path = tmp_path / "scan.PDF"
    pages[0].save(path, save_all=True, append_images=pages[1:], resolution=72)
    read = list(load_pages(path, AT_72))
    assert [(page.number, page.gray.shape, round(page.gray.mean() / 60)) for page in read] == [
        (number, (80, 60), number) for number in (1, 2, 3)
    ]


def test_document_is_opened_once(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = open_picture(make_pdf([PATCHES] * 500), AT_72)
    monkeypatch.setattr("pipeline.images.pdf._open", None)
    assert picture.n_pages == 500
    assert picture.load_page(500).number == 500
    with pytest.raises(MissingInputError, match="no page 501"):
        picture.load_page(501)


def test_bad_page_costs_that_page_only() -> None:
    raw = (
        make_pdf([PATCHES] * 3)
        .replace(b"5 0 obj<</Type/Page/", b"5 0 obj<</Type/Nope/")
        .replace(b"5 0 R 7", b"9 0 R 7")
    )
    picture = open_picture(raw, AT_72)
    for number in (1, 3):
        assert picture.load_page(number).gray[5, 5] == 0
    with pytest.raises(DamagedPictureError, match="page"):
        picture.load_page(2)


@pytest.mark.parametrize(
    ("raw", "error", "message"),
    [
        (make_pdf(trailer=LOCK), EncryptedPictureError, "password"),
        (make_pdf([]), DamagedPictureError, "PDF"),
        (b"%PDF-1.4\n" + bytes(100), DamagedPictureError, "PDF"),
        (make_pdf([PATCHES]).replace(b"/Count 1", b"/Count 900000"), DamagedPictureError, "more than it has bytes"),
    ],
    ids=["encrypted", "no pages", "noise", "false count"],
)
def test_pdf_that_cannot_be_opened(raw: bytes, error: type[InputError], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        open_picture(raw, name="a.pdf")
    assert caught.value.hint
    assert str(caught.value).startswith("a.pdf: ")


def test_mark_may_follow_blanks() -> None:
    assert is_pdf(b"\xef\xbb\xbf\r\n%PDF-1.4")
    assert not is_pdf(b"% PDF") and not is_pdf(b"")
    assert load_page(b"\n\n" + make_pdf(), AT_72).gray[5, 5] == 0


def test_picture_travels_to_another_process() -> None:
    picture = open_picture(make_pdf(), AT_72)
    assert np.array_equal(pickle.loads(pickle.dumps(picture)).load_page().gray, picture.load_page().gray)


def test_closing_twice_is_once_and_forgetting_closes() -> None:
    pdf = Pdf(make_pdf(), AT_72)
    document = pdf._document
    del pdf
    gc.collect()
    assert not document.raw
    picture = open_picture(make_pdf(), AT_72)
    picture.close()
    picture.close()
    with pytest.raises(DamagedPictureError):
        picture.load_page()


@pytest.mark.slow
def test_nothing_is_said_at_exit() -> None:
    code = (
        "import weakref, pickle\n"
        "class Thing: pass\n"
        "kept = Thing(); weakref.finalize(kept, print, end='')\n"  # so that weakref's own exit comes last
        "from pipeline.images.load import open_picture\n"
        "from tests.support.pdfs import make_pdf\n"
        "pictures = [open_picture(make_pdf()) for _ in range(3)]; pictures[0].load_page()\n"
        "ring = [pictures]; ring.append(ring)\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
