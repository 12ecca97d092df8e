"""Bright writing on dark plates: read like any other, alone, beside dark writing, slanted, and one plate for all."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from pipeline.ink.light_on_dark import invert_light_on_dark
from pipeline.reading.read_page import read_page
from pipeline.recognition.classify import Classifier, load_classifier
from pipeline.settings.ink import LightOnDarkSettings
from pipeline.types import PAPER_LEVEL, InkMask, Page
from tests.support.drawing import write_page

SETTINGS = LightOnDarkSettings()


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return load_classifier()


def stamp(text: str, gap_px: int, paper: int = 225, plate: int = 60) -> np.ndarray:
    """Return a strip of paper with a plate for each digit."""
    shape = {"size_px": (40, 56), "height_px": 36, "paper": plate, "pen": paper}
    plates = [np.pad(write_page(digit, **shape), ((0, 0), (gap_px, 0)), constant_values=paper) for digit in text]  # type: ignore[arg-type]
    return np.pad(np.hstack(plates), 50, constant_values=paper)


def photograph(drawn: np.ndarray, turn_deg: float = 0.0) -> Page:
    """Return the page held aslant, a little out of focus and grainy."""
    height, width = drawn.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), turn_deg, 1)
    turned = cv2.warpAffine(drawn, turn, (width, height), flags=cv2.INTER_LINEAR, borderValue=225)
    noisy = cv2.GaussianBlur(turned, (3, 3), 0) + np.random.default_rng(0).normal(0, 2, drawn.shape)
    return Page(np.clip(noisy, 0, 255).astype(np.uint8))


def read(page: Page, classifier: Classifier) -> list[tuple[str, str]]:
    return [(r.text, r.status) for r in read_page(page, classifier).readings]


def darken(gray: np.ndarray) -> tuple[InkMask, np.ndarray]:
    """Return ink and darkness of a drawn page."""
    darkness = np.where(gray < 128, 200, PAPER_LEVEL).astype(np.uint8)
    return InkMask(np.where(gray < 128, np.uint8(255), np.uint8(0))), darkness


@pytest.mark.parametrize("turn_deg", [-4, 0, 4])
@pytest.mark.parametrize("gap_px", [4, 12])
@pytest.mark.parametrize("text", ["4207", "398", "5186", "2"])
def test_stamped_number_is_read(text: str, gap_px: int, turn_deg: float, classifier: Classifier) -> None:
    assert read(photograph(stamp(text, gap_px), turn_deg), classifier) == [(text, "accepted")]


@pytest.mark.parametrize("plate", [40, 90, 130])
def test_label_of_one_plate_is_read(plate: int, classifier: Classifier) -> None:
    label = np.pad(write_page("4207", size_px=(220, 64), paper=plate, pen=225), 60, constant_values=225)
    assert read(photograph(label), classifier) == [("4207", "accepted")]


def test_stamped_and_written_numbers_are_read_on_one_page(classifier: Classifier) -> None:
    stamped = stamp("398", 6)
    page = np.vstack([stamped, write_page("4207", size_px=stamped.shape[::-1], height_px=36)])
    assert read(photograph(page), classifier) == [("398", "accepted"), ("4207", "accepted")]


def test_writing_is_turned_over_and_the_plate_is_gone() -> None:
    mask, darkness = darken(stamp("4", 6))
    ink, dark = invert_light_on_dark(mask, darkness, SETTINGS)
    written = darken(np.pad(write_page("4", size_px=(40, 56), height_px=36), ((50, 50), (56, 50)), constant_values=225))
    assert np.mean(ink.ink != written[0].ink) < 0.01
    assert np.mean(dark != written[1]) < 0.01


def draw_segments(text: str) -> np.ndarray:
    """Return upright 0 and 8 as a display has them: rectangles with bare middles."""
    page = np.full((120, 60 + 60 * len(text)), 225, np.uint8)
    for i, digit in enumerate(text):
        x = 40 + 60 * i
        cv2.rectangle(page, (x, 30), (x + 36, 90), 40, 12)
        if digit == "8":
            cv2.line(page, (x, 60), (x + 36, 60), 40, 12)
    return page


def draw_boxes() -> np.ndarray:
    """Return digits in drawn boxes, each touching its own."""
    page = write_page("4207", size_px=(260, 140))
    for x in range(60, 200, 36):
        cv2.rectangle(page, (x, 48), (x + 34, 92), 40, 3)
    return page


UNTOUCHED = {
    "writing": write_page("4207 1936", "58 0617", size_px=(460, 300)),
    "a marker, digits touching": write_page("5580", "8869", size_px=(260, 200), pen_px=11),
    "digits of a display": draw_segments("8088"),
    "boxes": draw_boxes(),
    "a patch": np.pad(np.full((50, 40), 60, np.uint8), 50, constant_values=225),
    "a patch with specks": np.pad(np.tile(np.array([[60] * 9, [225] + [60] * 8]), (25, 5)), 50, constant_values=225),
    "a bar in a patch": np.pad(stamp("1", 0)[50:-50, 50:-50], 50, constant_values=225),
    "a patch at the rim": stamp("4", 0)[50:, 50:],
}


@pytest.mark.parametrize("name", UNTOUCHED)
def test_what_is_no_plate_stays(name: str) -> None:
    mask, darkness = darken(UNTOUCHED[name])
    ink, dark = invert_light_on_dark(mask, darkness, SETTINGS)
    assert ink is mask
    assert dark is darkness


def test_writing_in_the_corner_of_a_slanted_plates_box_stays() -> None:
    label = np.pad(write_page("4207", size_px=(220, 64), paper=60, pen=225), 80, constant_values=225)
    turn = cv2.getRotationMatrix2D((190, 112), 15, 1)
    page = cv2.warpAffine(label, turn, (380, 224), borderValue=225)
    cv2.line(page, (95, 70), (95, 88), 40, 4)
    mask, darkness = darken(page)
    ink, dark = invert_light_on_dark(mask, darkness, SETTINGS)
    assert np.count_nonzero(ink.ink) < np.count_nonzero(mask.ink) / 2
    corner = np.s_[66:94, 90:102]
    assert np.count_nonzero(mask.ink[corner]) > 50
    assert np.array_equal(ink.ink[corner], mask.ink[corner])
    assert np.array_equal(dark[corner], darkness[corner])


@pytest.mark.parametrize("others", ["4", "28"])
def test_bar_beside_plates_is_on_one(others: str) -> None:
    mask, darkness = darken(stamp("1" + others, 6))
    ink, _ = invert_light_on_dark(mask, darkness, SETTINGS)
    assert np.count_nonzero(ink.ink[:, :90]) < np.count_nonzero(mask.ink[:, :90]) / 3


def list_senseless() -> Sequence[np.ndarray]:
    rng = np.random.default_rng(0)
    return [
        np.full((1, 1), 255, np.uint8),
        np.zeros((3, 900), np.uint8),
        *(rng.integers(0, 2, (2, 90, 70), np.uint8) * 255),
    ]


@pytest.mark.parametrize("n", range(4))
def test_senseless_ink_does_no_harm(n: int) -> None:
    ink = list_senseless()[n]
    turned, dark = invert_light_on_dark(InkMask(ink), np.full_like(ink, PAPER_LEVEL), SETTINGS)
    assert turned.ink.shape == dark.shape == ink.shape
