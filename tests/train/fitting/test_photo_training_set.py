"""What a run is made of: split by writer, held-out parts never trained on, the facts told."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from pipeline.errors import UsageError
from train.augmentation.non_digits import NonDigitSource
from train.datasets.catalog import DIGIT_CLASSES, Dataset
from train.datasets.examples import Examples
from train.datasets.harvested_crops import FACTS_NAME
from train.datasets.mnist import DigitSet
from train.fitting import photo_training_set as training_room
from train.fitting.batches import NOT_A_DIGIT, Sources
from train.fitting.photo_training_set import gather_photo_set

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
"""TensorFlow's variables do not know NumPy 2's `copy` yet, and Keras asks them for it."""

N = 60
IMAGES = np.random.default_rng(0).integers(0, 255, (N, 28, 28), np.uint8)
DIGITS = DigitSet(IMAGES, np.arange(N).astype(np.uint8) % 10, np.arange(N).astype(np.int32) // 3)
EXTRAS, HELD_OUT = DIGITS.take(slice(0, 4)), DIGITS.take(slice(4, 7))


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> list[tuple[DigitSet, DigitSet]]:
    """Stand in for the data, and note which digits and extras each side's sources were made of."""
    asked = []

    def collect(digits: DigitSet, extras: DigitSet, rng: np.random.Generator) -> Sources:
        asked.append((digits, extras))
        non_digits = NonDigitSource(digits.images, digits.labels, [np.full((9, 9), 255, np.uint8)])
        return Sources(digits, extras, digits, digits, non_digits)

    monkeypatch.setattr(training_room, "N_VALIDATION", 20)
    monkeypatch.setattr(training_room, "load_train", lambda data_dir: DIGITS)
    monkeypatch.setattr(training_room, "load_extras", lambda data_dir: (EXTRAS, HELD_OUT))
    monkeypatch.setattr(training_room, "collect_sources", collect)
    return asked


def test_held_out_writers_and_extras_are_looked_at_and_never_trained_on(
    collected: list[tuple[DigitSet, DigitSet]], tmp_path: Path
) -> None:
    training_set = gather_photo_set(tmp_path, seed=0)
    (looked_at, extras_looked_at), (trained, extras_trained) = collected
    assert trained.writers is not None
    assert looked_at.writers is not None
    assert not set(trained.writers) & set(looked_at.writers)
    assert extras_looked_at is HELD_OUT
    assert extras_trained is EXTRAS
    assert training_set.train.digits is trained
    assert len(training_set.clean.labels) == len(looked_at.labels) == len(training_set.seen.labels)
    assert set(np.unique(training_set.seen.labels)) <= set(range(NOT_A_DIGIT + 1))


def test_facts_count_what_is_there(collected: list[tuple[DigitSet, DigitSet]], tmp_path: Path) -> None:
    facts = gather_photo_set(tmp_path, seed=0).facts
    assert facts["n_train"] + facts["n_validation"] == N
    assert facts["n_extra_train"] == 4
    assert facts["is_writer_disjoint"] is True


def test_limit_holds_for_both_parts(collected: list[tuple[DigitSet, DigitSet]], tmp_path: Path) -> None:
    training_set = gather_photo_set(tmp_path, seed=0, limit=6)
    assert len(training_set.train.digits.labels) == len(training_set.clean.labels) == 6


def test_ones_own_digits_take_the_place_of_mnists(
    collected: list[tuple[DigitSet, DigitSet]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_room, "load_train", lambda data_dir: pytest.fail("MNIST was read"))
    own = Dataset("folder:own", DIGIT_CLASSES, DIGITS.take(slice(0, 30)), DIGITS.take(slice(30, 33)))
    training_set = gather_photo_set(tmp_path, seed=0, own=own)
    assert training_set.n_digits + len(training_set.clean.labels) == 30
    assert "mnist_train_images_sha256" not in training_set.facts


def write_harvest(folder: Path, seed: int = 0) -> Path:
    """Write a harvest of three crops in each part: a 4, a 5, and non-digits."""
    for part in ("train", "validation"):
        np.savez(
            folder / f"{part}-0000.npz",
            images=IMAGES[:3],
            labels=np.array([4, 5, NOT_A_DIGIT], np.uint8),
            kinds=np.array([0, 0, 1], np.uint8),
        )
    facts = {"seed": seed, "pages": 1, "n_train": 3, "train_kinds": {}, "n_validation": 3}
    (folder / FACTS_NAME).write_text(json.dumps(facts))
    return folder


def test_harvest_is_mixed_in_and_what_a_temperature_is_fitted_on(
    collected: list[tuple[DigitSet, DigitSet]], tmp_path: Path
) -> None:
    without = gather_photo_set(tmp_path, seed=0)
    assert without.mixture.harvest == 0
    assert without.held_out is without.seen
    training_set = gather_photo_set(tmp_path, seed=0, harvest=write_harvest(tmp_path))
    assert training_set.mixture.harvest == 0.35
    assert training_set.held_out.labels.tolist() == [4, 5, NOT_A_DIGIT]
    with pytest.raises(UsageError, match="harvested with seed 0"):
        gather_photo_set(tmp_path, seed=1, harvest=tmp_path)


def test_without_non_digits_ten_classes_are_left(collected: list[tuple[DigitSet, DigitSet]], tmp_path: Path) -> None:
    harvest = write_harvest(tmp_path)
    training_set = gather_photo_set(tmp_path, seed=0, harvest=harvest, parts=("augmented", "harvest", "extra"))
    assert training_set.mixture.non_digits == 0
    assert training_set.train.harvest is not None
    assert training_set.train.harvest.labels.tolist() == training_set.held_out.labels.tolist() == [4, 5]
    assert training_set.seen.labels.max() < NOT_A_DIGIT
    images, labels = next(training_set.draw(16, 0, 0))
    assert images.shape == (16, 28, 28, 1)
    assert labels.max() < NOT_A_DIGIT


def test_validation_counts_digits_and_non_digits_apart(
    collected: list[tuple[DigitSet, DigitSet]], tmp_path: Path
) -> None:
    """A network that takes everything for 4 is right on one crop of two, refuses nothing."""
    training_set = gather_photo_set(tmp_path, seed=0, harvest=write_harvest(tmp_path))
    flat = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(11)])
    flat.set_weights([np.zeros((784, 11)), np.eye(11)[4]])
    figures = training_set.validate(flat)
    assert figures["harvest_accuracy"] == 0.5
    assert figures["harvest_digits_refused"] == figures["harvest_junk_refused"] == 0
    assert figures["clean_accuracy"] == np.mean(training_set.clean.labels == 4)
    assert isinstance(training_set.clean, Examples)
