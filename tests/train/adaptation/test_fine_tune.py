from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from pipeline.recognition.classify import Classifier
from train.adaptation.align import CutNumber
from train.adaptation.fine_tune import _draw_evenly, fit_digits, fit_lines, wrap
from train.datasets.harvested_crops import Crops
from train.datasets.harvested_lines import Lines

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


def make_crops(label: int, n: int, is_left: bool) -> Crops:
    """Return bars on the left or on the right, told to be one digit."""
    images = np.zeros((n, 28, 28), np.uint8)
    images[:, 4:24, 6:10] = 255 * is_left
    images[:, 4:24, 18:22] = 255 * (not is_left)
    return Crops(images, np.full(n, label, np.uint8), np.zeros(n, np.uint8))


def build_digits() -> keras.Model:
    image = layers.Input((28, 28, 1))
    x = layers.BatchNormalization()(layers.AveragePooling2D(4)(image))
    return keras.Model(image, layers.Dense(11, "softmax")(layers.Flatten()(x)))


def test_rare_digits_are_drawn_more_often_than_their_share() -> None:
    drawn = _draw_evenly(np.array([1] * 90 + [7] * 10, np.uint8), 2000, np.random.default_rng(0))
    assert np.mean(drawn >= 90) == pytest.approx(10**0.5 / (10**0.5 + 90**0.5), abs=0.04)


@pytest.mark.slow
def test_digit_network_learns_corrections_and_keeps_what_it_knew() -> None:
    keras.utils.set_random_seed(0)
    before = build_digits()
    weights = [weight.copy() for weight in before.get_weights()]
    steps: list[int] = []
    after = fit_digits(before, make_crops(7, 5, True), make_crops(1, 50, False), 0, 300, lambda: steps.append(1))
    assert len(steps) == 300
    for was, now in zip(weights, before.get_weights(), strict=True):
        np.testing.assert_array_equal(was, now)
    np.testing.assert_array_equal(before.layers[2].moving_mean, after.layers[2].moving_mean)
    classifier = wrap(Classifier("none", 11, 1.0, "softmax", lambda batch: batch), after, None)
    for crops in (make_crops(7, 1, True), make_crops(1, 1, False)):
        scores = classifier.classify(crops.images[..., None].astype(np.float32) / 255).probabilities
        assert scores.argmax() == crops.labels[0]


@pytest.mark.slow
def test_line_network_learns_labelled_columns_alone() -> None:
    image = layers.Input((32, None, 2))
    x = layers.Conv2D(25, (32, 2), strides=(32, 2))(image)
    before = keras.Model(image, layers.Softmax()(layers.Reshape((-1, 25))(x)))
    pixels = np.zeros((32, 64, 2), np.uint8)
    pixels[8:24, 28:36] = 255
    columns = np.full(32, -1, np.int8)
    columns[12:20] = [10, 10, 3, 3, 3, 3, 10, 10]
    part = CutNumber(make_crops(3, 1, True), Lines(pixels, columns, np.array([64])))
    after = fit_lines(before, part, part, 0, 60, lambda: None)
    batch = pixels[None].astype(np.float32) / 255
    gain = np.asarray(after(batch))[0, 15, 3] - np.asarray(before(batch))[0, 15, 3]
    assert gain > 0
