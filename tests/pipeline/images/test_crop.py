"""A part of a page: its pixels, and the way back to pixels of the whole picture."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from pipeline.errors import RegionError
from pipeline.images.crop import crop_page
from pipeline.images.load import load_page
from pipeline.images.pictures import make_page
from pipeline.region import Region


def test_part_has_the_pixels_of_the_region() -> None:
    gray = np.arange(40 * 30, dtype=np.uint8).reshape(30, 40)
    part = crop_page(make_page(gray), Region(10, 5, 30, 25))
    assert np.array_equal(part.gray, gray[5:25, 10:30])
    assert part.source_size_px == (40, 30)
    assert (part.to_source @ [0, 0, 1]).tolist() == [10, 5, 1]


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_part_of_a_shrunk_turned_photo_maps_back(orientation: int, tmp_path: Path) -> None:
    upright = np.full((1200, 1600), 255, np.uint8)
    upright[600:640, 1000:1100] = 0  # a bar within the region
    quarters = {1: 0, 3: 2, 6: 1, 8: 3}[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "a.png"
    Image.fromarray(np.rot90(upright, quarters)).save(path, exif=exif.tobytes())
    part = crop_page(load_page(path), Region(50, 40, 90, 80, is_percent=True))
    ys, xs = np.nonzero(part.gray < 128)
    corners = part.to_source @ np.array([[xs.min() - 0.5, xs.max() + 0.5], [ys.min() - 0.5, ys.max() + 0.5], [1, 1]])
    assert np.abs(corners[:2] + 0.5 - [[1000, 1100], [600, 640]]).max() <= 2.5


def test_region_beyond_or_too_small_is_told() -> None:
    page = make_page(np.full((30, 40), 255, np.uint8))
    with pytest.raises(RegionError, match="lies beyond the picture of 40 x 30 px"):
        crop_page(page, Region(40, 0, 50, 30))
    with pytest.raises(RegionError, match="leaves 3 x 30 px, too few to hold a digit"):
        crop_page(page, Region(37, 0, 50, 30))


def test_whole_region_is_the_page() -> None:
    page = make_page(cv2.blur(np.eye(64, dtype=np.uint8) * 255, (5, 5)))
    assert np.array_equal(crop_page(page, Region(0, 0, 100, 100, is_percent=True)).gray, page.gray)
