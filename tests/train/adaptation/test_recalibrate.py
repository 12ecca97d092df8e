from __future__ import annotations

import numpy as np
import pytest

from pipeline.recognition.classify import MODELS_DIR
from train.adaptation.recalibrate import recalibrate_digits, recalibrate_lines, scale_temperature
from train.datasets.harvested_crops import Crops
from train.datasets.harvested_lines import Lines


@pytest.mark.parametrize(
    ("temperature", "before", "after", "expected"),
    [(0.8, 1.0, 1.0, 0.8), (0.8, 1.0, 1.5, 1.2), (0.8, 5.0, 1.0, 0.8), (0.8, 1.0, 0.2, 0.8), (2.0, 1.0, 3.0, 2.0)],
    ids=["as sure", "surer", "bound before", "bound after", "bound then"],
)
def test_temperature_follows_the_ratio(temperature: float, before: float, after: float, expected: float) -> None:
    assert scale_temperature(temperature, before, after) == pytest.approx(expected)


def test_network_that_has_not_changed_keeps_its_temperature() -> None:
    rng = np.random.default_rng(0)
    crops = Crops(rng.integers(0, 256, (20, 28, 28)).astype(np.uint8), np.arange(20, dtype=np.uint8) % 11, np.zeros(20))
    digits, lines = MODELS_DIR / "digits", MODELS_DIR / "lines"
    assert recalibrate_digits(digits, digits, {"temperature": 0.8}, crops) == 0.8
    pixels = rng.integers(0, 256, (32, 96, 2)).astype(np.uint8)
    line = Lines(pixels, (np.arange(48) % 12 - 1).astype(np.int8), np.array([32, 64]))
    assert recalibrate_lines(lines, lines, {"temperature": 1.1}, line) == 1.1
