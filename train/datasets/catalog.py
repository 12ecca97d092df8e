"""Data sets by name: MNIST, Fashion-MNIST, IDX files of their shape, EMNIST's, CSV files, pictures in folders."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError, MissingInputError, UsageError
from train.datasets.conventions import adapt_pictures
from train.datasets.csv_files import is_kaggle_digits, read_csv_set
from train.datasets.mnist import DigitSet, find_data_dir, load_test, load_train, read_idx_set
from train.datasets.own_data import describe_shortages, keep_test_part
from train.datasets.picture_folders import load_folder
from train.scripts import suggest_name

MNIST = "mnist"
FASHION = "fashion_mnist"
DIGIT_CLASSES = tuple("0123456789")
NOT_A_DIGIT_NAME = "not a digit"
"""The eleventh class, of no data set's pictures."""

FASHION_CLASSES = (
    *("T-shirt", "trouser", "pullover", "dress", "coat"),
    *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
)
"""Xiao, Rasul & Vollgraf 2017, arXiv 1708.07747."""


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Labelled pictures.

    Attributes
    ----------
    name : as for `load_dataset`
    classes : their names; label k means the class at place k
    train, test : two parts; the test part chooses nothing
    notes : a line for each thing to know before training on it
    has_mnist_test : whether digits of MNIST's test set are known to be among the pictures
    """

    name: str
    classes: tuple[str, ...]
    train: DigitSet
    test: DigitSet
    notes: tuple[str, ...] = ()
    has_mnist_test: bool = False

    @property
    def is_own(self) -> bool:
        """Whether its pictures may lie in any order, such as class by class."""
        return self.name not in (MNIST, FASHION)


def check_dataset_name(name: str) -> str:
    """Return `name` if it is that of a data set whose folder, if it names one, is there; an argparse type.

    Raises
    ------
    UsageError : there is no data set of that name
    MissingInputError : there is no such folder
    """
    kind, _, place = name.partition(":")
    if kind in ("idx", "folder") and place:
        if not Path(place).is_dir():
            raise MissingInputError(f"{place}: no such folder")
    elif kind == "csv" and place:
        if not Path(place).is_file():
            raise MissingInputError(f"{place}: no such file")
    elif name not in (MNIST, FASHION):
        known = (MNIST, FASHION, "idx:DIR", "folder:DIR", "csv:FILE")
        raise UsageError(f"no data set is called {name!r}", suggest_name(name, known))
    return name


def load_dataset(name: str, data_dir: Path | None = None) -> Dataset:
    """Return the data set called `name`.

    Parameters
    ----------
    name : "mnist"; "fashion_mnist"; "idx:DIR", a folder of four files named as MNIST's or EMNIST's, with ten classes;
        "folder:DIR", a folder of pictures for each class, see `train.datasets.picture_folders`; or "csv:FILE", see
        `train.datasets.csv_files`
    data_dir : where MNIST lies, or Fashion-MNIST in its folder fashion_mnist; else Keras downloads them

    Raises
    ------
    UsageError : there is none of that name
    InputError : a file or folder is missing, damaged, or not what was expected
    """
    kind, _, place = check_dataset_name(name).partition(":")
    if name == MNIST:
        found = find_data_dir(data_dir)
        return Dataset(name, DIGIT_CLASSES, load_train(found), load_test(found))
    if name == FASHION:
        return Dataset(name, FASHION_CLASSES, *_load_fashion(find_data_dir(data_dir)))
    if kind == "idx":
        return _prepare(_load_idx_parts(name, Path(place)))
    if kind == "csv":
        path = Path(place)
        train, test = keep_test_part(read_csv_set(path), place)
        return _prepare(Dataset(name, DIGIT_CLASSES, train, test, has_mnist_test=is_kaggle_digits(path)))
    pictures = load_folder(Path(place))
    return _prepare(Dataset(name, pictures.classes, pictures.train, pictures.test, pictures.notes))


def _prepare(dataset: Dataset) -> Dataset:
    """Return an own data set, digits drawn the way MNIST's are, with notes on what is changed and what is lacking."""
    train, test, notes = dataset.train, dataset.test, list(dataset.notes)
    if dataset.classes == DIGIT_CLASSES:
        train, test, note = adapt_pictures(train, test)
        notes += [note] if note else []
    if dataset.has_mnist_test:
        notes.append("holds digits of MNIST's test set: the network's figures on MNIST, corrupted too, mean nothing")
    notes += describe_shortages(dataset.classes, train, test)
    return replace(dataset, train=train, test=test, notes=tuple(notes))


def _load_idx_parts(name: str, folder: Path) -> Dataset:
    """Return the parts of a folder of IDX files, MNIST's or those of EMNIST that hold digits."""
    emnist = [kind for kind in ("digits", "mnist") if any(folder.glob(f"emnist-{kind}-train-images*"))]
    names = (f"emnist-{emnist[0]}-train", f"emnist-{emnist[0]}-test") if emnist else ("train", "t10k")
    train, test = (_load_idx(folder, part) for part in names)
    return Dataset(name, DIGIT_CLASSES, train, test, has_mnist_test=bool(emnist))


def _load_fashion(data_dir: Path | None) -> tuple[DigitSet, DigitSet]:
    folder = None if data_dir is None else data_dir / FASHION
    if folder is not None and folder.is_dir():
        return _load_idx(folder, "train"), _load_idx(folder, "t10k")
    import keras  # a folder of IDX files is read without it

    try:
        (images, labels), (test_images, test_labels) = keras.datasets.fashion_mnist.load_data()
    except Exception as error:  # Keras raises no narrower one where a download fails
        hint = f"put its four files into DIR/{FASHION} and give --data-dir DIR"
        raise InputError(f"{FASHION}: cannot be downloaded ({error})", hint) from error
    return _make_set(images, labels), _make_set(test_images, test_labels)


def _load_idx(folder: Path, part: str) -> DigitSet:
    digits = read_idx_set(folder, part)
    if digits.labels.max(initial=0) >= len(DIGIT_CLASSES):
        raise InputError(f"{folder}: expected labels 0 to 9, received {digits.labels.max()}", "give folder:DIR instead")
    return digits


def _make_set(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> DigitSet:
    return DigitSet(images, labels.astype(np.uint8).reshape(-1))
