"""Pages with the owner of each pixel: outlines by eye, folders that are damaged."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.errors import InputError
from train.datasets.detector_pages import PAGES_NAME, DetectorPages, outline_marks

ENTRY = {
    "file": "a.jpg",
    "labels": [1, 7, 10],
    "kinds": ["digit", "digit", "letter"],
    "groups": [0, 0, -1],
    "printed": [0, 1, 0],
    "up": [[0, -1], [1, 0], [0, -1]],
}


def make_owner() -> np.ndarray:
    """Return the owners of an upright 1, of a 7 that lies on its right side, and of no letter."""
    owner = np.zeros((40, 60), np.uint16)
    owner[10:30, 5:7] = 1
    owner[5:15, 20:40] = 2
    return owner


def write_page(folder: Path, entry: dict = ENTRY) -> None:
    owner = make_owner()
    cv2.imwrite(str(folder / "a.jpg"), np.where(owner > 0, 30, 220).astype(np.uint8))
    cv2.imwrite(str(folder / "a.png"), owner)
    (folder / PAGES_NAME).write_text(json.dumps(entry) + "\n", "utf-8")


def test_page_without_ink_has_no_marks() -> None:
    assert outline_marks(np.zeros((5, 5), np.uint16), ENTRY) == ()


def test_outlines_by_eye() -> None:
    one, seven = outline_marks(make_owner(), ENTRY)
    assert (one.kind, one.group, one.is_printed, one.height_px) == ("digit", 0, False, 20)
    assert (seven.kind, seven.group, seven.is_printed, seven.height_px) == ("digit", 0, True, 20)
    assert one.hull.min(axis=0).tolist() == [2, 10], "a 1 is widened to 0.4 of its height"
    assert one.hull.max(axis=0).tolist() == [10, 30]
    assert seven.hull.min(axis=0).tolist() == [20, 5] and seven.hull.max(axis=0).tolist() == [40, 15]


def test_speck_of_one_pixel_has_an_area() -> None:
    owner = np.zeros((5, 5), np.uint16)
    owner[2, 3] = 3
    (speck,) = outline_marks(owner, ENTRY)
    assert cv2.contourArea(speck.hull) == 1


def test_round_hull_has_few_corners() -> None:
    owner = cv2.circle(np.zeros((300, 300), np.uint8), (150, 150), 120, 1, -1).astype(np.uint16)
    (round_mark,) = outline_marks(owner, ENTRY)
    assert len(round_mark.hull) <= 16
    assert cv2.contourArea(round_mark.hull) == pytest.approx(np.pi * 120**2, rel=0.06)


def test_folder_is_read(tmp_path: Path) -> None:
    write_page(tmp_path)
    pages = DetectorPages(tmp_path)
    assert len(pages) == 1 and pages.load_photo(0).shape == (40, 60)
    assert [mark.kind for mark in pages.list_marks(0)] == ["digit", "digit"]
    assert pages.list_marks(0) is pages.list_marks(0), "outlined once"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot be read"),
        ("", "holds no pages"),
        ("{", "cannot be read"),
        ('{"file": "a.jpg"}', "cannot be read"),
        (json.dumps(ENTRY | {"up": []}), "unequal length"),
    ],
    ids=["missing", "empty", "broken off", "lacks a key", "lacks a mark"],
)
def test_damaged_list_of_pages(text: str | None, message: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / PAGES_NAME).write_text(text, "utf-8")
    with pytest.raises(InputError, match=message):
        DetectorPages(tmp_path)


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
def test_missing_picture(name: str, tmp_path: Path) -> None:
    write_page(tmp_path)
    (tmp_path / name).unlink()
    pages = DetectorPages(tmp_path)
    with pytest.raises(InputError, match=f"{name}: missing"):
        pages.load_photo(0)
        pages.list_marks(0)
