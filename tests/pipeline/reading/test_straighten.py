"""A page is turned, leveled, scaled and inverted as the page network sees its digits."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.reading.straighten import has_bright_ink, straighten_page
from pipeline.settings.tree import Settings
from pipeline.types import Page
from tests.support.seen_digits import BlockNetwork, draw_block

SETTINGS = Settings()


def draw_page(height: int = 40, ink: tuple[int, int] = (0, 120), paper: int = 255) -> np.ndarray:
    page = np.full((500, 700), paper, np.uint8)
    for left in (100, 200, 300):
        draw_block(page, left, 150, height, ink)
    return page


def test_an_upright_page_stays() -> None:
    page = Page(draw_page())
    straight, found = straighten_page(page, BlockNetwork(), SETTINGS)
    assert straight is page
    assert len(found.scores) == 3


def test_a_bare_page_stays() -> None:
    page = Page(np.full((50, 60), 255, np.uint8))
    straight, found = straighten_page(page, BlockNetwork(), SETTINGS)
    assert straight is page and len(found.scores) == 0


@pytest.mark.parametrize("n_quarters", [1, 2, 3])
def test_a_page_on_its_side_is_turned_upright(n_quarters: int) -> None:
    upright = draw_page()
    straight, found = straighten_page(Page(np.rot90(upright, -n_quarters).copy()), BlockNetwork(), SETTINGS)
    assert np.array_equal(straight.gray, upright)
    assert straight.turned_deg == 90 * n_quarters
    assert found.up_deg == pytest.approx(0, abs=1)


def test_no_turn_leaves_it_on_its_side() -> None:
    settings = Settings.from_dict({"orientation": {"is_enabled": False}})
    page = Page(np.rot90(draw_page()).copy())
    assert straighten_page(page, BlockNetwork(), settings)[0] is page


@pytest.mark.parametrize("height", [16, 150])
def test_digits_are_brought_to_a_readable_height(height: int) -> None:
    straight, found = straighten_page(Page(draw_page(height)), BlockNetwork(), SETTINGS)
    assert found.digit_height_px == pytest.approx(SETTINGS.detection.wanted_px, rel=0.15)
    x, y, _ = straight.to_source @ (*found.centers[found.centers[:, 0].argmin()], 1)
    assert (x, y) == pytest.approx((100 + height / 4, 150 + height / 2), abs=0.15 * height + 2)


@pytest.mark.parametrize(("ink", "paper", "is_bright"), [((0, 60), 200, False), ((255, 200), 40, True)])
def test_bright_ink_is_told_and_inverted(ink: tuple[int, int], paper: int, is_bright: bool) -> None:
    gray = draw_page(ink=ink, paper=paper)
    straight, found = straighten_page(Page(gray), BlockNetwork(), SETTINGS)
    assert has_bright_ink(gray, found) == is_bright
    assert np.array_equal(straight.gray, cv2.bitwise_not(gray) if is_bright else gray)
