"""How networks are fitted: as the tutorials do it, and as the product's own needs it."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.errors import UsageError
from train.scripts import suggest_name


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

PARTS = ("augmented", "harvest", "extra", "non-digits")
"""What the photo recipe adds to plain MNIST; each can be left out in an ablation."""

PLAIN = Recipe("plain", epochs=10, batch_size=64, rate=1e-3)
"""The tutorials' own: Adam as Keras sets it, a few epochs of MNIST scaled to 0..1, nothing else."""

PHOTO = Recipe(
    "photo",
    epochs=40,
    batch_size=256,
    rate=2e-3,
    label_smoothing=0.02,  # non-digits and digits overlap a little (half an 8 is a 3): no label is certain
    average_momentum=0.998,  # over about two epochs of steps; averaged weights generalize better to other writers
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
        raise UsageError(f"no recipe is called {name!r}", suggest_name(name, RECIPES))
    return RECIPES[name]
