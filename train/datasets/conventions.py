"""Recognizes how own pictures of digits are drawn, by reading them with the shipped network.

MNIST's are light on dark, upright, 0 to 255. Others are dark on light, transposed as EMNIST's, or 0 to 1: each way is
tried on a sample, and one that reads clearly better than the given one is taken.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipeline.recognition.classify import Classifier, load_classifier
from train.datasets.mnist import DigitSet

Pictures = NDArray[np.uint8]

CONVENTIONS: dict[str, Callable[[Pictures], Pictures]] = {
    "as given": lambda images: images,
    "inverted": lambda images: 255 - images,
    "transposed": lambda images: images.swapaxes(1, 2),
    "transposed and inverted": lambda images: 255 - images.swapaxes(1, 2),
}
N_TRIED = 500
CLEARLY = 0.25
"""Share of the sample by which another convention must read better."""

LEAST_RIGHT = 0.5
"""Share of the sample that the shipped network reads at least of any digits that are labelled rightly."""


def adapt_pictures(train: DigitSet, test: DigitSet) -> tuple[DigitSet, DigitSet, str]:
    """Return both parts drawn as MNIST's digits are, and a line that says what was changed; "" where nothing was."""
    notes = []
    if 0 < train.images.max(initial=0) <= 1:
        train, test = (DigitSet(255 * part.images, part.labels, part.writers) for part in (train, test))
        notes.append("pixels 0 to 1 are taken as 0 to 255")
    shares = measure_conventions(train, load_classifier())
    best = max(shares, key=shares.__getitem__)
    if shares[best] > shares["as given"] + CLEARLY:
        train, test = (DigitSet(CONVENTIONS[best](part.images), part.labels, part.writers) for part in (train, test))
        gain = f"{shares[best]:.0%} so, {shares['as given']:.0%} as given"
        notes.append(f"pictures are {best}: models/digits reads {gain}")
    elif shares[best] < LEAST_RIGHT:
        notes.append(f"models/digits reads only {shares[best]:.0%} as labelled: check labels and pictures")
    return train, test, "; ".join(notes)


def measure_conventions(digits: DigitSet, judge: Classifier) -> dict[str, float]:
    """Return the share of a sample of the digits that `judge` reads as labelled, by convention."""
    chosen = np.random.default_rng(0).permutation(len(digits.labels))[:N_TRIED]
    images, labels = digits.images[chosen], digits.labels[chosen]
    shares = {}
    for name, convert in CONVENTIONS.items():
        batch = np.divide(convert(images)[..., None], 255, dtype=np.float32)
        shares[name] = float(np.mean(judge.classify(batch).probabilities.argmax(axis=1) == labels))
    return shares
