"""Crops of pages: the maps lie where the ink lies, and chance depends on the seed alone."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.detection.page_network import N_CHANNELS, Channel
from tests.train.datasets.test_detector_pages import write_page
from train.datasets.detector_pages import DetectorPages
from train.fitting.detector_training_set import cut_crop, draw_batches, draw_example


@pytest.fixture
def pages(tmp_path: Path) -> DetectorPages:
    write_page(tmp_path)
    return DetectorPages(tmp_path)


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("turn_deg", [0.0, 90.0, 180.0, 270.0, 33.0])
def test_points_of_the_photo_are_found_again_in_the_crop(scale: float, turn_deg: float) -> None:
    photo = np.full((150, 200), 255, np.uint8)
    photo[60:68, 120:128] = 0
    crop, to_crop = cut_crop(photo, np.array((110.0, 70.0)), scale, turn_deg, 128)
    weight = 255.0 - crop
    rows, columns = np.mgrid[:128, :128] + 0.5
    found = (columns * weight).sum() / weight.sum(), (rows * weight).sum() / weight.sum()
    assert found == pytest.approx(to_crop @ (124.0, 64.0, 1.0), abs=0.05)


def test_crop_that_is_not_tilted_stays_sharp() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (80, 90), np.uint8)
    crop, _ = cut_crop(photo, np.array((40.3, 41.7)), 1.0, 90.0, 32)
    assert (crop == np.rot90(photo[26:58, 24:56], -1)).all()


@pytest.mark.parametrize(("beyond", "expected"), [(None, 200), (90.0, 90)])
def test_beyond_the_photo(beyond: float | None, expected: int) -> None:
    crop, _ = cut_crop(np.full((10, 10), 200, np.uint8), np.array((5.0, 5.0)), 1.0, 0.0, 64, beyond)
    assert crop.shape == (64, 64) and crop[0, 0] == expected and crop[32, 32] == 200


def test_ink_lies_in_the_areas(pages: DetectorPages) -> None:
    rng = np.random.default_rng(1)
    n_seen = 0
    for _ in range(20):
        crop, targets = draw_example(pages, rng, 128)
        assert crop.dtype == targets.dtype == np.float32
        assert crop.shape == (128, 128) and targets.shape == (32, 32, 2 * N_CHANNELS)
        area = targets[..., Channel.AREA] > 0
        if 20 < np.count_nonzero(area) < 500 and (targets[..., N_CHANNELS] > 0).all():
            cells = cv2.resize(crop, (32, 32), interpolation=cv2.INTER_AREA)
            inside = cv2.erode(area.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
            n_seen += abs(cells[inside].mean() - np.median(cells)) > 0.5 if inside.any() else 0
    assert n_seen > 3


def test_batches_depend_on_the_seed_alone(pages: DetectorPages) -> None:
    def draw(seed: int, epoch: int) -> list[np.ndarray]:
        return [crops for crops, _ in draw_batches(pages, 5, 2, seed, epoch, 64)]

    first = draw(0, 0)
    assert [batch.shape for batch in first] == [(2, 64, 64, 1)] * 5
    assert all((one == other).all() for one, other in zip(first, draw(0, 0), strict=True))
    assert (first[0] != draw(0, 1)[0]).any() and (first[0] != draw(1, 0)[0]).any()


def test_batches_may_be_left_early(pages: DetectorPages) -> None:
    batches = draw_batches(pages, 100, 1, 0, 0, 64)
    next(batches)
    batches.close()
