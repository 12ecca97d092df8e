"""Fixed labelled examples: for validation and tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from train.datasets.harvested_crops import Crops
from train.datasets.mnist import DigitSet

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Fixed examples: images float32 (N, 28, 28, 1), 0 paper .. 1 ink; labels int64 (N,), classes by their place."""

    images: NDArray[np.float32]
    labels: NDArray[np.int64]

    def take(self, chosen: NDArray[np.bool_]) -> Examples:
        """Return the chosen rows."""
        return Examples(self.images[chosen], self.labels[chosen])


def show_clean(digits: DigitSet) -> Examples:
    """Return a set's pictures as they are, scaled to 0..1."""
    return _scale(digits.images, digits.labels)


def show_crops(crops: Crops) -> Examples:
    """Return harvested crops as they are, scaled to 0..1."""
    return _scale(crops.images, crops.labels)


def predict(model: keras.Model, examples: Examples) -> NDArray[np.float32]:
    """Return the model's outputs, float32 (N, K)."""
    return np.asarray(model.predict(examples.images, batch_size=512, verbose=0), np.float32)


def _scale(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Examples:
    return Examples(np.divide(images[..., None], 255, dtype=np.float32), labels.astype(np.int64))
