"""Fine-tunes the digit network and the line network on corrections, mixed with what they knew before.

The statistics of batch normalization stay as they are, the rate is low, and the weights that count are the running mean
of all steps. How far the result is mixed with the weights before is chosen afterwards (`judge`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count

import keras
import numpy as np
from numpy.typing import NDArray

from pipeline.recognition.classify import Classifier
from pipeline.recognition.line_network import LineNetwork
from pipeline.types import N_DIGITS
from train.adaptation.align import CutNumber
from train.augmentation.augment import AugmentSettings, augment_digit, shift_digit
from train.datasets.harvested_crops import Crops
from train.datasets.harvested_lines import IGNORED, Lines
from train.fitting.line_training_set import LineTrainingSet
from train.fitting.recipes import PHOTO
from train.fitting.training_loop import average_weights, compile_model

N_STEPS = 300
"""Of each network. Corrections are half of a batch of digits, and one batch in four of line images."""

_RATES = {"digits": 3e-4, "lines": 5e-4}
_HALF_BATCH = {"digits": 32, "lines": 16}
_OLD_BATCHES = 3
"""Batches of what the line network knew before, for each of corrections."""

_MOMENTUM = 0.98
_KNOBS = AugmentSettings()


def fit_digits(
    before: keras.Model, corrected: Crops, replay: Crops, seed: int, n_steps: int, advance: Callable[[], None]
) -> keras.Model:
    """Return the digit network fine-tuned on crops, the corrections in half of each batch; `before` stays as it is."""
    n_classes = before.output_shape[-1]
    replay = replay.take(np.flatnonzero(replay.labels < n_classes))
    rng, rows = np.random.default_rng([seed, 6]), np.eye(n_classes, dtype=np.float32)
    fitted = _clone(before)
    compile_model(fitted, replace(PHOTO, weight_decay=0.0), "categorical_crossentropy", n_steps, _RATES["digits"])

    def draw() -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        while True:
            own = _draw_evenly(corrected.labels, _HALF_BATCH["digits"], rng)
            old = rng.integers(len(replay.labels), size=_HALF_BATCH["digits"])
            images = [_vary(corrected.images[i], rng) for i in own] + [shift_digit(replay.images[i], rng) for i in old]
            labels = np.concatenate([corrected.labels[own], replay.labels[old]])
            yield np.stack(images)[..., None], rows[labels]

    return _run(before, fitted, draw(), n_steps, advance)


def fit_lines(
    before: keras.Model, corrected: CutNumber, replay: CutNumber, seed: int, n_steps: int, advance: Callable[[], None]
) -> keras.Model:
    """Return the line network fine-tuned on line images, every fourth batch of corrections; `before` stays as it is."""
    fitted = _clone(before)
    compile_model(fitted, replace(PHOTO, weight_decay=0.0), "sparse_categorical_crossentropy", n_steps, _RATES["lines"])
    fitted.compile(
        optimizer=fitted.optimizer,
        loss=keras.losses.SparseCategoricalCrossentropy(ignore_class=IGNORED),
        metrics=["accuracy"],
        jit_compile=False,
    )
    size = _HALF_BATCH["lines"]
    own, old = (_draw_lines(part.lines, size, n_steps, seed) for part in (corrected, replay))

    def draw() -> Iterator[tuple[NDArray[np.float32], NDArray[np.int32]]]:
        while True:
            yield next(own)
            for _ in range(_OLD_BATCHES):
                yield next(old)

    return _run(before, fitted, draw(), n_steps, advance)


def _draw_lines(
    lines: Lines, size: int, n_steps: int, seed: int
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.int32]]]:
    """Yield batches of windows of line images without end."""
    for epoch in count():
        yield from LineTrainingSet(lines, size * n_steps).draw(size, seed, epoch)


def wrap(classifier: Classifier, digits: keras.Model, lines: keras.Model | None) -> Classifier:
    """Return the classifier with the networks of Keras in the place of its own."""
    network = classifier.line_network
    if lines is not None and network is not None:
        network = LineNetwork(network.name, network.temperature, _call(lines))
    return replace(classifier, network=_call(digits), line_network=network)


def _call(model: keras.Model) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    return lambda batch: keras.ops.convert_to_numpy(model(batch, training=False))


def _clone(model: keras.Model) -> keras.Model:
    """Return a copy whose batch normalization keeps its statistics."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    for layer in copy.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
    return copy


def _run(
    before: keras.Model,
    fitted: keras.Model,
    batches: Iterator[tuple[NDArray[np.float32], NDArray[np.float32] | NDArray[np.int32]]],
    n_steps: int,
    advance: Callable[[], None],
) -> keras.Model:
    """Return the running mean of the weights over `n_steps` steps."""
    averaged = keras.models.clone_model(before)
    averaged.set_weights(before.get_weights())
    weights = dict(zip(map(id, fitted.layers), averaged.layers, strict=True))
    for step, (images, labels) in zip(range(1, n_steps + 1), batches, strict=False):
        fitted.train_on_batch(images, labels)
        for layer in fitted.layers:  # a frozen layer sorts its weights otherwise than one that is not
            if layer.trainable_weights:
                average_weights(weights[id(layer)], layer, step, _MOMENTUM)
        advance()
    return averaged


def _draw_evenly(labels: NDArray[np.uint8], n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return `n` rows at random, of each digit that there is about as many as the root of its count asks for."""
    counts = np.bincount(labels, minlength=N_DIGITS + 1)
    weights = 1 / np.sqrt(counts[labels])
    return rng.choice(len(labels), n, p=weights / weights.sum())


def _vary(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a corrected digit a little moved, or as another pen and camera would show it."""
    return shift_digit(image, rng) if rng.random() < 0.5 else augment_digit(image, rng, _KNOBS)
