"""Builds every digit network of `train.networks.catalog`, in Keras 3 alone, so that each backend of Keras can fit it.

Five are those of well-known tutorials, each with its own output and loss; `digits` is the product's own. Parameter
counts are for ten classes (eleven for `digits`); the tests assert them. A new network is a function here, in
`BUILDERS`, and a line in the catalog.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
from keras import layers

from pipeline.errors import UsageError
from pipeline.types import SIDE_PX
from train.networks.catalog import SAVED, find_architecture

BATCH_MOMENTUM = 0.9
"""Of the running statistics: quick, since the averaged weights smooth them once more."""


@dataclass(frozen=True, slots=True)
class PlainCnn:
    """The knobs of a tutorial's CNN: convolutions with pooling, one dense layer; what `train.fitting.search` tunes."""

    filters: tuple[int, ...]
    n_dense: int
    kernel_px: int = 3
    dropout: float = 0.0


def build(name: str, n_classes: int | None = None) -> keras.Model:
    """Return the network called `name`, untrained.

    It takes float32 (N, 28, 28, 1), 0 paper .. 1 ink, and gives float32 (N, K): probabilities of the classes; K is
    `n_classes`, by default as many as the network has for digits.

    Raises
    ------
    UsageError : there is no network of that name, or it is `cnn_saved`, which only a file can hold
    """
    architecture = find_architecture(name)
    return BUILDERS[name](n_classes or architecture.n_classes)


def build_plain_cnn(knobs: PlainCnn, n_classes: int, name: str) -> keras.Model:
    """Return a CNN as the tutorials build it: each convolution (ReLU, no padding) is followed by 2x2 max pooling.

    Dropout, where there is any, lies before and after the dense layer.
    """
    image = layers.Input((SIDE_PX, SIDE_PX, 1), name="image")
    x = image
    for n_filters in knobs.filters:
        x = layers.Conv2D(n_filters, knobs.kernel_px, activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    if knobs.dropout:
        x = layers.Dropout(knobs.dropout)(x)
    x = layers.Dense(knobs.n_dense, activation="relu")(x)
    if knobs.dropout:
        x = layers.Dropout(knobs.dropout)(x)
    return keras.Model(image, layers.Dense(n_classes, activation="softmax", name="probabilities")(x), name=name)


def cnn_32_64_d64(n_classes: int) -> keras.Model:
    """Return two convolutions (32, 64) and Dense 64: 121,930 parameters."""
    return build_plain_cnn(PlainCnn((32, 64), 64), n_classes, "cnn_32_64_d64")


def cnn_32_64_64_d128(n_classes: int) -> keras.Model:
    """Return three convolutions (32, 64, 64) and Dense 128: 65,354 parameters; its tutorial claims 98.7 % on MNIST."""
    return build_plain_cnn(PlainCnn((32, 64, 64), 128), n_classes, "cnn_32_64_64_d128")


def cnn_saved(n_classes: int) -> keras.Model:
    """Raise a UsageError: this tutorial starts from a saved network, which `fit --init FILE.keras` loads."""
    raise UsageError(f"{SAVED} starts from a saved network of {n_classes} classes", "give --init FILE.keras")


def cnn_tuned(n_classes: int) -> keras.Model:
    """Return the plain CNN with the knobs that `train.fitting.search` found best: 151,466 parameters."""
    return build_plain_cnn(TUNED, n_classes, "cnn_tuned")


def mlp_50_50_sigmoid(n_classes: int) -> keras.Model:
    """Return two dense layers of 50 and an output of sigmoids: 42,310 parameters; its tutorial claims 99 % on MNIST.

    The sigmoids need not sum to 1. Its loss, sparse categorical cross-entropy, divides them by their sum, and so does
    `pipeline.recognition.classify` to make a confidence of them.
    """
    image = layers.Input((SIDE_PX, SIDE_PX, 1), name="image")
    x = layers.Flatten()(image)
    x = layers.Dense(50, activation="relu")(x)
    x = layers.Dense(50, activation="relu")(x)
    outputs = layers.Dense(n_classes, activation="sigmoid", name="sigmoids")(x)
    return keras.Model(image, outputs, name="mlp_50_50_sigmoid")


def digits(n_classes: int) -> keras.Model:
    """Return the network that is shipped: 15.2 million multiplications per digit, 0.36 million parameters.

    Each convolution is followed by batch normalization, which folds into it at export (Ioffe & Szegedy 2015, arXiv
    1502.03167). The one convolution at full resolution is cheap because it sees one channel; the second strides.
    """
    image = layers.Input((SIDE_PX, SIDE_PX, 1), name="image")
    x = _convolve(image, 24)
    x = _convolve(x, 48, strides=2)
    x = _convolve(x, 64)
    x = layers.MaxPooling2D()(x)
    x = layers.Dropout(0.05)(x)
    x = _convolve(x, 96)
    x = _convolve(x, 112)
    x = layers.MaxPooling2D()(x)
    x = layers.Dropout(0.1)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(160, use_bias=False)(x)
    x = layers.BatchNormalization(momentum=BATCH_MOMENTUM)(x)
    x = layers.ReLU()(x)
    x = layers.Dropout(0.25)(x)
    return keras.Model(image, layers.Dense(n_classes, activation="softmax", name="probabilities")(x), name="digits")


def _convolve(x: keras.KerasTensor, n_filters: int, strides: int = 1) -> keras.KerasTensor:
    x = layers.Conv2D(n_filters, 3, strides=strides, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=BATCH_MOMENTUM)(x)
    return layers.ReLU()(x)


TUNED = PlainCnn((32, 64), 96, kernel_px=5, dropout=0.2)
"""The best of 28 trials of `train.fitting.search`, fitted there at a rate of 0.00129; see docs/experiments.md."""

BUILDERS: dict[str, Callable[[int], keras.Model]] = {
    builder.__name__: builder
    for builder in (cnn_32_64_d64, cnn_32_64_64_d128, cnn_saved, cnn_tuned, mlp_50_50_sigmoid, digits)
}
"""The functions that build the networks of the catalog, by name."""
