from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.geometry import Box
from pipeline.live.frame_reader import LiveReader, clip_region, cut_page, make_live_settings
from pipeline.reading.read_page import read_page
from pipeline.recognition.classify import load_classifier
from pipeline.settings.tree import Settings
from tests.support.drawing import make_reader, write_page
from tests.support.sightings import make_frames, make_video_frame

WHOLE = Box(0, 0, 640, 480)


@pytest.mark.parametrize(
    ("region", "area"),
    [
        (None, WHOLE),
        (Box(10, 20, 300, 400), Box(10, 20, 300, 400)),
        (Box(600, 400, 900, 900), Box(600, 400, 640, 480)),
        (Box(700, 500, 900, 900), WHOLE),
        (Box(10, 10, 12, 400), WHOLE),
    ],
    ids=["none", "inside", "over the rim", "outside", "too narrow"],
)
def test_region(region: Box | None, area: Box) -> None:
    assert clip_region(region, 640, 480) == area


@pytest.mark.parametrize("side_px", [640, 320, 201])
def test_boxes_map_back_to_the_frame(side_px: int) -> None:
    bgr = np.zeros((480, 640, 3), np.uint8)
    page = cut_page(bgr, Box(100, 60, 500, 360), side_px, "0")
    assert max(page.gray.shape) == min(400, side_px)
    assert page.source_size_px == (640, 480)
    height, width = page.gray.shape
    corners = np.array([(-0.5, -0.5, 1), (width - 0.5, height - 0.5, 1)]) @ page.to_source.T
    assert corners[:, :2] + 0.5 == pytest.approx(np.array([(100, 60), (500, 360)]))


def test_settings_bound_the_work_and_keep_what_is_stricter() -> None:
    live = make_live_settings(Settings())
    assert live.images.work_side_px < Settings().images.work_side_px
    assert not live.orientation.is_enabled
    assert make_live_settings(live) == live
    small = Settings.from_dict({"images": {"work_side_px": 300}, "track": {"memory_s": 9.0}})
    assert make_live_settings(small).images.work_side_px == 300
    assert make_live_settings(small).track.memory_s == 9


def test_numbers_are_read_followed_and_confirmed_once() -> None:
    reader = LiveReader(make_reader(), make_live_settings(Settings()), "0")
    reader.warm_up()
    confirmed = []
    for i, bgr in enumerate(make_frames(10, "4207", "58")):
        reading = reader.read(make_video_frame(bgr, i + 1, i / 30))
        confirmed += [(c.reading.text, c.frame) for c in reading.confirmed]
        assert reading.stages is None
    assert confirmed == [("4207", 6), ("58", 6)]
    assert [(n.reading.text, n.is_confirmed) for n in reading.numbers] == [("4207", True), ("58", True)]
    assert reading.latency_s > 0
    left, top, right, bottom = reading.numbers[0].reading.box.as_list()
    ink = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)[:130] < 130
    rows, columns = np.nonzero(ink)
    assert [left, top, right - 1, bottom - 1] == pytest.approx(
        [columns.min(), rows.min(), columns.max(), rows.max()], abs=3
    )


@pytest.mark.slow
def test_no_digit_of_a_full_page_is_left_out() -> None:
    rows = ("14207 31165", "81931 70117", "21584 11693", "46710 51182", "90138 17254")
    page = write_page(*rows, size_px=(1280, 720), height_px=56, pen_px=6)
    reader = LiveReader(load_classifier(), make_live_settings(Settings()), "0")
    confirmed = [
        (c.reading.text, c.replaces)
        for i, bgr in enumerate([cv2.cvtColor(page, cv2.COLOR_GRAY2BGR)] * 45)
        for c in reader.read(make_video_frame(bgr, i + 1, i / 30)).confirmed
    ]
    assert sorted(confirmed) == sorted((text, None) for row in rows for text in row.split())


@pytest.mark.slow
def test_two_hundred_digits_are_all_read() -> None:
    rows = [" ".join(str(220 + 9 * row + n) for n in range(9)) for row in range(8)]
    page = write_page(*rows, size_px=(1280, 720), height_px=32, pen_px=4)
    settings = make_live_settings(Settings())
    shrunk = cut_page(cv2.cvtColor(page, cv2.COLOR_GRAY2BGR), Box(0, 0, 1280, 720), settings.images.work_side_px, "0")
    read = [reading.text for reading in read_page(shrunk, load_classifier(), settings).readings]
    assert read == " ".join(rows).split()


def test_only_the_region_is_read_and_boxes_stay_those_of_the_frame() -> None:
    page = write_page("42", size_px=(420, 260))
    bgr = cv2.cvtColor(np.vstack([page, write_page("917", size_px=(420, 260))]), cv2.COLOR_GRAY2BGR)
    reader = LiveReader(make_reader(), make_live_settings(Settings()), "0", Box(50, 270, 400, 510))
    reading = reader.read(make_video_frame(bgr), has_stages=True)
    (number,) = reading.numbers
    assert number.reading.text == "917"
    assert number.reading.box.top > 350
    assert reading.area == Box(50, 270, 400, 510)
    assert reading.stages is not None
    reader.region = None
    reading = reader.read(make_video_frame(bgr, 2, 0.1))
    assert [n.reading.text for n in reading.numbers] == ["42", "917"]


@pytest.mark.parametrize(("inverse", "texts"), [(1, {"4207"}), (0, set())])
def test_bright_ink_on_a_dark_card_is_found_within_some_frames_and_kept(inverse: int, texts: set[str]) -> None:
    card = np.pad(255 - write_page("4207", size_px=(240, 120)), 300, constant_values=180)
    settings = Settings.from_dict({"illumination": {"inverse": inverse}})
    reader = LiveReader(load_classifier(), make_live_settings(settings), "0")
    bgr = cv2.cvtColor(card, cv2.COLOR_GRAY2BGR)
    seen = [reader.read(make_video_frame(bgr, i + 1, i / 30)) for i in range(12)]
    assert {n.reading.text for n in seen[-1].numbers} == texts
    assert [c.reading.text for reading in seen for c in reading.confirmed] == sorted(texts)
    assert all(reading.numbers for reading in seen[4:]) == bool(texts)
