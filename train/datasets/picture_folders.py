"""Reads a data set of the user's own: a folder for each class, named by it, of pictures of one digit each.

    DIR/0/*.png  DIR/1/*.jpg  ...  DIR/9/*.png       every seventh picture of a class is kept for the test
    DIR/train/0/*.png ...  DIR/test/0/*.png ...      or the test part is named: test, testing, val, validation
    DIR/anna/0/*.png ...   DIR/ben/0/*.png ...       or each writer has a folder of the ten

Folders named zero, 7, digit_7, 7_seven are those of digits; where one name is of another kind, all are taken as they
are. A picture of 28x28 is taken as MNIST's are, a larger one goes through the pipeline's own light, threshold and
normalization, so that a photo of a digit may be given as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from pipeline.errors import InputError, MissingInputError
from pipeline.images.load import SUFFIXES, load_pages
from pipeline.ink.binarize import binarize
from pipeline.ink.broken_strokes import overlay
from pipeline.ink.components import find_components
from pipeline.ink.illumination import estimate_paper, flatten_light, measure_polarity, shrink
from pipeline.ink.labels import measure_stroke_width
from pipeline.recognition.normalize import normalize_digit
from pipeline.settings.tree import Settings
from pipeline.types import N_DIGITS, SIDE_PX
from train.datasets.mnist import DigitSet
from train.datasets.own_data import keep_test_part

TRAIN_NAMES, TEST_NAMES = ("train", "training"), ("test", "testing", "val", "valid", "validation")

_DIGITS = tuple(map(str, range(N_DIGITS)))
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_DIGIT_NAME = re.compile(rf"(?:(?:digits?|numbers?|num|class|label|n|d)[ _-]*)?0*(\d)(?:[ _-]*(?:{'|'.join(_WORDS)}))?")
_MOST_NAMED = 3

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class FolderSet:
    """Pictures of a folder: their classes, two parts, and `notes`, a line for each thing that was not plain."""

    classes: tuple[str, ...]
    train: DigitSet
    test: DigitSet
    notes: tuple[str, ...] = ()


def load_folder(folder: Path) -> FolderSet:
    """Return the pictures of a folder, the classes in the order of their names.

    Raises
    ------
    MissingInputError : there is no such folder, or a class has no picture
    InputError : there are fewer than two classes, or no picture of a class can be read
    """
    if not folder.is_dir():
        raise MissingInputError(f"{folder}: no such folder", "give folder:DIR with a folder of pictures per class")
    folder = _unwrap(folder)
    train_folder = next((path for path in _list_folders(folder) if path.name.lower() in TRAIN_NAMES), folder)
    others = [path for path in _list_folders(folder) if path.name.lower() in TEST_NAMES and _list_folders(path)]
    test_folder = min(others, key=lambda path: TEST_NAMES.index(path.name.lower()), default=None)
    has_parts = train_folder is not folder
    found = find_classes(train_folder)
    classes, notes = tuple(found), _describe_names(found)
    whole = _load_classes(found, classes, notes)
    if not has_parts or test_folder is None:
        return FolderSet(classes, *keep_test_part(whole, str(folder)), tuple(notes))
    if unused := [path.name for path in others if path != test_folder]:
        notes.append(f"{', '.join(unused)}/ is not used: {test_folder.name}/ is the test part")
    test_classes = find_classes(test_folder)
    if unknown := [name for name in test_classes if name not in classes]:
        raise InputError(f"{test_folder}: holds {', '.join(unknown)}, which {train_folder.name}/ does not", "add it")
    return FolderSet(classes, whole, _load_classes(test_classes, classes, notes), tuple(notes))


def find_classes(folder: Path) -> dict[str, list[Path]]:
    """Return the folders of each class by its name, sorted; all ten digits where each folder's name means one.

    Raises
    ------
    InputError : there are fewer than two
    """
    folders = _list_folders(folder)
    inner = [_list_folders(path) for path in folders]
    if not _are_digits(folders) and folders and all(paths and _are_digits(paths) for paths in inner):
        folders = [path for paths in inner for path in paths]  # a folder for each writer
    if len(folders) < 2:
        raise InputError(f"{folder}: expected a folder for each class, received {len(folders)}", "0/ 1/ ... 9/")
    if not _are_digits(folders):
        return {path.name: [path] for path in folders}
    found: dict[str, list[Path]] = {digit: [] for digit in _DIGITS}
    for path in folders:
        found[str(read_digit_name(path.name))].append(path)
    return found


def read_digit_name(name: str) -> int | None:
    """Return the digit that a folder's name means, such as 7, seven, digit_7, 07 or 7_seven; None for other names."""
    lower = name.lower()
    if lower in _WORDS:
        return _WORDS.index(lower)
    match = _DIGIT_NAME.fullmatch(lower)
    return int(match[1]) if match else None


def _are_digits(folders: list[Path]) -> bool:
    return all(read_digit_name(path.name) is not None for path in folders)


def _list_folders(folder: Path) -> list[Path]:
    """Return the folders in a folder, sorted, without hidden ones and what archives of a Mac leave behind."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "__MACOSX")))


def _unwrap(folder: Path) -> Path:
    """Return the first folder from here down that holds more than one folder, as an archive is often unpacked."""
    while len(inner := _list_folders(folder)) == 1 and _list_folders(inner[0]):
        folder = inner[0]
    return folder


def _describe_names(found: dict[str, list[Path]]) -> list[str]:
    """Return a line where the classes are not the folders 0 to 9."""
    if tuple(found) != _DIGITS:
        return [f"classes {', '.join(found)}: trained as such; run_pipeline.py reads with networks of the digits only"]
    named = {path.name: digit for digit, paths in found.items() for path in paths}
    other = [f"{name} as {digit}" for name, digit in named.items() if name != digit]
    return [f"folders taken as digits: {', '.join(other)}"] if other else []


def _load_classes(found: dict[str, list[Path]], classes: tuple[str, ...], notes: list[str]) -> DigitSet:
    """Return the pictures of each class, class by class; add a note that names what cannot be read."""
    images, labels, faults = [], [], []
    for label, name in enumerate(classes):
        for folder in found.get(name, []):
            paths = sorted(path for path in folder.glob("**/*") if path.suffix.lower() in SUFFIXES)
            if not paths:
                raise MissingInputError(
                    f"{folder}: holds no picture", f"expected files that end in {' '.join(SUFFIXES)}"
                )
            for path in track(paths, description=str(folder), console=Console(stderr=True), transient=True):
                try:
                    images.append(read_digit(path))
                    labels.append(label)
                except InputError as error:
                    reason = error.message.removeprefix(f"{path}: ")
                    faults.append(f"{path}: {reason}")
    if not images:
        raise InputError(f"no picture can be read: {faults[0]}", "check the folder")
    if faults:
        more = f" and {len(faults) - _MOST_NAMED} more" if len(faults) > _MOST_NAMED else ""
        notes.append(f"left out: {'; '.join(faults[:_MOST_NAMED])}{more}")
    return DigitSet(np.stack(images), np.array(labels, np.uint8))


def read_digit(path: Path) -> Picture:
    """Return the digit in a picture file in MNIST's frame, uint8 (28, 28), 0 paper .. 255 ink.

    Raises
    ------
    InputError : the file cannot be read, or no ink is found in it
    """
    gray = next(iter(load_pages(path))).gray
    digit = frame_small(gray) if gray.shape == (SIDE_PX, SIDE_PX) else frame_photo(gray)
    if not digit.any():
        raise InputError(f"{path}: shows no ink", "take it out of the folder")
    return digit


def frame_small(gray: Picture) -> Picture:
    """Return a picture of 28x28 with ink as 255, whichever way round it was: the rim is taken for paper."""
    rim = np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]])
    return gray if np.median(rim) < 128 else 255 - gray


def frame_photo(gray: Picture) -> Picture:
    """Return the ink of a photo of one digit, uint8 (H, W), as reading would hand it to the network."""
    settings = Settings()
    if not measure_polarity(shrink(gray, settings.illumination), settings.illumination):
        gray = cv2.bitwise_not(gray)
    paper = estimate_paper(shrink(gray, settings.illumination), settings.illumination)
    darkness = flatten_light(gray, paper)
    mask = binarize(darkness, settings.binarize)
    parts = find_components(mask, darkness, settings.components)
    ink = overlay(parts)[1] if parts else mask.ink  # dust is no part, but a digit cut close may lie along the rim
    digit = normalize_digit(ink, measure_stroke_width(ink), settings.normalize)
    return np.rint(255 * digit).astype(np.uint8)
