from __future__ import annotations

from base64 import b64decode
from typing import Any

import cv2
import numpy as np
import pytest

from pipeline.geometry import Box
from pipeline.outputs.picture_keys import CROPS, DATA_URI, PICTURE, name_box
from pipeline.outputs.records import make_record
from pipeline.outputs.report_pictures import make_pictures
from pipeline.types import Digit, PageReading, Reading


def make_one(box: Box, turned_deg: int = 0, digits: tuple[Box, ...] = ()) -> dict[str, Any]:
    parts = tuple(Digit("1", 1.0, one) for one in digits or (box,))
    return make_record(PageReading("a.png", 1, (800, 600), (Reading("1", 1.0, box, parts),), "digits", {}, turned_deg))


def decode(uri: str) -> np.ndarray:
    raw = np.frombuffer(b64decode(uri.removeprefix(DATA_URI), validate=True), np.uint8)
    return cv2.imdecode(raw, cv2.IMREAD_COLOR)


def crop(record: dict[str, Any], bgr: np.ndarray, to_source: np.ndarray | None = None) -> np.ndarray:
    [found] = make_pictures(record, bgr, to_source)[CROPS].values()
    return decode(found)


PAPER = np.full((600, 800, 3), 230, np.uint8)


@pytest.mark.parametrize(
    ("height", "shown"),
    [(12, 20), (40, 64), (64, 104), (128, 103), (320, 103)],
    ids=["low", "usual", "64", "128", "320"],
)
def test_digits_keep_their_own_pixels_up_to_64(height: int, shown: int) -> None:
    found = crop(make_one(Box(100, 100, 100 + 2 * height, 100 + height)), PAPER)
    assert abs(len(found) - shown) <= 1


def test_it_shows_the_ink_of_its_box_and_what_is_around() -> None:
    bgr = PAPER.copy()
    bgr[200:240, 300:320] = 20
    found = crop(make_one(Box(300, 200, 320, 240)), bgr).astype(int)
    assert found.shape == (64, 44, 3)
    assert np.abs(found[32, 22] - 20).max() < 15
    assert np.abs(found[5, 5] - 230).max() < 15


def test_sloping_number_is_as_large_as_its_digits() -> None:
    digits = Box(100, 100, 130, 140), Box(300, 300, 330, 340)
    assert crop(make_one(Box(100, 100, 330, 340), digits=digits), PAPER).shape == (264, 254, 3)


def test_boxes_are_px_of_the_source() -> None:
    half = np.array([[2, 0, 0.5], [0, 2, 0.5], [0, 0, 1]], np.float64)
    bgr = PAPER.copy()
    bgr[100:120, 150:160] = 20
    found = crop(make_one(Box(300, 200, 320, 240)), bgr, half)
    assert found.shape == (32, 22, 3)
    assert found[16, 11].max() < 60


@pytest.mark.parametrize(("turned_deg", "dark"), [(0, (0, 0)), (90, (1, 0)), (180, (1, 1)), (270, (0, 1))])
def test_it_is_turned_as_it_was_read(turned_deg: int, dark: tuple[int, int]) -> None:
    bgr = PAPER.copy()
    bgr[200:216, 300:316] = 20  # the top left quarter
    found = crop(make_one(Box(300, 200, 332, 232), turned_deg), bgr)
    height, width = found.shape[0] // 2, found.shape[1] // 2
    quarters = {
        (i, j): found[i * height : (i + 1) * height, j * width : (j + 1) * width].mean() for i in (0, 1) for j in (0, 1)
    }
    assert min(quarters, key=quarters.__getitem__) == dark


def test_no_photo_makes_them_large() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (600, 800, 3), np.uint8)
    pictures = make_pictures(make_one(Box(0, 0, 800, 600), digits=(Box(0, 0, 20, 30),)), noise, None)
    assert len(pictures[CROPS]["0 0 800 600"]) < 6_000
    usual = make_pictures(make_one(Box(100, 100, 300, 164)), noise, None)[CROPS]
    assert len(usual[name_box([100, 100, 300, 164])]) < 6_000


def test_page_is_large_enough_to_read() -> None:
    assert decode(
        make_pictures(make_one(Box(1, 1, 9, 9)), np.full((2400, 3200, 3), 230, np.uint8), None)[PICTURE]
    ).shape == (
        1200,
        1600,
        3,
    )


def test_page_without_numbers_has_no_crops() -> None:
    assert make_pictures(make_record(PageReading("a.png", 1, (800, 600), (), "digits", {})), PAPER, None)[CROPS] == {}
