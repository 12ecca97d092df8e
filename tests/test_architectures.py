"""Networks by name: their shapes, sizes, and what they give before any training."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from pipeline.errors import UsageError
from train.architectures import ARCHITECTURES, N_CLASSES, build
from train.export import count_multiplications

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
"""TensorFlow's variables do not know NumPy 2's `copy` yet, and Keras asks them for it."""


@pytest.fixture(scope="module")
def digits() -> keras.Model:
    return build("digits")


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_network_takes_28x28_and_gives_eleven_probabilities(name: str) -> None:
    model = build(name)
    assert model.input_shape == (None, 28, 28, 1)
    assert model.output_shape == (None, N_CLASSES)
    assert model.name == name


@pytest.mark.parametrize("n", [1, 3])
def test_probabilities_sum_to_one(digits: keras.Model, n: int) -> None:
    images = np.random.default_rng(0).random((n, 28, 28, 1), np.float32)
    given = keras.ops.convert_to_numpy(digits(images, training=False))
    assert given.shape == (n, N_CLASSES)
    assert given.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_digits_is_small_and_fast(digits: keras.Model) -> None:
    assert digits.count_params() < 250_000  # under 1 MB as float32 with room for the file's own
    assert count_multiplications(digits) < 6_500_000


def test_normalization_follows_each_convolution_without_bias(digits: keras.Model) -> None:
    for layer, after in zip(digits.layers, digits.layers[1:], strict=False):
        if isinstance(layer, keras.layers.Conv2D):
            assert isinstance(after, keras.layers.BatchNormalization)
            assert not layer.use_bias


def test_unknown_name_lists_the_known() -> None:
    with pytest.raises(UsageError, match="choose one of: digits"):
        build("lenet-6")
