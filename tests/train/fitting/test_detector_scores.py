"""Figures of the page network on maps worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.detection.page_network import N_CHANNELS, Channel
from tests.train.fitting.test_detector_targets import make_mark
from train.fitting.detector_scores import DetectorScores, find_peaks, match_centers
from train.fitting.detector_targets import make_targets

LOGIT = 5.0


def answer(targets: np.ndarray) -> np.ndarray:
    """Return the maps of a network that knows everything."""
    maps = targets[..., :N_CHANNELS].copy()
    for channel in (Channel.AREA, Channel.LINK, Channel.OTHER, Channel.PRINTED):
        maps[..., channel] = np.where(maps[..., channel] > 0, LOGIT, -LOGIT)
    maps[..., Channel.CENTER] = 2 * LOGIT * (maps[..., Channel.CENTER] - 0.9)
    return maps


MARKS = [make_mark(8, 8, 20, 24, group=0), make_mark(32, 8, 44, 24, group=0), make_mark(8, 40, 20, 56, "letter")]
TARGETS = make_targets(MARKS, (64, 64))


def score(maps: np.ndarray) -> dict[str, float]:
    scores = DetectorScores()
    scores.add(maps, TARGETS)
    return scores.figures()


def test_nothing_counted_is_no_division_by_zero() -> None:
    assert not any(DetectorScores().figures().values())


def test_right_answers() -> None:
    figures = score(answer(TARGETS))
    assert figures.pop("height_off") == 0
    assert figures.pop("middle") == figures.pop("large") == 0, "there are none of these sizes"
    assert set(figures.values()) == {1.0}


@pytest.mark.parametrize(
    ("channels", "change", "expected"),
    [
        ([Channel.AREA], lambda logits: -np.abs(logits), {"area": 0.0}),
        ([Channel.LINK], lambda logits: np.abs(logits), {"link": (TARGETS[..., Channel.LINK] > 0).mean()}),
        ([Channel.CENTER], lambda logits: logits - 10, {"center": 0.0, "small": 0.0}),
        ([Channel.HEIGHT], lambda heights: heights + 0.5, {"height_off": 0.5}),
        ([Channel.UP_X, Channel.UP_Y], lambda up: -up, {"up": 0.0}),
        ([Channel.PRINTED], lambda logits: -logits, {"printed": 0.0}),
    ],
    ids=["no area", "links everywhere", "no centers", "too tall", "upside down", "taken for handwriting"],
)
def test_one_wrong_map_changes_its_figure(channels: list, change: object, expected: dict[str, float]) -> None:
    maps = answer(TARGETS)
    maps[..., channels] = change(maps[..., channels])
    right, figures = score(answer(TARGETS)), score(maps)
    assert {name: figures[name] for name in expected} == pytest.approx(expected)
    assert {name: figures[name] for name in right if name not in expected} == {
        name: value for name, value in right.items() if name not in expected
    }


def test_second_peak_of_a_digit_is_wrong() -> None:
    maps = answer(TARGETS)
    maps[2, 3, Channel.CENTER] = 0.5
    right, n_found, n_true = match_centers(maps, TARGETS)
    assert right.tolist() == [2, 0, 0] and n_found == 3 and n_true.tolist() == [2, 0, 0]


def test_highest_peak_is_first() -> None:
    centers = np.full((5, 7), -1.0, np.float32)
    centers[1, 1], centers[3, 5], centers[1, 2] = 1, 2, 0.5
    assert find_peaks(centers).tolist() == [[3, 5], [1, 1]]
