"""A card on a desk, near and far, on desks of several shades: written dark on light, and light on dark."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.reading.read_page import read_page
from pipeline.recognition.classify import Classifier, load_classifier
from pipeline.types import Page
from tests.support.drawing import write_page

CARDS = {
    "narrow": ((240, 120), 4, 40),
    "broad pen": ((300, 160), 6, 40),
    "wide margins": ((420, 260), 8, 60),
}
"""Size in px, width of the pen and height of the digits."""


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return load_classifier()


@pytest.mark.parametrize("is_inverted", [False, True], ids=["dark ink", "bright ink"])
@pytest.mark.parametrize("desk", [60, 110, 160, 190])
@pytest.mark.parametrize("around_px", [40, 200, 400])
@pytest.mark.parametrize("card", CARDS)
def test_card_is_read(card: str, around_px: int, desk: int, is_inverted: bool, classifier: Classifier) -> None:
    size_px, pen_px, height_px = CARDS[card]
    paper = write_page("4207", size_px=size_px, pen_px=pen_px, height_px=height_px)
    scene = cv2.GaussianBlur(np.pad(paper, around_px, constant_values=desk), (3, 3), 0)
    noisy = scene + np.random.default_rng(0).normal(0, 2, scene.shape)
    gray = np.clip(255 - noisy if is_inverted else noisy, 0, 255).astype(np.uint8)
    readings = read_page(Page(gray), classifier).readings
    assert [(r.text, r.status) for r in readings] == [("4207", "accepted")]
