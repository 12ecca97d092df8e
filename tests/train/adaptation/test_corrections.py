from __future__ import annotations

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.geometry import Box
from pipeline.outputs.records import make_record
from pipeline.outputs.review import write_crops, write_table
from pipeline.types import PageReading, Reading
from train.adaptation.corrections import load_corrections, locate_number

PAPER = (600, 800)


def write_review(folder: Path, boxes: dict[Box, str]) -> None:
    """Write a review in which the number in each box, a black block, has a right value."""
    bgr = np.full((*PAPER, 3), 255, np.uint8)
    for box in boxes:
        bgr[box.slices] = 0
    readings = tuple(Reading("1", 0.5, box, (), "rejected", "unsure") for box in boxes)
    page = PageReading("a.jpg", 1, PAPER[::-1], readings, "digits", {})
    write_table([(make_record(page), write_crops(bgr, page, None, folder, "a"))], folder)
    lines = (folder / "review.csv").read_text("utf-8-sig").splitlines()
    filled = [line + value for line, value in zip(lines[1:], boxes.values(), strict=True)]
    (folder / "review.csv").write_text("\n".join([lines[0], *filled]) + "\n", "utf-8")


@pytest.mark.parametrize(
    "box",
    [
        Box(300, 200, 400, 230),
        Box(2, 200, 60, 250),
        Box(300, 0, 400, 60),
        Box(740, 200, 798, 250),
        Box(300, 550, 420, 600),
    ],
    ids=["middle", "left", "top", "right", "bottom"],
)
def test_number_is_found_in_its_crop(tmp_path: Path, box: Box) -> None:
    write_review(tmp_path, {box: "12"})
    ((crop,), left_out) = load_corrections(tmp_path)
    assert (crop.digits, left_out) == ("12", Counter())
    left, top, width, height = cv2.boundingRect((crop.gray < 128).astype(np.uint8))
    assert crop.box.as_list() == pytest.approx([left, top, left + width, top + height], abs=3)


def test_reviews_below_a_folder_are_read_together(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    write_review(tmp_path / "a", {Box(300, 200, 400, 230): "12/03", Box(10, 20, 90, 60): "", Box(10, 90, 90, 140): "-"})
    write_review(tmp_path / "b", {Box(200, 200, 400, 250): "7", Box(500, 20, 590, 60): "8"})
    next((tmp_path / "b" / "crops").glob("a.2-*.png")).unlink()
    crops, left_out = load_corrections(tmp_path)
    assert sorted(crop.digits for crop in crops) == ["1203", "7"]
    assert left_out == Counter({"no number": 1, "no crop": 1})


def test_folder_without_a_review_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no review\.csv"):
        load_corrections(tmp_path)


def test_crop_of_a_reduced_picture_is_located_by_its_size() -> None:
    assert locate_number((100, 100, 200, 150), (110, 160)) == Box(30, 30, 130, 80)
    assert locate_number((100, 100, 200, 150), (55, 80)) == Box(15, 15, 65, 40)
