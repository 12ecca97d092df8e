"""The steps of a fit: optimizer and loss, one epoch, averaged weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras
import numpy as np

from train.fitting.batches import Batch
from train.fitting.recipes import WARMUP_FRAC, Recipe


def compile_model(model: keras.Model, recipe: Recipe, loss: str, n_steps: int, rate: float) -> None:
    """Give `model` its optimizer, for `n_steps` steps at the (peak) `rate`, and its loss, by Keras's name."""
    optimizer = keras.optimizers.Adam(rate)
    if recipe.weight_decay is not None:
        warmup = max(1, round(WARMUP_FRAC * n_steps))
        falling = keras.optimizers.schedules.CosineDecay(
            rate / 20, max(1, n_steps - warmup), alpha=0.0, warmup_target=rate, warmup_steps=warmup
        )
        optimizer = keras.optimizers.AdamW(falling, weight_decay=recipe.weight_decay)
    computed = keras.losses.get(loss)
    if recipe.label_smoothing and not is_sparse(loss):
        computed = keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)
    model.compile(
        optimizer=optimizer,
        loss=computed,
        metrics=["accuracy"],
        jit_compile=keras.backend.backend() == "jax",  # which needs it; TensorFlow's own CPU kernels beat XLA's
    )


def is_sparse(loss: str) -> bool:
    """Return whether the loss takes labels as numbers rather than one-hot rows."""
    return loss.startswith("sparse")


def average_weights(averaged: keras.Model, fitted: keras.Model, n_done: int, most_momentum: float) -> None:
    """Move the weights of `averaged` towards those of `fitted` after `n_done` steps (Polyak & Juditsky 1992).

    The momentum of the running mean rises to `most_momentum`: it starts lower, so that the untrained
    weights are forgotten.
    """
    momentum = min(most_momentum, n_done / (n_done + 10))
    for mean, weight in zip(averaged.weights, fitted.weights, strict=True):
        if weight.dtype.startswith("float"):  # the random states of dropout layers have no mean
            mean.assign(momentum * mean + (1 - momentum) * weight)


def seed_dropout(model: keras.Model, seed: int, epoch: int) -> None:
    """Seed each dropout layer for this epoch, so that a resumed run draws the same."""
    for at, layer in enumerate(model.layers):
        if isinstance(layer, keras.layers.Dropout):
            layer.seed_generator.state.assign(np.array([seed + epoch, at], np.uint32))


def encode(batches: Iterable[Batch], n_classes: int, loss: str) -> Iterator[tuple[Any, Any]]:
    """Yield the batches with labels as `loss` takes them: numbers, or one-hot rows float32 (N, K)."""
    rows = np.eye(n_classes, dtype=np.float32)
    for images, labels in batches:
        yield images, labels if is_sparse(loss) else rows[labels]


def fit_epoch(
    fitted: keras.Model,
    averaged: keras.Model,
    batches: Iterable[tuple[Any, Any]],
    n_done: int,
    recipe: Recipe,
    advance: Callable[[], None],
) -> dict[str, float]:
    """Fit one epoch's `batches`, after `n_done` steps before it; return their mean loss and accuracy."""
    figures_by_step, sizes = [], []
    for n_steps, (images, labels) in enumerate(batches, n_done + 1):
        fitted.reset_metrics()  # older releases of Keras give the mean of all batches so far
        figures = fitted.train_on_batch(images, labels, return_dict=True)
        figures_by_step.append((float(figures["loss"]), float(figures["accuracy"])))
        sizes.append(len(images))
        if recipe.average_momentum:
            average_weights(averaged, fitted, n_steps, recipe.average_momentum)
        advance()
    if not recipe.average_momentum:
        averaged.set_weights(fitted.get_weights())
    loss, accuracy = np.average(figures_by_step, weights=sizes, axis=0)
    return {"loss": float(loss), "accuracy": float(accuracy)}
