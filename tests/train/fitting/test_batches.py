"""What the network is shown: shares, labels, and chance that depends on the seed alone."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from train.augmentation.augment import AugmentSettings
from train.augmentation.non_digits import NonDigitSource
from train.augmentation.printed_glyphs import draw_glyphs
from train.datasets.harvested_crops import Crops
from train.datasets.mnist import DigitSet
from train.fitting import batches as batches_room
from train.fitting.batches import (
    NOT_A_DIGIT,
    Mixture,
    Sources,
    collect_sources,
    count_batches,
    draw_batch,
    draw_epoch,
    mix,
)
from train.fitting.recipes import PARTS

NONE = DigitSet(np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.uint8))


def only(kind: str) -> Mixture:
    """Make the mixture of one kind alone."""
    return Mixture(**{**dict.fromkeys((f.name for f in fields(Mixture)), 0.0), kind: 1.0})


def blank_digits(label: int, n: int) -> DigitSet:
    """Make a set whose pictures say nothing but whose label tells where an example came from."""
    images = np.zeros((n, 28, 28), np.uint8)
    images[:, 8:20, 8:20] = 255
    return DigitSet(images, np.full(n, label, np.uint8))


@pytest.fixture(scope="module")
def sources() -> Sources:
    digits = blank_digits(3, 40)
    glyphs = [mask for masks in draw_glyphs("AKM", []) for mask in masks]
    non_digits = NonDigitSource(digits.images, digits.labels, glyphs)
    crops = Crops(digits.images[:4], np.full(4, 8, np.uint8), np.zeros(4, np.uint8))
    return Sources(digits, blank_digits(7, 5), blank_digits(4, 5), blank_digits(5, 5), non_digits, crops)


def test_sources_are_collected_with_printed_digits_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    digits, drawn = blank_digits(3, 4), blank_digits(1, 2)
    monkeypatch.setattr(batches_room, "draw_digit_set", lambda rng: drawn)
    made = collect_sources(digits, NONE, np.random.default_rng(0), fonts=[])
    assert made.drawn is drawn
    assert made.printed.labels.tolist() == np.repeat(np.arange(10), 7).tolist()
    assert all(image.any() for image in made.printed.images)
    assert len(made.non_digits.glyphs) > 100
    assert made.non_digits.images is digits.images


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        ("plain", 3),
        ("extra", 7),
        ("drawn", 4),
        ("printed", 5),
        ("non_digits", NOT_A_DIGIT),
        ("seen", 3),
        ("harvest", 8),
    ],
)
def test_each_kind_brings_its_own_label(sources: Sources, kind: str, label: int) -> None:
    rng = np.random.default_rng(0)
    images, labels = draw_batch(sources, np.arange(12), rng, only(kind), AugmentSettings())
    assert images.shape == (12, 28, 28, 1)
    assert images.dtype == np.float32
    assert labels.tolist() == [label] * 12


@pytest.mark.slow
def test_shares_are_kept(sources: Sources) -> None:
    mixture = Mixture()
    _, labels = draw_batch(sources, np.arange(40).repeat(25), np.random.default_rng(0), mixture, AugmentSettings())
    shares = np.bincount(labels, minlength=11) / len(labels)
    assert shares[NOT_A_DIGIT] == pytest.approx(mixture.non_digits, abs=0.04)
    assert shares[7] == pytest.approx(mixture.extra, abs=0.03)
    assert shares[8] == pytest.approx(mixture.harvest, abs=0.04)


def test_shares_that_do_not_sum_to_1_are_refused() -> None:
    with pytest.raises(ValueError, match="sum to 1, received 1.1"):
        Mixture(plain=0.32)


@pytest.mark.parametrize(
    ("parts", "kinds"),
    [
        ((), {"plain"}),
        (("augmented",), {"plain", "seen"}),
        (("augmented", "harvest"), {"plain", "seen", "harvest"}),
        (PARTS, {f.name for f in fields(Mixture)}),
    ],
)
def test_parts_left_out_leave_their_share_to_the_others(parts: tuple[str, ...], kinds: set[str]) -> None:
    mixture, whole = mix(parts), Mixture()
    shares = {f.name: getattr(mixture, f.name) for f in fields(Mixture) if getattr(mixture, f.name)}
    assert set(shares) == kinds
    assert sum(shares.values()) == pytest.approx(1)
    assert len({round(share / getattr(whole, kind), 9) for kind, share in shares.items()}) == 1


def test_plain_share_can_be_chosen() -> None:
    mixture, whole = mix(PARTS, 0.61), Mixture()
    assert mixture.plain == pytest.approx(0.61)
    assert mixture.harvest == pytest.approx(whole.harvest / 2)
    assert mix((), 0.3).plain == 1


def test_plain_mnist_is_not_touched(sources: Sources) -> None:
    images, _ = draw_batch(sources, np.arange(20), np.random.default_rng(0), mix(()), AugmentSettings())
    np.testing.assert_array_equal(images[..., 0], sources.digits.images[:20] / np.float32(255))


def test_without_extras_mnist_takes_their_place(sources: Sources) -> None:
    lone = Sources(sources.digits, NONE, NONE, NONE, sources.non_digits)
    _, labels = draw_batch(lone, np.arange(8), np.random.default_rng(0), only("extra"), AugmentSettings())
    assert labels.tolist() == [3] * 8


def test_batch_depends_on_seed_epoch_and_place_alone(sources: Sources) -> None:
    first, again, other_seed, other_epoch = (
        list(draw_epoch(sources, Mixture(), 16, seed, epoch)) for seed, epoch in ((1, 0), (1, 0), (2, 0), (1, 1))
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
    drawn = list(draw_epoch(sources, Mixture(), 16, 0, 0))
    assert len(drawn) == count_batches(40, 16)
    assert [len(images) for images, _ in drawn] == [16, 16, 8]
    assert sorted(np.concatenate(rows)) == list(range(40))
