"""A plain run learns from a data set as it is: every picture once an epoch, some of it held out."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from train.datasets.catalog import Dataset
from train.datasets.mnist import DigitSet
from train.fitting.plain_training_set import gather_plain_set

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

N = 50
IMAGES = np.zeros((N, 28, 28), np.uint8)
IMAGES[:, 0, 0] = np.arange(N)
SET = DigitSet(IMAGES, (np.arange(N) % 2).astype(np.uint8), np.arange(N).astype(np.int32) // 5)
DATASET = Dataset("pairs", ("even", "odd"), SET, SET.take(slice(0, 4)))


def test_every_picture_comes_once_an_epoch_in_an_order_of_its_own() -> None:
    plain = gather_plain_set(DATASET, seed=0)
    assert plain.n_digits == N - len(plain.held_out.labels)
    first, again, second = (list(plain.draw(16, 0, epoch)) for epoch in (0, 0, 1))
    epochs = [np.concatenate([images for images, _ in epoch])[:, 0, 0, 0] for epoch in (first, again, second)]
    np.testing.assert_array_equal(epochs[0], epochs[1])
    assert not np.array_equal(epochs[0], epochs[2])
    assert sorted(epochs[0]) == sorted(epochs[2]) == sorted(plain.train.images[:, 0, 0, 0])
    for images, labels in first:
        np.testing.assert_array_equal(np.rint(255 * images[:, 0, 0, 0]) % 2, labels)


def test_whole_writers_are_held_out() -> None:
    plain = gather_plain_set(DATASET, seed=0)
    writers = {tuple(np.unique(np.rint(255 * part.images[:, 0, 0, 0]) // 5)) for part in (plain.train, plain.held_out)}
    trained, held_out = writers
    assert not set(trained) & set(held_out)
    assert plain.facts["is_writer_disjoint"] is True
    assert len(plain.facts["train_sha256"]) == 64


def test_limit_holds_for_both_parts() -> None:
    plain = gather_plain_set(DATASET, seed=0, limit=3)
    assert plain.n_digits == len(plain.held_out.labels) == 3


def test_validation_on_a_network_worked_by_hand() -> None:
    """Outputs of (0.9, 0.3): shares of 3/4 and 1/4 where they are made to sum to 1."""
    plain = gather_plain_set(DATASET, seed=0)
    flat = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(2)])
    flat.set_weights([np.zeros((784, 2)), np.array([0.9, 0.3])])
    n_even = int((plain.held_out.labels == 0).sum())
    n = len(plain.held_out.labels)
    figures = plain.validate(flat)
    assert figures["val_accuracy"] == n_even / n
