"""What is asked of the digits that were seen: their way up, links, areas, and where they lie on another page."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipeline.detection.detect import find_digits
from pipeline.detection.page_network import CELL_PX, N_CHANNELS, Channel
from pipeline.geometry import Box
from pipeline.types import Span
from tests.support.seen_digits import SETTINGS, make_maps, see


@pytest.mark.parametrize(("up", "degrees"), [((0, -1), 0), ((1, 0), 90), ((0, 1), 180), ((-1, 0), -90)])
def test_way_up(up: tuple[int, int], degrees: int) -> None:
    maps = make_maps((4, 10, 0.8), (12, 20, 0.7))
    maps[[Channel.UP_X, Channel.UP_Y]] = np.reshape(up, (2, 1, 1))
    assert abs(find_digits(maps, 1 / CELL_PX, SETTINGS).up_deg) == abs(degrees)
    assert find_digits(maps, 1 / CELL_PX, SETTINGS).up_deg % 360 == degrees % 360


def test_a_map_is_measured_over_a_box_or_the_ink_in_it() -> None:
    maps = make_maps()
    maps[Channel.AREA, 2, 3] = 1.0
    found = find_digits(maps, 1 / CELL_PX, SETTINGS)
    assert found.measure(Box(12, 8, 16, 12))[Channel.AREA] == 1.0
    assert found.measure(Box(12, 8, 20, 12))[Channel.AREA] == 0.5
    ink = np.zeros((4, 8), np.uint8)
    ink[:, :2] = 255
    inked, bare = (Span(at, at + 1, Box(12, 8, 20, 12), mask, 2.0) for at, mask in enumerate((ink, 0 * ink)))
    beside = Span(2, 3, Box(20, 4, 28, 8), ink, 2.0)
    assert found.measure_spans(Channel.AREA, [inked, bare, beside]).tolist() == [1.0, 0.5, 0.0]
    assert found.measure(Box(500, 500, 510, 510))[Channel.AREA] == 0.0


@pytest.mark.parametrize("cells_per_px", [0.25, 0.11, 0.9, 2.3])
@pytest.mark.parametrize("box", [Box(3, 1, 40, 17), Box(0, 0, 1, 1), Box(50, 30, 400, 90), Box(-20, -9, 5, 6)], ids=str)
def test_measuring_by_cells_is_measuring_each_px(cells_per_px: float, box: Box) -> None:
    found = replace(find_digits(make_maps(), 1 / CELL_PX, SETTINGS), cells_per_px=cells_per_px)
    found.maps[:] = np.random.default_rng(0).random(found.maps.shape)
    spans = [Span(0, 1, box, np.zeros((box.height, box.width), np.uint8), 1.0)]
    each = [found.measure_spans(channel, spans)[0] for channel in Channel]
    assert found.measure(box) == pytest.approx(each, abs=1e-5)


def test_digits_that_were_missed_are_those_seen_beside_all_boxes() -> None:
    found = find_digits(make_maps((4, 4, 0.9), (4, 20, 0.8), (14, 12, 0.25)), 1 / CELL_PX, SETTINGS)
    assert found.list_missed([]).tolist() == [[18, 18], [82, 18]]
    assert found.list_missed([Box(8, 2, 22, 34), Box(60, 60, 70, 70)]).tolist() == [[82, 18]]


def test_links_are_measured_between_two_places() -> None:
    found = see((80, 200), (20, 40), (60, 40), (160, 60))
    assert found.measure_link((20, 40), (60, 40)) > 0.9
    assert found.measure_link((60, 40), (160, 60)) < 0.4


def test_area_is_painted_and_widened() -> None:
    found = see((80, 200), (100, 40), height_px=40)
    plain, wide = found.paint_area((80, 200), 0.5, 0), found.paint_area((80, 200), 0.5, 6)
    assert plain.shape == (80, 200)
    assert plain[40, 100] == 255 and plain[40, 20] == 0
    assert np.count_nonzero(wide) > np.count_nonzero(plain) > 0
    assert (wide[plain > 0] == 255).all()


def test_a_page_twice_as_large_shows_digits_twice_as_large() -> None:
    found = find_digits(make_maps((4, 10, 0.8), height=1.0), 0.5 / CELL_PX, SETTINGS).rescale(2)
    assert found.centers.tolist() == [[168.0, 72.0]]
    assert found.digit_height_px == 256.0
    assert found.seen_height_px == 64.0


@pytest.mark.parametrize("turn_deg", [0, 8, -20])
def test_what_was_seen_is_turned_with_its_page(turn_deg: float) -> None:
    maps = make_maps((10, 15, 0.8))
    maps[Channel.AREA, 8:13, 13:18] = 1.0
    found = find_digits(maps, 1 / CELL_PX, SETTINGS)
    to_turned = cv2.getRotationMatrix2D((59.5, 39.5), -turn_deg, 1.0)
    to_turned[:, 2] += 20, 30
    turned = found.turn(to_turned, (140, 160))
    assert turned.maps.shape == (N_CHANNELS, 35, 40)
    x, y = cv2.transform(found.centers[None] - 0.5, to_turned)[0, 0] + 0.5
    assert turned.centers[0] == pytest.approx([x, y])
    assert turned.up_deg == pytest.approx(turn_deg)
    inside = Box(round(x) - 3, round(y) - 3, round(x) + 3, round(y) + 3)
    assert turned.measure(inside)[Channel.AREA] == pytest.approx(1.0, abs=0.02)
    assert turned.measure(Box(0, 0, 12, 12))[Channel.AREA] == 0.0
    found_up = turned.maps[[Channel.UP_X, Channel.UP_Y], round(y / CELL_PX - 0.5), round(x / CELL_PX - 0.5)]
    assert np.degrees(np.arctan2(found_up[0], -found_up[1])) == pytest.approx(turn_deg, abs=1)
