"""How a page is looked at, and the digits that are found in the page network's maps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.detection.detect import detect_digits, find_digits
from pipeline.detection.page_network import CELL_PX, Channel
from tests.support.seen_digits import BARE, SETTINGS, BlockNetwork, draw_block, make_maps


def test_no_peak_no_digit() -> None:
    found = find_digits(make_maps(), 1 / CELL_PX, SETTINGS)
    assert (len(found.scores), found.digit_height_px, found.up_deg) == (0, 0.0, 0.0)


def test_a_digit_is_a_peak_in_px_of_the_page() -> None:
    found = find_digits(make_maps((4, 10, 0.8), height=1.0), 0.5 / CELL_PX, SETTINGS)
    assert found.centers.tolist() == [[84.0, 36.0]]
    assert found.heights_px.tolist() == [128.0]
    assert found.digit_height_px == 128.0


@pytest.mark.parametrize(
    ("peaks", "n"),
    {
        "apart": (((4, 4, 0.9), (4, 20, 0.8)), 2),
        "near": (((4, 4, 0.9), (4, 6, 0.8)), 1),
        "low": (((4, 4, 0.9), (4, 20, SETTINGS.least_peak - 0.01)), 1),
    }.values(),
    ids=("apart", "near", "low"),
)
def test_of_near_peaks_the_higher_is_the_digit(peaks: tuple[tuple[int, int, float], ...], n: int) -> None:
    found = find_digits(make_maps(*peaks), 1 / CELL_PX, SETTINGS)
    assert len(found.scores) == n
    assert found.scores[0] == pytest.approx(0.9)


def test_no_more_digits_than_allowed() -> None:
    peaks = [(2, column, 0.5 + column / 100) for column in range(1, 29, 9)]
    found = find_digits(make_maps(*peaks), 1 / CELL_PX, replace(SETTINGS, most_digits=2))
    assert found.scores.tolist() == pytest.approx([0.78, 0.69])


@pytest.mark.parametrize(("height", "n_looks"), [(100, 2), (80, 3), (8, 4), (300, 3), (500, 3)])
def test_small_and_large_digits_are_looked_at_again_at_their_scale(height: int, n_looks: int) -> None:
    page = np.full((768, 700), 255, np.uint8)
    draw_block(page, 200, 200, height)
    network = BlockNetwork()
    found = detect_digits(page, network, SETTINGS)
    assert len(network.seen) == n_looks
    assert len(found.scores) == 1
    assert found.heights_px[0] == pytest.approx(height, rel=0.15)
    assert found.centers[0] == pytest.approx([200 + height / 4, 200 + height / 2], abs=CELL_PX / found.cells_per_px / 4)


def test_low_digits_are_looked_at_no_larger_than_they_need() -> None:
    page = np.full((768, 700), 255, np.uint8)
    draw_block(page, 200, 200, 80)
    network = BlockNetwork()
    detect_digits(page, network, SETTINGS)
    assert max(network.seen[:2]) == (320, 292)
    assert network.seen[2][0] == pytest.approx(768 * 48 / 80, rel=0.1)


def test_bare_page_has_no_digit_and_is_not_looked_at_larger() -> None:
    network = BlockNetwork()
    assert len(detect_digits(np.full((90, 90), 200, np.uint8), network, SETTINGS).scores) == 0
    assert len(network.seen) == 3


def test_page_with_an_inkling_of_a_digit_is_looked_at_larger() -> None:
    class Dim(BlockNetwork):
        def predict(self, gray: np.ndarray) -> np.ndarray:
            maps = super().predict(gray)
            maps[..., Channel.CENTER] = BARE
            return maps

    network, page = Dim(), np.full((768, 700), 255, np.uint8)
    draw_block(page, 200, 200, 8)
    detect_digits(page, network, SETTINGS)
    assert len(network.seen) == 4
