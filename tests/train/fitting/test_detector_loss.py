"""The loss of the page network: least for the right answer, blind to cells that are ignored."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.detection.page_network import N_CHANNELS, Channel
from tests.train.fitting.test_detector_scores import TARGETS, answer
from train.fitting.detector_loss import measure_detector_loss

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
"""TensorFlow's variables do not know NumPy 2's `copy` yet, and Keras asks them for it."""

RIGHT = answer(TARGETS)


def measure(maps: np.ndarray, targets: np.ndarray = TARGETS) -> float:
    return float(measure_detector_loss(targets[None], maps[None]))


@pytest.mark.parametrize("channel", list(Channel))
def test_each_map_counts(channel: Channel) -> None:
    wrong = RIGHT.copy()
    wrong[..., channel] = -wrong[..., channel] + 0.5
    assert measure(wrong) > measure(RIGHT) + 0.1


def test_right_answer_costs_little() -> None:
    assert measure(RIGHT) < 0.5


def test_bare_crop_is_no_division_by_zero() -> None:
    targets = np.zeros_like(TARGETS)
    targets[..., N_CHANNELS : N_CHANNELS + Channel.HEIGHT] = 1
    maps = np.full((16, 16, N_CHANNELS), -9, np.float32)
    assert 0 <= measure(maps, targets) < 0.2


def test_ignored_cells_cost_nothing() -> None:
    targets, maps = TARGETS.copy(), RIGHT.copy()
    targets[12:, 12:, N_CHANNELS:] = 0
    before = measure(maps, targets)
    maps[12:, 12:] = 7
    assert measure(maps, targets) == pytest.approx(before, abs=1e-6)
