"""A page is scaled and inverted as the page network sees its digits."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipeline.reading.prepare import prepare_page
from pipeline.reading.run_stages import StageRunner
from pipeline.reading.stage_timer import StageTimer
from pipeline.settings.tree import Settings
from pipeline.types import Page
from tests.support.drawing import make_reader
from tests.support.seen_digits import BlockNetwork, draw_block

SETTINGS = Settings()


def make_runner(settings: Settings = SETTINGS) -> StageRunner:
    return StageRunner(replace(make_reader(), page_network=BlockNetwork()), settings, StageTimer(0.0))


def draw_page(height: int = 40, ink: tuple[int, int] = (0, 120), paper: int = 255) -> np.ndarray:
    page = np.full((500, 700), paper, np.uint8)
    for left in (100, 200, 300):
        draw_block(page, left, 150, height, ink)
    return page


def test_a_page_of_readable_digits_stays_and_is_not_looked_at_again() -> None:
    page, runner = Page(draw_page()), make_runner()
    assert prepare_page(page, runner) is page
    assert len(runner.detect(page).scores) == 3
    assert len(runner.classifier.page_network.seen) == 3


def test_a_bare_page_stays() -> None:
    page, runner = Page(np.full((50, 60), 255, np.uint8)), make_runner()
    assert prepare_page(page, runner) is page
    assert len(runner.detect(page).scores) == 0


def test_without_a_page_network_thin_ink_tells_the_polarity() -> None:
    gray = np.full((200, 300), 30, np.uint8)
    cv2.putText(gray, "4207", (20, 120), cv2.FONT_HERSHEY_SIMPLEX, 2, 250, 2)
    runner = StageRunner(make_reader(), SETTINGS, StageTimer(0.0))
    assert np.array_equal(prepare_page(Page(gray), runner).gray, cv2.bitwise_not(gray))
    assert runner.detect(Page(gray)) is None


@pytest.mark.parametrize("height", [16, 150])
def test_digits_are_brought_to_a_readable_height(height: int) -> None:
    runner = make_runner()
    prepared = prepare_page(Page(draw_page(height)), runner)
    found = runner.detect(prepared)
    assert found.digit_height_px == pytest.approx(SETTINGS.detection.wanted_px, rel=0.15)
    x, y, _ = prepared.to_source @ (*found.centers[found.centers[:, 0].argmin()], 1)
    assert (x, y) == pytest.approx((100 + height / 4, 150 + height / 2), abs=0.15 * height + 2)


def test_bright_ink_is_inverted_whatever_the_scale() -> None:
    gray = np.full((200, 300), 30, np.uint8)
    cv2.putText(gray, "4207", (20, 120), cv2.FONT_HERSHEY_SIMPLEX, 2, 250, 2)
    page, runner = Page(gray), make_runner()
    prepared = prepare_page(page, runner)
    assert np.median(prepared.gray) > 200
    n_looks = len(runner.classifier.page_network.seen)
    assert len(runner.detect(prepared).scores) == 4
    assert len(runner.classifier.page_network.seen) == n_looks


def test_disabled_detection_looks_at_nothing() -> None:
    runner = make_runner(Settings.from_dict({"detection": {"is_enabled": False}}))
    page = Page(draw_page())
    assert runner.detect(page) is None
    assert not runner.has_page_network
    assert prepare_page(page, runner).gray.shape == page.gray.shape
