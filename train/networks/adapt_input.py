"""Adapts a saved network of another make: it then takes (N, 28, 28, 1), 0 paper .. 1 ink, and gives probabilities."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from pipeline.errors import UsageError
from pipeline.recognition.classify import calibrate, infer_activation
from pipeline.recognition.input_convention import OURS, draw_probe_digits, recognize_convention
from pipeline.types import N_DIGITS, SIDE_PX


def adapt_model(model: keras.Model) -> tuple[keras.Model, list[str]]:
    """Return the model with layers before and behind it that adapt it, and a line for each thing that they change.

    A model that needs none is returned as it is.

    Raises
    ------
    UsageError : it takes a shape that no digit can be brought to
    """
    notes = []
    if model.input_shape != (None, SIDE_PX, SIDE_PX, 1):
        image = layers.Input((SIDE_PX, SIDE_PX, 1), name="image")
        notes.append(f"takes {model.input_shape}: digits are brought to that shape")
        model = keras.Model(image, model(_reshape(image, model.input_shape[1:])), name=model.name)
    if model.output_shape[-1] not in (N_DIGITS, N_DIGITS + 1):
        return model, notes
    convention = recognize_convention(lambda batch: _score(model, batch))
    if convention != OURS:
        image = layers.Input((SIDE_PX, SIDE_PX, 1), name="image")
        x = layers.Permute((2, 1, 3))(image) if convention.is_transposed else image
        x = layers.Rescaling(convention.ink - convention.paper, convention.paper)(x)
        notes.append(f"takes {convention}: digits are rescaled to that")
        model = keras.Model(image, model(x), name=model.name)
    if infer_activation(_run(model, draw_probe_digits()[0])) == "linear":
        notes.append("gives logits: a softmax is added")
        image = layers.Input((SIDE_PX, SIDE_PX, 1), name="image")
        model = keras.Model(image, layers.Softmax(name="probabilities")(model(image)), name=model.name)
    return model, notes


def _run(model: keras.Model, batch: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(keras.ops.convert_to_numpy(model(batch, training=False)), np.float32)


def _score(model: keras.Model, batch: NDArray[np.float32]) -> NDArray[np.float32]:
    outputs = _run(model, batch)
    return calibrate(outputs, 1.0, infer_activation(outputs))


def _reshape(image: keras.KerasTensor, shape: tuple[int | None, ...]) -> keras.KerasTensor:
    """Return digits (N, 28, 28, 1) as a model takes them, as `pipeline.recognition.load_network.reshape_digits`."""
    match tuple(SIDE_PX if n is None else n for n in shape):
        case (n_pixels,) if n_pixels == SIDE_PX**2:
            return layers.Flatten()(image)
        case (height, width) if height == width:
            return layers.Reshape((height, width))(layers.Resizing(height, width)(image))
        case (height, width, 1 | 3 as n_channels) if height == width:
            resized = layers.Resizing(height, width)(image)
            return resized if n_channels == 1 else layers.Concatenate()([resized] * n_channels)
    raise UsageError(f"the network to begin with takes {shape}", "give one that takes (28, 28, 1), (784,) or a square")
