"""Layers that compute what Keras's do, each as operations that LiteRT has: for export alone.

Where height and width are not known beforehand, TensorFlow's converter turns Keras's dilated convolutions and
doublings into dozens of operations on shapes, around which LiteRT allocates anew for each picture of another size.
"""

from __future__ import annotations

import keras
import tensorflow as tf
from keras import layers

_DOUBLE = 2


class DirectConvolution(layers.Conv2D):  # type: ignore[misc]
    """A dilated convolution of stride 1 as one operation."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return the convolution of float32 (N, H, W, C)."""
        padding = self.padding.upper()
        outputs = tf.nn.conv2d(inputs, self.kernel, 1, padding, dilations=self.dilation_rate)
        return self.activation(outputs + self.bias if self.use_bias else outputs)


class Doubling(layers.Layer):  # type: ignore[misc]
    """Each pixel four times, as `UpSampling2D(2)` has it."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return float32 (N, 2 H, 2 W, C) of (N, H, W, C)."""
        return tf.nn.depth_to_space(tf.concat([inputs] * _DOUBLE**2, axis=-1), _DOUBLE)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of what `call` returns."""
        n, height, width, n_channels = input_shape
        return n, height and _DOUBLE * height, width and _DOUBLE * width, n_channels


def suit_litert(model: keras.Model) -> keras.Model:
    """Return a model that gives the same, made of these layers where they have a place; the model itself where not."""
    if not any(map(_is_suited, model.layers)):
        return model
    suited = keras.models.clone_model(model, clone_function=_suit)
    suited.set_weights(model.get_weights())
    return suited


def _is_suited(layer: keras.Layer) -> bool:
    """Return whether a layer has one of another kind in its place."""
    if isinstance(layer, layers.Conv2D):
        return max(layer.dilation_rate) > 1 and set(layer.strides) == {1} and layer.groups == 1
    is_doubling = isinstance(layer, layers.UpSampling2D) and tuple(layer.size) == (_DOUBLE, _DOUBLE)
    return is_doubling and layer.interpolation == "nearest"


def _suit(layer: keras.Layer) -> keras.Layer:
    if not _is_suited(layer):
        return layer.__class__.from_config(layer.get_config())
    if isinstance(layer, layers.Conv2D):
        return DirectConvolution.from_config(layer.get_config())
    return Doubling(name=layer.name)
