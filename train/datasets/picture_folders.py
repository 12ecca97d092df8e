"""Reads a data set of the user's own: a folder for each class, named by it, of pictures of one digit each.

    DIR/0/*.png  DIR/1/*.jpg  ...  DIR/9/*.png       every seventh picture of a class is kept for the test
    DIR/train/0/*.png ...  DIR/test/0/*.png ...      or the test part is named

A picture of 28x28 is taken as MNIST's are, a larger one goes through the pipeline's own light, threshold and
normalization, so that a photo of a digit may be given as it is.
"""

from __future__ import annotations

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

TEST_EVERY = 7

Picture = NDArray[np.uint8]


def load_folder(folder: Path) -> tuple[tuple[str, ...], DigitSet, DigitSet]:
    """Return (classes, training part, test part) of a folder of pictures, the classes in the order of their names.

    Raises
    ------
    MissingInputError : there is no such folder, or a class of digits has none, or no picture
    InputError : there are fewer than two classes, or a picture cannot be read or shows nothing
    """
    if not folder.is_dir():
        raise MissingInputError(f"{folder}: no such folder", "give folder:DIR with a folder of pictures per class")
    if (folder / "train").is_dir() and (folder / "test").is_dir():
        classes = name_classes(folder / "train")
        return classes, _load_classes(folder / "train", classes), _load_classes(folder / "test", classes)
    classes = name_classes(folder)
    whole = _load_classes(folder, classes)
    places = np.concatenate([np.arange(n) for n in np.bincount(whole.labels, minlength=len(classes))])
    is_test = places % TEST_EVERY == TEST_EVERY - 1
    if not is_test.any():
        raise InputError(f"{folder}: expected a class with at least {TEST_EVERY} pictures", "add pictures")
    return classes, _shuffle(whole.take(np.flatnonzero(~is_test))), whole.take(np.flatnonzero(is_test))


def name_classes(folder: Path) -> tuple[str, ...]:
    """Return the names of a folder's classes, sorted.

    Raises
    ------
    MissingInputError : the names are digits, but not all ten
    InputError : there are fewer than two
    """
    names = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if len(names) < 2:
        raise InputError(f"{folder}: expected a folder for each class, received {len(names)}", "0/ 1/ ... 9/")
    missing = [digit for digit in map(str, range(N_DIGITS)) if digit not in names]
    if all(name.isdecimal() and len(name) == 1 for name in names) and missing:
        raise MissingInputError(f"{folder}: has no folder for {', '.join(missing)}", "every digit needs one")
    return tuple(names)


def _load_classes(folder: Path, classes: tuple[str, ...]) -> DigitSet:
    """Return the pictures of each class, class by class, each in the order of its names."""
    images, labels = [], []
    for label, name in enumerate(classes):
        found = folder / name
        paths = sorted(path for path in found.glob("**/*") if path.suffix.lower() in SUFFIXES)
        if not paths:
            raise MissingInputError(f"{found}: holds no picture", f"expected files that end in {' '.join(SUFFIXES)}")
        tracked = track(paths, description=str(found), console=Console(stderr=True), transient=True)
        images += [read_digit(path) for path in tracked]
        labels += [label] * len(paths)
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


def _shuffle(digits: DigitSet) -> DigitSet:
    """Return the rows in a fixed random order, so that the last of them, which may be held out, are of all classes."""
    return digits.take(np.random.default_rng(0).permutation(len(digits.labels)))
