"""A user's own pictures: every class on both sides of a split, and what is lacking is said before training."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from train.datasets.catalog import DIGIT_CLASSES, load_dataset
from train.datasets.mnist import DigitSet
from train.datasets.own_data import describe_shortages, keep_test_part, split_stratified
from train.datasets.picture_folders import load_folder, read_digit_name
from train.fitting.plain_training_set import gather_plain_set
from train.synthesis.handwriting.drawn_digits import draw_digit_set


def label_set(labels: list[int]) -> DigitSet:
    images = np.zeros((len(labels), 28, 28), np.uint8)
    images[:, 0, 0] = np.arange(len(labels)) % 256
    return DigitSet(images, np.array(labels, np.uint8))


@given(st.lists(st.integers(0, 9), min_size=2, max_size=80), st.integers(0, 3))
def test_every_class_of_two_pictures_is_on_both_sides(labels: list[int], seed: int) -> None:
    digits = label_set(sorted(labels))
    counts = np.bincount(digits.labels)
    if counts.max() < 2:
        with pytest.raises(InputError, match="two pictures"):
            split_stratified(digits, max(1, len(labels) // 10), seed)
        return
    rest, held_out = split_stratified(digits, max(1, len(labels) // 10), seed)
    for label in np.flatnonzero(counts >= 2):
        assert label in rest.labels and label in held_out.labels
    assert sorted([*rest.images[:, 0, 0], *held_out.images[:, 0, 0]]) == list(range(len(labels)))


def test_split_is_shuffled_by_its_seed() -> None:
    digits = label_set([0] * 40 + [1] * 40)
    first, again, other = (split_stratified(digits, 8, seed) for seed in (0, 0, 1))
    assert np.array_equal(first[1].images, again[1].images)
    assert not np.array_equal(first[1].images, other[1].images)
    assert len(set(first[0].labels[:10].tolist())) == 2  # --limit takes the first ones


def test_shortages_are_named() -> None:
    whole = label_set([0] * 400 + [1] * 35 + [2] * 5)
    assert describe_shortages(("0", "1"), label_set([0, 1] * 50), label_set([0, 1])) == []
    lines = describe_shortages(("0", "1", "2", "3"), whole, label_set([0, 1]))
    assert [line.split(":")[0] for line in lines] == [
        "no picture of 3",
        "fewer than 30 pictures of 2 (5)",
        "400 pictures of 0, 5 of 2",
        "no picture of 2 in the test part",
    ]


def test_test_part_takes_every_seventh_of_a_class_in_any_order() -> None:
    train, test = keep_test_part(label_set([0, 1] * 7), "own")
    assert test.labels.tolist() == [0, 1]
    assert len(train.labels) == 12


@pytest.mark.parametrize(
    ("name", "digit"),
    [("0", 0), ("zero", 0), ("Seven", 7), ("digit_3", 3), ("Digit-3", 3), ("class 9", 9), ("05", 5), ("4_four", 4),
     ("A", None), ("batch1", None), ("10", None), ("Sample010", None), ("3b", None), ("", None)],
)  # fmt: skip
def test_name_that_means_a_digit(name: str, digit: int | None) -> None:
    assert read_digit_name(name) == digit


DRAWN = draw_digit_set(np.random.default_rng(0), 14, 0, 0)


def write_pictures(folder: Path, names: dict[int, str], per_class: int = 14, first: int = 0) -> None:
    for digit, name in names.items():
        (folder / name).mkdir(parents=True)
        rows = np.flatnonzero(DRAWN.labels == digit)[first : first + per_class]
        for n, image in enumerate(DRAWN.images[rows]):
            cv2.imwrite(str(folder / name / f"{n}.png"), image)


PLAIN = {digit: str(digit) for digit in range(10)}


@pytest.mark.parametrize(("train", "test"), [("train", "test"), ("Training", "validation"), ("train", "val")])
def test_held_out_part_of_named_parts_has_every_class(tmp_path: Path, train: str, test: str) -> None:
    write_pictures(tmp_path / "unpacked" / train, PLAIN, 10)
    write_pictures(tmp_path / "unpacked" / test, PLAIN, 4, first=10)
    dataset = load_dataset(f"folder:{tmp_path}")
    assert (len(dataset.train.labels), len(dataset.test.labels)) == (100, 40)
    training_set = gather_plain_set(dataset, 0)
    assert sorted(set(training_set.held_out.labels.tolist())) == list(range(10))
    assert np.bincount(training_set.train.labels).tolist() == [9] * 10


def test_named_digits_and_folders_by_writer_are_digits(tmp_path: Path) -> None:
    write_pictures(tmp_path / "named", {0: "zero", 1: "digit_1", 2: "2"})
    found = load_folder(tmp_path / "named")
    assert found.classes == DIGIT_CLASSES
    assert found.notes == ("folders taken as digits: zero as 0, digit_1 as 1",)
    assert set(found.train.labels.tolist()) == {0, 1, 2}
    for writer, first in (("anna", 0), ("ben", 7)):
        write_pictures(tmp_path / "writers" / writer, PLAIN, 7, first)
    found = load_folder(tmp_path / "writers")
    assert np.bincount(found.train.labels).tolist() == [12] * 10


def test_other_names_are_said_to_be_no_digits(tmp_path: Path) -> None:
    write_pictures(tmp_path, {0: "A", 1: "1"})
    found = load_folder(tmp_path)
    assert found.classes == ("1", "A")
    assert "reads with networks of the digits only" in found.notes[0]


def test_picture_that_cannot_be_read_is_left_out_by_name(tmp_path: Path) -> None:
    write_pictures(tmp_path, PLAIN)
    cv2.imwrite(str(tmp_path / "3" / "blank.png"), np.zeros((28, 28), np.uint8))
    (tmp_path / "4" / "torn.png").write_bytes(b"no picture")
    found = load_folder(tmp_path)
    assert len(found.train.labels) + len(found.test.labels) == 140
    assert "blank.png: shows no ink" in found.notes[0] and "torn.png" in found.notes[0]


def test_part_of_classes_that_training_lacks_is_refused(tmp_path: Path) -> None:
    write_pictures(tmp_path / "train", {0: "a", 1: "b"})
    write_pictures(tmp_path / "test", {0: "a", 1: "c"})
    with pytest.raises(InputError, match=r"test: holds c, which train/ does not"):
        load_folder(tmp_path)
