"""Crops under other light: another picture of the same thing."""

from __future__ import annotations

import numpy as np
import pytest

from train.augmentation.photo_crops import vary_crop


def make_crop() -> np.ndarray:
    crop = np.full((48, 64), 200, np.uint8)
    crop[16:32, 20:40] = 60
    return crop


@pytest.mark.parametrize("seed", range(20))
def test_mark_is_still_seen(seed: int) -> None:
    varied = vary_crop(make_crop(), np.random.default_rng(seed))
    assert varied.shape == (48, 64) and varied.dtype == np.uint8
    inside, outside = varied[18:30, 22:38].mean(), varied[18:30, 44:58].mean()
    assert abs(inside - outside) > 8


def test_kinds_of_change() -> None:
    crops = [vary_crop(make_crop(), np.random.default_rng(seed)) for seed in range(60)]
    n_inverted = sum(crop[18:30, 22:38].mean() > crop[18:30, 44:58].mean() for crop in crops)
    assert 2 <= n_inverted <= 20
    assert any((crop == make_crop()).all() for crop in crops), "some stay as they are"


def test_seed_decides() -> None:
    one, other = (vary_crop(make_crop(), np.random.default_rng(5)) for _ in range(2))
    assert (one == other).all()
