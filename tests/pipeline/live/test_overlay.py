from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import Box
from pipeline.live.overlay import Figures, draw_figures, draw_help, draw_live, draw_message, draw_stages, mirror_box
from pipeline.live.tracker import TrackedNumber
from tests.support.drawing import capture_stages, write_page
from tests.support.sightings import read_as

SIZE = (360, 640, 3)
WHOLE = Box(0, 0, 640, 360)


def blank() -> np.ndarray:
    return np.full(SIZE, 200, np.uint8)


def follow(text: str, is_confirmed: bool, left: int = 200, top: int = 150) -> TrackedNumber:
    return TrackedNumber(1, read_as(text, left, top), is_confirmed, 9)


def find_changed(canvas: np.ndarray, before: np.ndarray) -> Box:
    rows, columns = np.nonzero((canvas != before).any(axis=2))
    return Box(int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)


def count_color(canvas: np.ndarray, is_color: np.ndarray) -> int:
    return int(np.count_nonzero(is_color))


def count_green(canvas: np.ndarray) -> int:
    blue, green, red = np.moveaxis(canvas.astype(int), 2, 0)
    return int(np.count_nonzero((green > blue + 40) & (green > red + 40)))


def count_amber(canvas: np.ndarray) -> int:
    blue, _, red = np.moveaxis(canvas.astype(int), 2, 0)
    return int(np.count_nonzero(red > blue + 100))


def test_a_frame_without_numbers_stays_as_it_is_and_is_a_copy() -> None:
    bgr = blank()
    canvas = draw_live(bgr, [], WHOLE)
    assert np.array_equal(canvas, bgr)
    assert canvas is not bgr


@pytest.mark.parametrize(("is_confirmed", "is_green"), [(True, True), (False, False)])
def test_confirmed_numbers_are_green_and_others_amber(is_confirmed: bool, is_green: bool) -> None:
    canvas = draw_live(blank(), [follow("42", is_confirmed)], WHOLE)
    assert (count_green(canvas) > 500, count_amber(canvas) > 500) == (is_green, not is_green)


def test_what_is_read_is_not_drawn_on() -> None:
    bgr = blank()
    draw_live(bgr, [follow("42", True)], Box(10, 10, 300, 300), is_mirrored=True)
    assert np.array_equal(bgr, blank())


def test_a_mirrored_picture_has_its_boxes_on_the_other_side() -> None:
    number = follow("42", True)
    plain = find_changed(draw_live(blank(), [number], WHOLE), blank())
    mirrored = find_changed(draw_live(blank(), [number], WHOLE, is_mirrored=True), blank())
    assert plain.left < 220 and mirrored.right > 640 - 220
    bgr = np.zeros(SIZE, np.uint8)
    bgr[:, :100] = 255
    assert draw_live(bgr, [], WHOLE, is_mirrored=True)[0, [0, 639]].mean(axis=1).tolist() == [0, 255]
    assert mirror_box(mirror_box(number.reading.box, 640), 640) == number.reading.box


def test_what_lies_outside_of_the_region_is_dark() -> None:
    canvas = draw_live(blank(), [], Box(100, 50, 300, 250))
    assert canvas[20, 20].max() < 120
    assert canvas[150, 200].tolist() == [200, 200, 200]
    mirrored = draw_live(blank(), [], Box(100, 50, 300, 250), is_mirrored=True)
    assert mirrored[150, 640 - 200].tolist() == [200, 200, 200]
    assert mirrored[150, 200].max() < 120


def test_figures_are_small_and_in_the_corner() -> None:
    canvas = blank()
    draw_figures(canvas, Figures(29.7, 23.4, 3, is_recording=True, is_frozen=True))
    changed = find_changed(canvas, blank())
    assert changed.right < 400 and changed.bottom < 40


def test_a_message_at_the_foot_and_help_in_the_middle() -> None:
    canvas = blank()
    draw_message(canvas, "")
    assert np.array_equal(canvas, blank())
    draw_message(canvas, "camera 0 is lost; trying again in 2 s")
    assert find_changed(canvas, blank()).top > 320
    canvas = blank()
    draw_help(canvas)
    x, y = find_changed(canvas, blank()).center
    assert (abs(x - 320) < 20, abs(y - 180) < 20) == (True, True)


@pytest.mark.parametrize("size", [(30, 40, 3), (90, 160, 3), (2160, 3840, 3)])
def test_every_size_can_be_drawn_on(size: tuple[int, int, int]) -> None:
    canvas = draw_live(np.zeros(size, np.uint8), [follow("123456", True, 2, 2)], Box(0, 0, size[1], size[0]))
    draw_figures(canvas, Figures())
    draw_message(canvas, "a message")
    draw_help(canvas)
    assert canvas.shape == size


@pytest.mark.parametrize("page", [write_page("4207", size_px=(420, 260)), np.full((260, 420), 230, np.uint8)])
def test_ink_and_tensors(page: np.ndarray) -> None:
    canvas, area = blank(), Box(100, 50, 520, 310)
    draw_stages(canvas, capture_stages(page), area)
    assert canvas[60, 110].tolist() == [255, 255, 255]
    assert (canvas[359, 2] != 200).any()
    draw_stages(canvas, capture_stages(page), area, is_mirrored=True)
