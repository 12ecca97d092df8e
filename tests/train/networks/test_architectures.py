"""Networks by name: their shapes, sizes, and what they give before any training."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from pipeline.errors import UsageError
from train.networks.architectures import BUILDERS, PlainCnn, build, build_plain_cnn
from train.networks.catalog import ARCHITECTURES, SAVED, find_architecture
from train.networks.export import count_multiplications

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
"""TensorFlow's variables do not know NumPy 2's `copy` yet, and Keras asks them for it."""


@pytest.fixture(scope="module")
def digits() -> keras.Model:
    return build("digits")


COUNTS = {
    "cnn_32_64_d64": 121_930,  # 320 + 18,496 + 1,600 x 64 + 64 + 650
    "cnn_32_64_64_d128": 65_354,  # 320 + 18,496 + 36,928 + 64 x 128 + 128 + 1,290
    "cnn_tuned": 151_466,  # 832 + 51,264 + 1,024 x 96 + 96 + 970
    "mlp_50_50_sigmoid": 42_310,  # 784 x 50 + 50 + 50 x 50 + 50 + 510
    "digits": 355_363,
}


def test_every_network_has_its_parameters_counted() -> None:
    assert {*COUNTS, SAVED} == set(ARCHITECTURES)


@pytest.mark.parametrize("name", COUNTS)
def test_network_takes_28x28_and_gives_its_classes(name: str) -> None:
    model = build(name)
    assert model.count_params() == COUNTS[name]
    assert model.input_shape == (None, 28, 28, 1)
    assert model.output_shape == (None, 11 if name == "digits" else 10)
    assert model.name == name
    assert build(name, n_classes=3).output_shape == (None, 3)


@pytest.mark.parametrize(
    ("name", "activation", "loss"),
    [
        ("cnn_32_64_d64", "softmax", "categorical_crossentropy"),
        ("cnn_32_64_64_d128", "softmax", "categorical_crossentropy"),
        ("mlp_50_50_sigmoid", "sigmoid", "sparse_categorical_crossentropy"),
    ],
)
def test_tutorials_networks_keep_their_own_output_and_loss(name: str, activation: str, loss: str) -> None:
    assert build(name).layers[-1].activation.__name__ == activation
    assert find_architecture(name).loss == loss
    assert find_architecture(name).recipe == "plain"


def test_plain_cnn_is_built_by_its_knobs() -> None:
    model = build_plain_cnn(PlainCnn((4, 6), 9, kernel_px=5, dropout=0.4), 10, "mine")
    shapes = [layer.kernel.shape for layer in model.layers if hasattr(layer, "kernel")]
    assert shapes == [(5, 5, 1, 4), (5, 5, 4, 6), (4 * 4 * 6, 9), (9, 10)]
    assert [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)] == [0.4, 0.4]


def test_saved_network_is_only_in_a_file() -> None:
    with pytest.raises(UsageError, match="starts from a saved network"):
        build(SAVED)


@pytest.mark.parametrize("n", [1, 3])
def test_probabilities_sum_to_one(digits: keras.Model, n: int) -> None:
    images = np.random.default_rng(0).random((n, 28, 28, 1), np.float32)
    given = keras.ops.convert_to_numpy(digits(images, training=False))
    assert given.shape == (n, 11)
    assert given.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_digits_is_small_and_fast(digits: keras.Model) -> None:
    assert digits.count_params() < 400_000  # under 1 MB in half precision
    assert count_multiplications(digits) < 16_000_000


def test_normalization_follows_each_convolution_without_bias(digits: keras.Model) -> None:
    for layer, after in zip(digits.layers, digits.layers[1:], strict=False):
        if isinstance(layer, keras.layers.Conv2D):
            assert isinstance(after, keras.layers.BatchNormalization)
            assert not layer.use_bias


def test_every_architecture_has_its_builder() -> None:
    assert list(BUILDERS) == list(ARCHITECTURES)


def test_unknown_name_lists_the_known() -> None:
    with pytest.raises(UsageError, match="choose one of: cnn_32_64_d64, "):
        build("lenet-6", 10)
