"""Every network by name, in Keras 3 alone, so that each backend of Keras can fit it."""

from __future__ import annotations

from collections.abc import Callable

import keras
from keras import layers

from pipeline.errors import UsageError
from pipeline.types import N_DIGITS, SIDE_PX

N_CLASSES = N_DIGITS + 1
"""Ten digits, then "not a digit"."""

BATCH_MOMENTUM = 0.9
"""Of the running statistics: quick, since the averaged weights smooth them once more."""


def build(name: str) -> keras.Model:
    """Return the network called `name`, not yet trained.

    It takes float32 (N, 28, 28, 1), 0 paper .. 1 ink, and gives float32 (N, 11): probabilities of the ten digits and,
    last, of "not a digit".

    Raises
    ------
    UsageError : there is no network of that name
    """
    if name not in ARCHITECTURES:
        raise UsageError(f"no network is called {name!r}", f"choose one of: {', '.join(ARCHITECTURES)}")
    return ARCHITECTURES[name]()


def digits() -> keras.Model:
    """Return the network that is shipped: 6.0 million multiplications per digit, 0.17 million parameters.

    Each convolution is followed by batch normalization, which folds into it at export (Ioffe & Szegedy 2015, arXiv
    1502.03167). The one convolution at full resolution is cheap because it sees one channel; the second strides.
    """
    image = layers.Input((SIDE_PX, SIDE_PX, 1), name="image")
    x = _convolve(image, 24)
    x = _convolve(x, 32, strides=2)
    x = _convolve(x, 48)
    x = layers.MaxPooling2D()(x)
    x = layers.Dropout(0.05)(x)
    x = _convolve(x, 80)
    x = layers.MaxPooling2D()(x)
    x = layers.Dropout(0.1)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(160, use_bias=False)(x)
    x = layers.BatchNormalization(momentum=BATCH_MOMENTUM)(x)
    x = layers.ReLU()(x)
    x = layers.Dropout(0.25)(x)
    return keras.Model(image, layers.Dense(N_CLASSES, activation="softmax", name="probabilities")(x), name="digits")


def _convolve(x: keras.KerasTensor, n_filters: int, strides: int = 1) -> keras.KerasTensor:
    x = layers.Conv2D(n_filters, 3, strides=strides, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=BATCH_MOMENTUM)(x)
    return layers.ReLU()(x)


ARCHITECTURES: dict[str, Callable[[], keras.Model]] = {"digits": digits}
