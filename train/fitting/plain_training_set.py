"""Training and validation data of the plain recipe: a data set's pictures as they are, as in the tutorials."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.recognition.classify import calibrate, infer_activation
from train.datasets.catalog import Dataset
from train.datasets.examples import Examples, predict, show_clean
from train.datasets.mnist import N_VALIDATION, split_validation
from train.datasets.own_data import split_stratified
from train.fitting.batches import Batch
from train.metrics import measure_nll
from train.scripts import find_commit

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, slots=True, eq=False)
class PlainTrainingSet:
    """A data set's training part, the part held out of it for validation, and the facts for the card."""

    train: Examples
    held_out: Examples
    facts: dict[str, Any]

    @property
    def n_digits(self) -> int:
        """Number of pictures in an epoch."""
        return len(self.train.labels)

    def draw(self, batch_size: int, seed: int, epoch: int) -> Iterator[Batch]:
        """Yield the batches of an epoch: every picture once, shuffled by `seed` and `epoch`."""
        order = np.random.default_rng([seed, epoch]).permutation(self.n_digits)
        for first in range(0, self.n_digits, batch_size):
            chosen = order[first : first + batch_size]
            yield self.train.images[chosen], self.train.labels[chosen]

    def validate(self, model: keras.Model) -> dict[str, float]:
        """Return loss and share right on the held-out part."""
        outputs = predict(model, self.held_out)
        likely = calibrate(outputs, 1.0, infer_activation(outputs))
        is_right = likely.argmax(axis=1) == self.held_out.labels
        return {"val_loss": measure_nll(likely, self.held_out.labels), "val_accuracy": float(np.mean(is_right))}


def gather_plain_set(dataset: Dataset, seed: int, limit: int | None = None) -> PlainTrainingSet:
    """Return the training set of a plain run: a tenth, of MNIST 5,500 digits by writer, is held out for validation.

    Of a user's own pictures it is a tenth of each class.

    `limit` keeps only so many pictures of each part.

    Raises
    ------
    ValueError : the data set has fewer than two pictures
    InputError : as for `split_stratified`
    """
    n_validation = min(N_VALIDATION, max(1, len(dataset.train.labels) // 10))
    split = split_stratified if dataset.is_own and dataset.train.writers is None else split_validation
    parts = (part.take(slice(0, limit)) for part in split(dataset.train, n_validation, seed))
    train, held_out = (show_clean(part) for part in parts)
    facts = {
        "commit": find_commit(),
        "train_sha256": dataset.train.checksum(),
        "is_writer_disjoint": dataset.train.writers is not None,
        "n_train": len(train.labels),
        "n_validation": len(held_out.labels),
        **({"has_mnist_test": True} if dataset.has_mnist_test else {}),
    }
    return PlainTrainingSet(train, held_out, facts)
