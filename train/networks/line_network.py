"""The line network: from a line image to the posteriors of each of its columns."""

from __future__ import annotations

import keras
from keras import layers

from pipeline.recognition.line_images import LINE_IMAGE_PX
from train.networks.architectures import BATCH_MOMENTUM
from train.networks.catalog import LINES


def build_line_network(n_classes: int) -> keras.Model:
    """Return the network: convolutions that halve the rows and keep the columns, then some along the columns alone.

    It is a convolutional text reader (Shi et al. 2015, arXiv 1507.05717) without recurrence, so that it runs on lines
    of any length. Synthesized lines have a label for every column, so that training needs no alignment; reading sums
    over the columns (`pipeline.recognition.span_scores`). Input (N, 32, W, 2), output (N,
    W / 2, K).
    """
    line_image = layers.Input((LINE_IMAGE_PX, None, 2), name="strip")
    x = _convolve(line_image, 24, 5, strides=2)
    x = _convolve(x, 32)
    x = layers.MaxPooling2D((2, 1))(x)
    x = _convolve(x, 48)
    x = _convolve(x, 48)
    x = layers.MaxPooling2D((2, 1))(x)
    x = layers.Dropout(0.05)(x)
    x = _convolve(x, 72)
    x = _convolve(x, 72)
    x = layers.ZeroPadding2D((0, 1))(x)
    x = _convolve(x, 112, (4, 3), padding="valid")
    x = layers.Dropout(0.1)(x)
    for reach in (2, 4, 1):
        x = _convolve(x, 112, (1, 3), dilation_rate=(1, reach))
    x = layers.Dropout(0.15)(x)
    x = layers.Conv2D(n_classes, 1)(x)
    x = layers.Reshape((-1, n_classes))(x)
    return keras.Model(line_image, layers.Softmax(name="probabilities", dtype="float32")(x), name=LINES)


def _convolve(
    x: keras.KerasTensor, n_filters: int, size: int | tuple[int, int] = 3, **options: object
) -> keras.KerasTensor:
    x = layers.Conv2D(n_filters, size, use_bias=False, **{"padding": "same", **options})(x)
    x = layers.BatchNormalization(momentum=BATCH_MOMENTUM)(x)
    return layers.ReLU()(x)
