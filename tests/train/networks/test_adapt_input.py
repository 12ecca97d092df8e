"""Saved networks of other makes, brought to digits (N, 28, 28, 1) of 0 paper .. 1 ink."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from pipeline.errors import UsageError
from pipeline.recognition.classify import MODELS_DIR
from pipeline.recognition.input_convention import draw_probe_digits
from train.networks.adapt_input import adapt_model
from train.networks.export import count_multiplications

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
PROBES, LABELS = draw_probe_digits()
LINEAR = layers.Lambda(lambda x: 5 * x, output_shape=(10,))


@pytest.fixture(scope="module")
def base() -> keras.Model:
    return keras.models.load_model(MODELS_DIR / "cnn_32_64_d64" / "model.keras", compile=False)


def test_model_that_fits_is_returned_as_it_is(base: keras.Model) -> None:
    assert adapt_model(base) == (base, [])


@pytest.mark.parametrize(
    ("shape", "inner", "note"),
    [
        ((784,), [layers.Reshape((28, 28, 1))], "takes (None, 784): digits are brought to that shape"),
        ((28, 28), [layers.Reshape((28, 28, 1))], "takes (None, 28, 28)"),
        ((56, 56, 1), [layers.AveragePooling2D(2)], "takes (None, 56, 56, 1)"),
        (
            (28, 28, 3),
            [layers.Conv2D(1, 1, use_bias=False, kernel_initializer=keras.initializers.Constant(1 / 3))],
            "takes (None, 28, 28, 3)",
        ),
        ((28, 28, 1), [layers.Rescaling(1 / 255)], "takes 0 for paper and 255 for ink"),
        ((28, 28, 1), [layers.Rescaling(-1, 1), layers.Permute((2, 1, 3))], "takes 1 for paper and 0 for ink, transp"),
        ((28, 28, 1), [LINEAR], "gives logits"),
    ],
    ids=["flat", "no channel", "larger", "three channels", "0 to 255", "transposed and dark", "logits"],
)
def test_model_of_another_make_reads_digits(base: keras.Model, shape: tuple, inner: list, note: str) -> None:
    order = [base, *inner] if inner == [LINEAR] else [*inner, base]
    adapted, notes = adapt_model(keras.Sequential([keras.Input(shape), *order]))
    assert len(notes) == 1 and notes[0].startswith(note)
    assert adapted.input_shape == (None, 28, 28, 1)
    outputs = np.asarray(keras.ops.convert_to_numpy(adapted(PROBES)))
    assert np.allclose(outputs.sum(axis=1), 1, atol=1e-3)
    assert np.mean(outputs.argmax(axis=1) == LABELS) > 0.9
    assert count_multiplications(adapted) >= count_multiplications(base)


def test_shape_that_no_digit_has_is_refused() -> None:
    model = keras.Sequential([keras.Input((20, 28, 4)), layers.Flatten(), layers.Dense(10)])
    with pytest.raises(UsageError, match=r"takes \(20, 28, 4\)"):
        adapt_model(model)
