"""What a run is made of: split by writer, held-out parts never trained on, the facts told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from train import material as material_room
from train.batches import NOT_A_DIGIT, Sources
from train.data import DigitSet
from train.junk import JunkSource
from train.material import gather_material, show_clean

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
        junk = JunkSource(digits.images, digits.labels, [np.full((9, 9), 255, np.uint8)])
        return Sources(digits, extras, digits, digits, junk)

    monkeypatch.setattr(material_room, "N_VALIDATION", 20)
    monkeypatch.setattr(material_room, "load_train", lambda data_dir: DIGITS)
    monkeypatch.setattr(material_room, "load_extras", lambda data_dir: (EXTRAS, HELD_OUT))
    monkeypatch.setattr(material_room, "collect_sources", collect)
    return asked


def test_held_out_writers_and_extras_are_looked_at_and_never_trained_on(
    collected: list[tuple[DigitSet, DigitSet]], tmp_path: Path
) -> None:
    material = gather_material(tmp_path, seed=0)
    (looked_at, extras_looked_at), (trained, extras_trained) = collected
    assert trained.writers is not None
    assert looked_at.writers is not None
    assert not set(trained.writers) & set(looked_at.writers)
    assert extras_looked_at is HELD_OUT
    assert extras_trained is EXTRAS
    assert material.train.digits is trained
    assert len(material.clean.labels) == len(looked_at.labels) == len(material.seen.labels)
    assert set(np.unique(material.seen.labels)) <= set(range(NOT_A_DIGIT + 1))


def test_facts_count_what_is_there(collected: list[tuple[DigitSet, DigitSet]], tmp_path: Path) -> None:
    facts = gather_material(tmp_path, seed=0).facts
    assert facts["n_train"] + facts["n_validation"] == N
    assert facts["n_extra_train"] == 4
    assert facts["is_writer_disjoint"] is True


def test_limit_holds_for_both_parts(collected: list[tuple[DigitSet, DigitSet]], tmp_path: Path) -> None:
    material = gather_material(tmp_path, seed=0, limit=6)
    assert len(material.train.digits.labels) == len(material.clean.labels) == 6


def test_clean_digits_are_mnists_own_from_0_to_1() -> None:
    clean = show_clean(DIGITS)
    assert clean.images.shape == (N, 28, 28, 1)
    assert clean.images.dtype == np.float32
    np.testing.assert_allclose(clean.images[..., 0] * 255, IMAGES, atol=1e-3)
