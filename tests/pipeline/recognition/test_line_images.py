"""Strips of text lines: level, upright, of one height, whatever the line's size, slope, slant and place on the page."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.geometry import Box
from pipeline.recognition.line_images import cut_line_images, measure_slant
from pipeline.types import PAPER_LEVEL, Component, TextLine


def draw_strokes(slant: float = 0.0, slope: float = 0.0, height_px: int = 60) -> tuple[np.ndarray, TextLine]:
    """Return darkness and the line of five strokes that lean by `slant` and stand 50 px apart, centers at 80, 130 .."""
    page, components = np.zeros((240, 500), np.uint8), []
    for x in range(80, 330, 50):
        own, middle = np.zeros_like(page), 120 + slope * (x - 180)
        for y in range(round(middle - height_px / 2), round(middle + height_px / 2)):
            center = x + slant * (middle - y)
            own[y, round(center - 3) : round(center + 3)] = 255
        left, top, width, height = cv2.boundingRect(own)
        mask = own[top : top + height, left : left + width].copy()
        box = Box(left, top, left + width, top + height)
        components.append(Component(box, mask, np.count_nonzero(mask), 6.0, 0.5))
        page = np.maximum(page, own)
    return np.where(page > 0, 200, PAPER_LEVEL).astype(np.uint8), TextLine(tuple(components))


@pytest.mark.parametrize("slope", [0.0, 0.2, -0.2])
@pytest.mark.parametrize("slant", [0.0, 0.2, 0.5, 0.9, -0.3])
def test_column_of_a_stroke_is_where_the_line_image_shows_it(slant: float, slope: float) -> None:
    darkness, line = draw_strokes(slant, slope)
    image = cut_line_images(line, darkness)[0]
    _, _, _, centers = cv2.connectedComponentsWithStats((image.pixels[:, :, 1] > 127).astype(np.uint8))
    posteriors = sorted((centers[1:, 0] + 0.5) / 2)
    expected = image.find_columns(np.arange(80, 330, 50.0))
    assert posteriors == pytest.approx(expected, abs=0.5)
    assert [image.find_x(column) for column in expected] == pytest.approx(range(80, 330, 50))


def make_line(*boxes: tuple[int, int, int, int], page: tuple[int, int] = (200, 400)) -> tuple[np.ndarray, TextLine]:
    """Return darkness (H, W) and the line of components that fill `boxes`."""
    darkness, components = np.full(page, PAPER_LEVEL, np.uint8), []
    for left, top, right, bottom in boxes:
        darkness[top:bottom, left:right] = 200
        mask = np.full((bottom - top, right - left), 255, np.uint8)
        components.append(Component(Box(left, top, right, bottom), mask, mask.size, 4.0, 0.5))
    return darkness, TextLine(tuple(components))


@pytest.mark.parametrize(
    ("boxes", "page"),
    [
        pytest.param([(50, 50, 51, 51)], (200, 400), id="1 px"),
        pytest.param([(0, 0, 1, 1)], (1, 1), id="a page of 1 px"),
        pytest.param([(0, 0, 400, 200)], (200, 400), id="all ink"),
        pytest.param([(0, 0, 9, 30), (391, 170, 400, 200)], (200, 400), id="corners of the page"),
        pytest.param([(10, 50, 12, 53), (20, 50, 22, 53)], (200, 400), id="tiny"),
        pytest.param([(100, 0, 500, 1000), (700, 0, 1000, 1000)], (1000, 1200), id="huge"),
        pytest.param([(0, 99, 400, 101)], (200, 400), id="one long rule"),
        pytest.param([(0, 0, 9000, 8)], (20, 9000), id="longer than what a strip holds"),
        pytest.param([(100, 0, 104, 200)], (200, 400), id="one high stroke"),
        pytest.param([(10 + 20 * i, 10 + 18 * i, 20 + 20 * i, 25 + 18 * i) for i in range(9)], (200, 400), id="steep"),
    ],
)
def test_any_line_has_line_images(boxes: list[tuple[int, int, int, int]], page: tuple[int, int]) -> None:
    darkness, line = make_line(*boxes, page=page)
    for image in cut_line_images(line, darkness):
        height, width, _ = image.pixels.shape
        assert height == 32 and width % 2 == 0 and width == 2 * image.n_columns <= 4096 + 2
        assert image.pixels.dtype == np.uint8 and image.pixels.any(axis=(0, 1)).all()
        assert np.isfinite(image.to_page).all() and image.digit_height_px > 0
        for column in (0.0, 0.25, image.n_columns / 2, image.n_columns):
            assert image.find_columns(np.array([image.find_x(column)]))[0] == pytest.approx(column, abs=1e-6)


def test_line_image_by_hand() -> None:
    darkness, line = make_line((100, 82, 118, 100), (130, 82, 148, 100))
    (image,) = cut_line_images(line, darkness)
    assert image.pixels.shape == (32, 48 + 2 * 12, 2)
    assert (image.digit_height_px, image.slant) == (pytest.approx(18), pytest.approx(0))
    assert image.to_page == pytest.approx(np.array([[1, 0, 88], [0, 1, 75]]))
    own = image.pixels[:, :, 1]
    assert (own[7:25, 12:30] == 255).all() and (own[7:25, 42:60] == 255).all()
    assert np.count_nonzero(own) == 2 * 18 * 18
    assert (image.pixels[:, :, 0] > 0).sum() == 2 * 18 * 18
    assert image.find_columns(np.array([88.0, 100.0, 118.0])) == pytest.approx([0, 6, 15])


def test_ink_beside_the_line_is_dark_and_not_its_own() -> None:
    darkness, line = make_line((100, 82, 118, 100), (130, 82, 148, 100))
    darkness[70:110, 122:124] = 200
    pixels = cut_line_images(line, darkness)[0].pixels
    assert pixels[16, 34, 0] > 100 and pixels[16, 34, 1] == 0


@pytest.mark.parametrize("contrast", [0.2, 0.8])
def test_pale_and_dark_ink_are_as_dark_in_the_line_image(contrast: float) -> None:
    dark = round(PAPER_LEVEL + contrast * (255 - PAPER_LEVEL))
    darkness, line = make_line((100, 82, 118, 100), (130, 82, 148, 100))
    parts = tuple(Component(c.box, c.mask, c.area_px, 4.0, contrast) for c in line.components)
    darkness[darkness > PAPER_LEVEL] = dark
    assert cut_line_images(TextLine(parts), darkness)[0].pixels[16, 20, 0] == pytest.approx(200, abs=4)


def test_line_at_the_rim_is_filled_up_with_paper() -> None:
    darkness, line = make_line((0, 0, 18, 18), (30, 0, 48, 18))
    (image,) = cut_line_images(line, darkness)
    assert (image.pixels[7:25, 12:30, 1] == 255).all()
    assert not image.pixels[:6].any() and not image.pixels[:, :11].any()


def test_small_and_large_ink_has_line_images_of_its_own() -> None:
    usual = [(20 + 40 * i, 80, 40 + 40 * i, 120) for i in range(4)]
    small, large = (190, 110, 196, 120), (220, 50, 270, 150)
    heights = {}
    for name, boxes in (("usual", usual), ("small", [*usual, small]), ("both", [*usual, small, large])):
        heights[name] = [image.digit_height_px for image in cut_line_images(*make_line(*boxes)[::-1])]
    assert heights["usual"] == pytest.approx([40])
    assert heights["small"] == pytest.approx([40, 10])
    assert heights["both"] == pytest.approx([40, 10, 100])


def test_small_ink_far_apart_is_not_looked_at_together() -> None:
    usual = [(20 + 40 * i, 80, 40 + 40 * i, 120) for i in range(12)]
    near, far = [(10, 110, 16, 120), (22, 100, 28, 110)], [(480, 110, 486, 120)]
    _, together, apart = cut_line_images(*make_line(*usual, *near, *far)[::-1])
    assert [image.digit_height_px for image in (together, apart)] == pytest.approx([10, 10])
    assert together.find_x(0) < 10 and together.find_x(together.n_columns) < 80
    assert apart.find_x(0) > 450


def test_line_images_of_a_steep_line_lean_no_more_than_a_line_may() -> None:
    boxes = [(30 * i, 90 * i, 30 * i + 20, 90 * i + 20) for i in range(5)]
    darkness, line = make_line(*boxes, page=(500, 200))
    image, *_ = cut_line_images(line, darkness)
    assert image.to_page[1, 0] / image.to_page[0, 0] == pytest.approx(0.35, abs=0.01)


def test_slant_is_not_plain_in_a_little_ink_or_none() -> None:
    bare = np.zeros((32, 60), np.uint8)
    assert measure_slant(bare) == 0
    bare[5:25, 30] = 255
    assert measure_slant(bare) == 0
    assert measure_slant(np.full((32, 60), 255, np.uint8)) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("slant", [0.0, 0.3, 0.6, -0.2])
def test_slant_of_strokes_comes_back(slant: float) -> None:
    image = np.zeros((32, 120), np.uint8)
    for x in (20, 50, 80):
        for y in range(7, 25):
            center = round(x + slant * (15.5 - y))
            image[y, center : center + 3] = 255
    assert measure_slant(image) == pytest.approx(slant, abs=0.11)
