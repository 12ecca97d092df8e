from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from pipeline.recognition.classify import load_classifier
from train.adaptation.align import CutNumber
from train.adaptation.replay import gather_pool, harvest_replay, join, list_held_out_pages, replay_samples
from train.datasets.harvested_crops import Crops
from train.datasets.harvested_lines import Lines

SAMPLES = Path(__file__).resolve().parents[3] / "samples"


def test_parts_are_joined() -> None:
    crops = Crops(np.zeros((2, 28, 28), np.uint8), np.array([1, 2], np.uint8), np.zeros(2, np.uint8))
    lines = Lines(np.zeros((32, 8, 2), np.uint8), np.zeros(4, np.int8), np.array([8]))
    joined = join(CutNumber(crops, lines), CutNumber(crops, lines))
    assert joined.crops.labels.tolist() == [1, 2, 1, 2]
    assert joined.lines.widths.tolist() == [8, 8]


@pytest.mark.slow
def test_pages_need_no_data() -> None:
    writers = gather_pool(None, False)
    assert writers.supplies is None
    replay = harvest_replay(writers, load_classifier(), 0, 2)
    assert set(replay.crops.labels.tolist()) >= set(range(10))
    assert len(replay.lines.widths)
    first, again = (list_held_out_pages(gather_pool(None, True), 0, 1)[0].photo for _ in range(2))
    np.testing.assert_array_equal(first, again)


@pytest.mark.slow
def test_samples_are_labelled_by_the_model(tmp_path: Path) -> None:
    shutil.copy(SAMPLES / "plain.jpg", tmp_path)
    (tmp_path / "truth.json").write_text('[{"file": "plain.jpg", "numbers": []}]')
    replay = replay_samples(load_classifier(), tmp_path)
    digits = replay.crops.labels[replay.crops.labels < 10]
    assert sorted(digits.tolist()) == sorted(map(int, "4207193658"))
