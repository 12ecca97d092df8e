"""One's own pictures, a folder per class: how each becomes MNIST's frame, and what is missing is named."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.errors import InputError, MissingInputError
from tests.support.drawing import write_page
from train.datasets.picture_folders import find_classes, frame_photo, frame_small, load_folder, read_digit

SMALL = np.zeros((28, 28), np.uint8)
SMALL[6:22, 12:16] = 255


def write_classes(folder: Path, classes: str, n: int, picture: np.ndarray = SMALL) -> Path:
    for name in classes:
        (folder / name).mkdir(parents=True)
        for i in range(n):
            cv2.imwrite(str(folder / name / f"{i}.png"), picture)
    return folder


def test_every_seventh_picture_is_kept_for_the_test(tmp_path: Path) -> None:
    found = load_folder(write_classes(tmp_path, "0123456789", 7))
    assert found.classes == tuple("0123456789")
    assert np.bincount(found.train.labels).tolist() == [6] * 10
    assert np.bincount(found.test.labels).tolist() == [1] * 10
    np.testing.assert_array_equal(found.train.images[0], SMALL)


def test_named_parts_are_taken_as_they_are(tmp_path: Path) -> None:
    write_classes(tmp_path / "train", "ab", 3)
    write_classes(tmp_path / "test", "ab", 2)
    found = load_folder(tmp_path)
    assert found.classes == ("a", "b")
    assert (found.train.labels.tolist(), found.test.labels.tolist()) == ([0, 0, 0, 1, 1, 1], [0, 0, 1, 1])


@pytest.mark.parametrize("turned", [False, True], ids=["white on black", "black on white"])
def test_small_picture_has_its_ink_white(turned: bool) -> None:
    np.testing.assert_array_equal(frame_small(255 - SMALL if turned else SMALL), SMALL)


@pytest.mark.parametrize("pen", [40, 250], ids=["ink", "chalk"])
def test_photo_of_a_digit_becomes_what_reading_makes_of_it(pen: int) -> None:
    photo = write_page("7", size_px=(200, 200), height_px=90, pen_px=9, paper=140, pen=pen)
    cv2.circle(photo, (20, 20), 1, pen, -1)  # dust
    digit = frame_photo(photo)
    rows, columns = np.nonzero(digit)
    assert np.ptp(rows) + 1 == 20
    assert np.ptp(columns) + 1 < 20
    assert digit.max() == 255
    heavy = np.average(np.arange(28), weights=digit.sum(axis=1))
    assert 13.4 < heavy < 14.6


def test_picture_without_ink_is_named(tmp_path: Path) -> None:
    for size in (28, 90):
        cv2.imwrite(str(tmp_path / "blank.png"), np.full((size, size), 255, np.uint8))
        with pytest.raises(InputError, match=r"blank\.png: shows no ink"):
            read_digit(tmp_path / "blank.png")


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="no such folder"):
        load_folder(tmp_path / "none")
    with pytest.raises(InputError, match="a folder for each class, received 0"):
        find_classes(tmp_path)
    write_classes(tmp_path, "012345689", 1)
    (tmp_path / "7").mkdir()
    with pytest.raises(MissingInputError, match="7: holds no picture"):
        load_folder(tmp_path)


def test_too_few_to_keep_any_for_the_test(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least 7 pictures"):
        load_folder(write_classes(tmp_path, "ab", 3))
