"""The tutorials' method of reading: right on what it was made for, and shown in the docs as it is."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline import Settings
from pipeline.geometry import Box
from pipeline.recognition.classify import load_classifier
from pipeline.types import DigitScores
from train.evaluation.contour_baseline import ContourDigit, draw_contours, find_rows, format_rows, read_contours
from train.figures.readme_figures import COMPARED, TUTORIAL_MODEL, compare_methods, format_row

TOP = Path(__file__).resolve().parents[3]


class Wideness:
    """A classifier that sees a 1 where little of the crop is ink, and else a 0; it keeps what it was shown."""

    n_classes = 10

    def classify(self, batch: np.ndarray) -> DigitScores:
        self.batch = batch
        return DigitScores(np.eye(10, dtype=np.float32)[(batch.mean(axis=(1, 2, 3)) > 0.6).astype(int)])


def draw_page() -> np.ndarray:
    """Draw two rows of two bars each, a speck beside them."""
    gray = np.full((200, 300), 220, np.uint8)
    for left, top in ((40, 30), (200, 36), (40, 120), (200, 115)):
        cv2.rectangle(gray, (left, top), (left + 20, top + 40), 30, cv2.FILLED)
    gray[90:94, 100:104] = 30
    return gray


@pytest.mark.parametrize(
    ("tops", "rows"),
    [((), []), ((10,), [0]), ((10, 14, 6), [0, 0, 0]), ((60, 10, 64), [1, 0, 1]), ((10, 45, 80), [0, 1, 2])],
    ids=["none", "one", "one row", "two rows, lower first", "a column"],
)
def test_boxes_are_put_into_rows(tops: tuple[int, ...], rows: list[int]) -> None:
    assert find_rows([Box(0, top, 10, top + 30) for top in tops]) == rows


def test_contours_are_read_row_by_row_without_specks() -> None:
    network = Wideness()
    digits = read_contours(draw_page(), network)
    assert [(digit.row, digit.box.left // 100) for digit in digits] == [(0, 0), (0, 2), (1, 0), (1, 2)]
    assert network.batch.shape == (4, 28, 28, 1) and network.batch.dtype == np.float32
    assert network.batch.min() == 0 and network.batch.max() == 1
    assert not network.batch[:, [0, -1]].any() and not network.batch[:, :, [0, -1]].any()


def test_text_parts_rows() -> None:
    box = Box(0, 0, 5, 5)
    assert format_rows([ContourDigit(box, text, 1.0, row) for text, row in (("1", 0), ("2", 0), ("3", 1))]) == "12 | 3"
    assert format_rows([]) == ""


@pytest.mark.parametrize("gray", [np.full((40, 40), 255, np.uint8), np.zeros((1, 1), np.uint8)], ids=["white", "1 px"])
def test_page_without_ink_has_no_digits(gray: np.ndarray) -> None:
    assert read_contours(gray, load_classifier(TUTORIAL_MODEL)) == []


def test_boxes_are_drawn_on_a_copy() -> None:
    bgr = cv2.cvtColor(draw_page(), cv2.COLOR_GRAY2BGR)
    drawn = draw_contours(bgr, read_contours(draw_page(), Wideness()))
    assert drawn.shape == bgr.shape and np.ptp(drawn, axis=2).any() and not np.ptp(bgr, axis=2).any()


def test_tutorial_reads_most_of_a_plain_page() -> None:
    gray = cv2.imread(str(TOP / "samples" / "plain.jpg"), cv2.IMREAD_GRAYSCALE)
    read = format_rows(read_contours(gray, load_classifier(TUTORIAL_MODEL)))
    assert len(read) == len("42071936 | 58")
    assert sum(a == b for a, b in zip(read, "42071936 | 58", strict=True)) >= len(read) - 2


@pytest.mark.parametrize("name", COMPARED)
def test_docs_show_what_both_methods_read(name: str) -> None:
    picture, *texts = compare_methods(TOP / "samples" / name, Settings())
    assert picture.dtype == np.uint8 and picture.shape[2] == 3
    assert format_row(name, texts) in (TOP / "docs" / "accuracy.md").read_text(encoding="utf-8").splitlines()
    assert (TOP / "docs" / "pictures" / f"both-ways-{Path(name).stem}.jpg").stat().st_size < 200_000
