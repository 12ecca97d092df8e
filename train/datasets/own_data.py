"""What one does with a user's own pictures before training: hold out a part of every class, and say what is lacking."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.errors import InputError
from train.datasets.mnist import DigitSet

TEST_EVERY = 7
FEW = 30
"""A class of fewer pictures is named: its share of the held-out part is too small to say much."""

UNBALANCED = 10
"""The largest class is named that has more than so many times the pictures of the smallest."""


def split_stratified(digits: DigitSet, n_held_out: int, seed: int) -> tuple[DigitSet, DigitSet]:
    """Return (rest, held-out part), each in random order: the same share of every class, at least one of two pictures.

    Raises
    ------
    InputError : no class has two pictures
    """
    rng = np.random.default_rng(seed)
    frac = n_held_out / len(digits.labels)
    is_held_out = np.zeros(len(digits.labels), bool)
    for label in np.unique(digits.labels):
        rows = rng.permutation(np.flatnonzero(digits.labels == label))
        is_held_out[rows[: min(len(rows) - 1, max(1, round(frac * len(rows))))]] = True
    if not is_held_out.any():
        raise InputError("expected a class of two pictures, as one is held out", "add pictures")
    rest, held_out = (digits.take(rng.permutation(np.flatnonzero(part))) for part in (~is_held_out, is_held_out))
    return rest, held_out


def keep_test_part(digits: DigitSet, name: str) -> tuple[DigitSet, DigitSet]:
    """Return (training part, test part): every seventh picture of a class is kept for the test.

    Raises
    ------
    InputError : no class has seven pictures; `name` is that of the data
    """
    places = np.empty(len(digits.labels), np.int64)
    for label in np.unique(digits.labels):
        rows = np.flatnonzero(digits.labels == label)
        places[rows] = np.arange(len(rows))
    is_test = places % TEST_EVERY == TEST_EVERY - 1
    if not is_test.any():
        raise InputError(f"{name}: expected a class with at least {TEST_EVERY} pictures", "add pictures")
    return digits.take(np.flatnonzero(~is_test)), digits.take(np.flatnonzero(is_test))


def describe_shortages(classes: Sequence[str], train: DigitSet, test: DigitSet) -> list[str]:
    """Return a line for each way in which the pictures do not suffice, none where they do."""
    counts, n_test = (np.bincount(part.labels, minlength=len(classes)) for part in (train, test))
    lines = []
    if missing := [name for name, n in zip(classes, counts, strict=True) if n == 0]:
        lines.append(f"no picture of {', '.join(missing)}: the network will not learn to read it")
    if few := [f"{name} ({n})" for name, n in zip(classes, counts, strict=True) if 0 < n < FEW]:
        lines.append(f"fewer than {FEW} pictures of {', '.join(few)}: expect it to be read badly, and add pictures")
    least, most = (int(place) for place in (np.where(counts > 0, counts, counts.max() + 1).argmin(), counts.argmax()))
    if counts[most] > UNBALANCED * counts[least]:
        sizes = f"{counts[most]} pictures of {classes[most]}, {counts[least]} of {classes[least]}"
        lines.append(f"{sizes}: the network will prefer {classes[most]}; give the classes about as many each")
    if untested := [name for name, n, of in zip(classes, n_test, counts, strict=True) if n == 0 < of]:
        lines.append(f"no picture of {', '.join(untested)} in the test part: evaluate will not tell how it is read")
    return lines
