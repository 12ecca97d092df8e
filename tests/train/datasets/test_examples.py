"""Examples to look at: pictures as they are, from 0 to 1."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from train.datasets.examples import predict, show_clean, show_crops
from train.datasets.harvested_crops import Crops
from train.datasets.mnist import DigitSet

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

IMAGES = np.random.default_rng(0).integers(0, 255, (6, 28, 28), np.uint8)
LABELS = np.arange(6).astype(np.uint8)


@pytest.mark.parametrize("examples", [show_clean(DigitSet(IMAGES, LABELS)), show_crops(Crops(IMAGES, LABELS, LABELS))])
def test_pictures_are_kept_as_they_are_from_0_to_1(examples: object) -> None:
    assert examples.images.shape == (6, 28, 28, 1)
    assert examples.images.dtype == np.float32
    np.testing.assert_allclose(examples.images[..., 0] * 255, IMAGES, atol=1e-3)
    assert examples.labels.tolist() == list(range(6))
    assert examples.take(examples.labels > 3).labels.tolist() == [4, 5]


def test_predictions_are_the_models_outputs() -> None:
    examples = show_clean(DigitSet(IMAGES, LABELS))
    model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.GlobalAveragePooling2D()])
    np.testing.assert_allclose(predict(model, examples)[:, 0], IMAGES.mean(axis=(1, 2)) / 255, atol=1e-5)
