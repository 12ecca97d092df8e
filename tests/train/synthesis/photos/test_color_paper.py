"""Paper, pens, light and camera: in range, where asked for, reproducible."""

from __future__ import annotations

import numpy as np
import pytest

from train.synthesis.photos.color_camera import Camera, Light, find_view, lay_on, light_scene, take_photo
from train.synthesis.photos.color_paper import (
    GRAY_PRINT,
    PENS,
    fold_sheet,
    lay_ink,
    make_board,
    make_cloud,
    make_desk,
    make_sheet,
    rule_boxes,
    rule_lines,
)

WHITE = (0.85, 0.87, 0.88)
STILL = Camera(blur_px=0.3, noise=0, corner_blur_px=0)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def make_blank(height: int = 60, width: int = 80) -> np.ndarray:
    return np.ones((height, width, 3), np.float32)


@pytest.mark.parametrize("make", [make_sheet, make_board], ids=["sheet", "board"])
def test_surface_is_reproducible_and_near_its_color(make) -> None:
    one, other = (make((90, 60), 7.0, WHITE, np.random.default_rng(1)) for _ in range(2))
    assert one.shape == (60, 90, 3) and one.dtype == np.float32
    assert np.array_equal(one, other)
    assert one.min() >= 0 and one.max() <= 1
    assert np.allclose(one.mean(axis=(0, 1)), WHITE, atol=0.06)


def test_desk_has_grain_along_its_width(rng) -> None:
    desk = make_desk((200, 150), (0.16, 0.26, 0.38), rng)
    along, across = (np.abs(np.diff(desk[:, :, 1], axis=axis)).mean() for axis in (1, 0))
    assert across > 3 * along


@pytest.mark.parametrize("grain_px", [1.0, 4.0, 500.0])
def test_cloud_has_the_size_asked_for(rng, grain_px: float) -> None:
    cloud = make_cloud((50, 30), grain_px, rng)
    assert cloud.shape == (30, 50) and np.isfinite(cloud).all()


def test_ruled_row_covers_its_own_width_only() -> None:
    sheet = make_blank()
    rule_lines(sheet, np.array([20.0, 40.5]), 1.0, (0, 0, 0))
    ink = 1 - sheet[:, 10, 0]
    assert ink[20] == 1 and ink[40] == ink[41] == 0.5
    assert ink.sum() == pytest.approx(2)


def test_ruled_column_is_a_column() -> None:
    sheet = make_blank()
    rule_lines(sheet, np.array([30.0]), 2.0, (0, 0, 0), axis=1)
    assert not sheet[:, 30].any() and sheet[:, 33].all()


def test_box_is_an_outline() -> None:
    sheet = make_blank(12, 12)
    rule_boxes(sheet, np.array([(2.0, 3.0, 9.0, 8.0)]), 1.0, (0, 0, 0))
    ink = sheet[:, :, 0] < 0.5
    assert ink.sum() == 2 * (8 + 6) - 4
    assert ink[3, 2:10].all() and ink[8, 2:10].all() and ink[3:9, 2].all() and ink[3:9, 9].all()


def test_print_has_its_own_color() -> None:
    sheet = make_blank()
    rule_lines(sheet, np.array([20.0]), 3.0, GRAY_PRINT)
    assert np.allclose(sheet[20, 0], GRAY_PRINT)


@pytest.mark.parametrize("name", PENS)
def test_pen_shows_on_its_surface(rng, name: str) -> None:
    is_chalk = name == "chalk"
    sheet = make_sheet((60, 60), 7.0, (0.05, 0.06, 0.05) if is_chalk else WHITE, rng)
    blank = sheet.copy()
    coverage = np.zeros((60, 60), np.float32)
    coverage[20:40, 20:40] = 1
    lay_ink(sheet, coverage, PENS[name], 7.0, rng)
    change = (sheet - blank).mean(axis=2)
    assert np.abs(change[coverage == 0]).max() == 0
    assert abs(change[coverage == 1].mean()) > 0.25
    assert (change[coverage == 1].mean() > 0) == is_chalk


def test_fold_shades_a_little(rng) -> None:
    sheet = make_blank(200, 200)
    fold_sheet(sheet, 7.0, rng)
    assert 0.85 < sheet.min() < 0.97 and sheet.max() < 1.1


def test_light_falls_off_away_from_the_lamp(rng) -> None:
    light = light_scene((80, 60), Light(fall_off=0.4, from_deg=0, vignette=0), rng)[:, :, 1]
    assert light[:, -5:].mean() > 1.2 * light[:, :5].mean()


def test_shadow_is_dark_and_its_edge_as_soft_as_asked(rng) -> None:
    half = ((0.5, -0.1), (1.1, -0.1), (1.1, 1.1), (0.5, 1.1))
    light = Light(fall_off=0, vignette=0, shadow=half, shadow_depth=0.5, penumbra_frac=0.005)
    row = light_scene((200, 60), light, rng)[30, :, 1]
    assert row[150] == pytest.approx(0.5 * row[50], rel=0.15)
    assert row[106] < 0.6 * row[94]


def test_view_takes_corners_to_corners() -> None:
    corners = np.array([(5.0, 4.0), (70.0, 8.0), (75.0, 50.0), (2.0, 55.0)])
    square = np.array([(0.0, 0.0), (80.0, 0.0), (80.0, 60.0), (0.0, 60.0)])
    mapped = np.column_stack([square, np.ones(4)]) @ find_view(square, corners).T
    assert np.allclose(mapped[:, :2] / mapped[:, 2:], corners, atol=1e-3)


def test_sheet_covers_the_desk_where_it_lies() -> None:
    square = np.array([(0.0, 0.0), (40.0, 0.0), (40.0, 30.0), (0.0, 30.0)])
    desk = np.zeros((60, 80, 3), np.float32)
    scene = lay_on(desk, make_blank(30, 40), find_view(square, square + 10), lift_px=2)
    assert scene[25, 30].min() == 1 and scene[5, 5].max() == 0


def test_photo_is_reproducible_8_bit_and_bent_by_gamma() -> None:
    scene = np.full((40, 50, 3), 0.5, np.float32)
    photos = [take_photo(scene, Light(), Camera(), np.random.default_rng(3)) for _ in range(2)]
    assert np.array_equal(*photos)
    assert photos[0].dtype == np.uint8 and photos[0].shape == (40, 50, 3)
    flat = Light(1, 0, 0, 0, tint=(1, 1, 1))
    assert take_photo(scene, flat, STILL, np.random.default_rng(3)).mean() == pytest.approx(188, abs=3)


def test_noise_grows_with_the_setting(rng) -> None:
    scene = np.full((80, 80, 3), 0.5, np.float32)
    spreads = [take_photo(scene, Light(), Camera(noise=noise), rng).std() for noise in (0.0, 0.02, 0.05)]
    assert spreads[0] < spreads[1] < spreads[2]
