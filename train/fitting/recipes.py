"""How networks are fitted: as the tutorials do it, and as the product's own needs it."""

from __future__ import annotations

from dataclasses import dataclass

import keras

from pipeline.errors import UsageError


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is fitted.

    Attributes
    ----------
    name : "plain" shows the data set's pictures as they are; "photo" shows digits as the front end makes them
    epochs, batch_size, rate : defaults; `rate` is the (peak) learning rate
    label_smoothing : share of each label spread over all classes
    average_momentum : of the running mean of the weights (Polyak & Juditsky 1992); 0 keeps no mean
    weight_decay : of AdamW; None fits with Adam at a constant rate instead
    litert_weights : precision of the exported weights
    """

    name: str
    epochs: int
    batch_size: int
    rate: float
    label_smoothing: float = 0.0
    average_momentum: float = 0.0
    weight_decay: float | None = None
    litert_weights: str = "float32"


WARMUP_FRAC = 0.05

PLAIN = Recipe("plain", epochs=10, batch_size=64, rate=1e-3)
"""The tutorials' own: Adam as Keras sets it, a few epochs of MNIST scaled to 0..1, nothing else."""

PHOTO = Recipe(
    "photo",
    epochs=40,
    batch_size=256,
    rate=2e-3,
    label_smoothing=0.02,  # non-digits and digits overlap a little (half an 8 is a 3): no label is dead sure
    average_momentum=0.998,  # over about two epochs of steps; averaged weights lie flatter and read other hands better
    weight_decay=0.02,
    litert_weights="int8",  # a quarter of the bytes, several times as fast, the same accuracy (docs/experiments.md)
)
"""The product's: AdamW with warmup and cosine decay, averaged weights, a mixture drawn afresh for every epoch."""

RECIPES = {recipe.name: recipe for recipe in (PLAIN, PHOTO)}


def find_recipe(name: str) -> Recipe:
    """Return the recipe called `name`.

    Raises
    ------
    UsageError : there is none of that name
    """
    if name not in RECIPES:
        raise UsageError(f"no recipe is called {name!r}", f"choose one of: {', '.join(RECIPES)}")
    return RECIPES[name]


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
