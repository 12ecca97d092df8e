"""Networks by name, without Keras: how each is fitted, and which are shipped in models/."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.errors import UsageError
from pipeline.types import N_DIGITS
from train.scripts import suggest_name

SAVED = "cnn_saved"
"""The name that stands for whatever network a saved file holds."""

LINES = "lines"
"""The line network, which `train.fitting.fit_lines` fits."""

PAGE = "page"
"""The page network, which `train.fitting.fit_detector` fits."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """How a network is fitted; `train.networks.architectures` builds it.

    `recipe` is the name of one in `train.fitting.recipes`; `loss` is Keras's name of the loss; `n_classes` is how many
    outputs it has for digits: ten, or eleven with "not a digit".
    """

    loss: str = "categorical_crossentropy"
    recipe: str = "plain"
    n_classes: int = N_DIGITS


ARCHITECTURES = {
    "cnn_32_64_d64": Architecture(),
    "cnn_32_64_64_d128": Architecture(),
    SAVED: Architecture(),
    "cnn_tuned": Architecture(),
    "mlp_50_50_sigmoid": Architecture(loss="sparse_categorical_crossentropy"),
    "digits": Architecture(recipe="photo", n_classes=N_DIGITS + 1),
}
"""The digit networks, by the name of the function that builds each."""

SHIPPED = (
    "cnn_32_64_64_d128",
    "cnn_32_64_d64",
    SAVED,
    "cnn_tuned",
    "digits",
    LINES,
    "mlp_50_50_sigmoid",
    PAGE,
)
"""The folders of models/ that are shipped; a new architecture is in the list only once its model is."""


def find_architecture(name: str) -> Architecture:
    """Return the architecture called `name`.

    Raises
    ------
    UsageError : there is no network of that name
    """
    if name not in ARCHITECTURES:
        raise UsageError(f"no network is called {name!r}", suggest_name(name, ARCHITECTURES))
    return ARCHITECTURES[name]
