"""What the network is shown: shares, labels, and chance that depends on the seed alone."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from train import batches as batches_room
from train.augment import AugmentSettings
from train.batches import NOT_A_DIGIT, Mixture, Sources, collect_sources, count_batches, draw_batch, draw_epoch
from train.data import DigitSet
from train.fonts import draw_glyphs
from train.junk import JunkSource

NONE = DigitSet(np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.uint8))
ONLY = {"plain": 0.0, "extra": 0.0, "drawn": 0.0, "printed": 0.0, "junk": 0.0}


def blank_digits(label: int, n: int) -> DigitSet:
    """Make a set whose pictures say nothing but whose label tells where an example came from."""
    images = np.zeros((n, 28, 28), np.uint8)
    images[:, 8:20, 8:20] = 255
    return DigitSet(images, np.full(n, label, np.uint8))


@pytest.fixture(scope="module")
def sources() -> Sources:
    digits = blank_digits(3, 40)
    glyphs = [mask for masks in draw_glyphs("AKM", []) for mask in masks]
    junk = JunkSource(digits.images, digits.labels, glyphs)
    return Sources(digits, blank_digits(7, 5), blank_digits(4, 5), blank_digits(5, 5), junk)


def test_sources_are_collected_with_printed_digits_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    digits, drawn = blank_digits(3, 4), blank_digits(1, 2)
    monkeypatch.setattr(batches_room, "draw_hands", lambda rng: drawn)
    made = collect_sources(digits, NONE, np.random.default_rng(0), fonts=[])
    assert made.drawn is drawn
    assert made.printed.labels.tolist() == np.repeat(np.arange(10), 7).tolist()
    assert all(image.any() for image in made.printed.images)
    assert len(made.junk.glyphs) > 100
    assert made.junk.images is digits.images


@pytest.mark.parametrize(
    ("kind", "label"),
    [("plain", 3), ("extra", 7), ("drawn", 4), ("printed", 5), ("junk", NOT_A_DIGIT), ("seen", 3)],
)
def test_each_kind_brings_its_own_label(sources: Sources, kind: str, label: int) -> None:
    mixture = Mixture(**{**ONLY, kind: 1.0} if kind in ONLY else ONLY)
    rng = np.random.default_rng(0)
    images, labels = draw_batch(sources, np.arange(12), rng, mixture, AugmentSettings())
    assert images.shape == (12, 28, 28, 1)
    assert images.dtype == np.float32
    assert labels.tolist() == [label] * 12


def test_shares_are_kept(sources: Sources) -> None:
    mixture = Mixture()
    _, labels = draw_batch(sources, np.arange(40).repeat(25), np.random.default_rng(0), mixture, AugmentSettings())
    shares = np.bincount(labels, minlength=11) / len(labels)
    assert shares[NOT_A_DIGIT] == pytest.approx(mixture.junk, abs=0.04)
    assert shares[7] == pytest.approx(mixture.extra, abs=0.03)
    assert sum(getattr(mixture, field.name) for field in fields(Mixture)) < 1


def test_without_extras_mnist_takes_their_place(sources: Sources) -> None:
    lone = Sources(sources.digits, NONE, NONE, NONE, sources.junk)
    mixture = Mixture(**{**ONLY, "extra": 1.0})
    _, labels = draw_batch(lone, np.arange(8), np.random.default_rng(0), mixture, AugmentSettings())
    assert labels.tolist() == [3] * 8


def test_batch_depends_on_seed_epoch_and_place_alone(sources: Sources) -> None:
    first, again, other_seed, other_epoch = (
        list(draw_epoch(sources, 16, seed, epoch)) for seed, epoch in ((1, 0), (1, 0), (2, 0), (1, 1))
    )
    for (images, labels), (images_again, labels_again) in zip(first, again, strict=True):
        np.testing.assert_array_equal(images, images_again)
        np.testing.assert_array_equal(labels, labels_again)
    assert not np.array_equal(first[0][0], other_seed[0][0])
    assert not np.array_equal(first[0][0], other_epoch[0][0])


def test_every_digit_comes_once_an_epoch_and_the_last_batch_is_short(
    sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = []

    def note(sources: Sources, chosen: np.ndarray, *rest: object) -> tuple[np.ndarray, np.ndarray]:
        rows.append(chosen)
        return np.zeros((len(chosen), 28, 28, 1), np.float32), np.full(len(chosen), 4)

    monkeypatch.setattr(batches_room, "draw_batch", note)
    drawn = list(draw_epoch(sources, 16, 0, 0))
    assert len(drawn) == count_batches(sources, 16)
    assert [len(images) for images, _ in drawn] == [16, 16, 8]
    assert sorted(np.concatenate(rows)) == list(range(40))
    assert drawn[0][1][0].tolist() == [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
