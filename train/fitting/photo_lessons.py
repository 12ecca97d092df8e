"""What a photo run learns from and is looked at with: digits split by writer, other people's, junk, crops of pages."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UsageError
from train.augmentation.augment import AugmentSettings
from train.augmentation.printed_glyphs import find_fonts
from train.datasets.examples import Examples, predict, show_clean, show_crops
from train.datasets.external_digits import load_extras
from train.datasets.harvested_crops import load_crops, read_facts
from train.datasets.mnist import N_VALIDATION, TRAIN_IMAGES, DigitSet, find_data_dir, load_train, split_validation
from train.fitting.batches import (
    NOT_A_DIGIT,
    PARTS,
    Batch,
    Mixture,
    Sources,
    collect_sources,
    draw_batch,
    draw_epoch,
    mix,
)
from train.scripts import find_commit

LOOK = Mixture(plain=0.0, seen=0.65, extra=0.10, drawn=0.05, printed=0.04, junk=0.16, harvest=0.0)
"""What is looked at "as seen": the shares stay, whatever is trained on, so that figures can be compared."""


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """All that a photo run needs: sources to train on, what to look at of held-out writers, the facts for the card.

    Attributes
    ----------
    train : where the batches come from
    clean : MNIST digits of held-out writers as they are
    seen : the same writers' digits, held-out extra digits and junk, as the front end sees them
    facts : commit, checksum and counts
    harvested : the same writers' digits and junk as cut out of synthesized pages, or None
    mixture : shares of a batch
    """

    train: Sources
    clean: Examples
    seen: Examples
    facts: dict[str, Any]
    harvested: Examples | None = None
    mixture: Mixture = mix(set(PARTS) - {"harvest"})

    @property
    def n_digits(self) -> int:
        """How many digits one epoch shows."""
        return len(self.train.digits.labels)

    @property
    def held_out(self) -> Examples:
        """What a temperature is fitted on: the examples most like a page's."""
        return self.harvested or self.seen

    def draw(self, batch_size: int, seed: int, epoch: int) -> Iterator[Batch]:
        """Yield the batches of an epoch."""
        return draw_epoch(self.train, self.mixture, batch_size, seed, epoch)

    def look(self, model: keras.Model) -> dict[str, float]:
        """Return what `model` does on writers it never saw: shares right on clean digits, seen digits, and junk."""
        taken = predict(model, self.clean).argmax(axis=1)
        figures = {"clean_accuracy": float(np.mean(taken == self.clean.labels)), **_look("seen", model, self.seen)}
        return figures if self.harvested is None else figures | _look("harvest", model, self.harvested)


def _look(name: str, model: keras.Model, examples: Examples) -> dict[str, float]:
    """Return the share of digits right and refused, and of junk refused."""
    taken = predict(model, examples).argmax(axis=1)
    is_junk = examples.labels == NOT_A_DIGIT
    figures = {f"{name}_accuracy": float(np.mean((taken == examples.labels)[~is_junk]))}
    if is_junk.any():
        figures[f"{name}_digits_refused"] = float(np.mean(taken[~is_junk] == NOT_A_DIGIT))
        figures[f"{name}_junk_refused"] = float(np.mean(taken[is_junk] == NOT_A_DIGIT))
    return figures


def gather_material(
    data_dir: Path | None,
    seed: int,
    limit: int | None = None,
    harvest: Path | None = None,
    parts: Collection[str] = PARTS,
    digits: DigitSet | None = None,
    plain: float | None = None,
) -> Material:
    """Return the material of a run.

    Parameters
    ----------
    data_dir : as for `load_train`
    seed : of the split by writer, and of what is drawn to look at
    limit : keeps only so many digits of each part
    harvest : a folder of crops to mix in, or None
    parts : which of `PARTS` to mix in; without "junk" the network has ten classes
    digits : to train on in the place of MNIST's
    plain : share of plain digits in a batch; the mixture's own where None

    Raises
    ------
    InputError : as for `load_train`, `load_extras` and `load_crops`
    UsageError : the harvest is of another split by writer than `seed` makes
    """
    data_dir = find_data_dir(data_dir)
    extras, extras_held_out = load_extras(data_dir)
    is_mnist = digits is None
    digits = load_train(data_dir) if digits is None else digits
    n_validation = min(N_VALIDATION, max(1, len(digits.labels) // 10))
    train, validation = (part.take(slice(0, limit)) for part in split_validation(digits, n_validation, seed))
    rng = np.random.default_rng([seed, 1])
    facts = {
        "commit": find_commit(),
        **({"mnist_train_images_sha256": TRAIN_IMAGES.sha256} if is_mnist else {}),
        "is_writer_disjoint": digits.writers is not None,
        "n_train": len(train.labels),
        "n_validation": len(validation.labels),
        "n_extra_train": len(extras.labels),
        "n_extra_validation": len(extras_held_out.labels),
        "n_fonts": len(find_fonts()),
    }
    seen = draw_seen(validation, extras_held_out, rng)
    sources = collect_sources(train, extras, rng)
    mixture = mix(set(parts) - {"harvest"}, plain)
    material = Material(sources, show_clean(validation), seen, facts, mixture=mixture)
    if harvest is not None and "harvest" in parts:
        material = replace(add_harvest(material, harvest, seed), mixture=mix(parts, plain))
    return material if "junk" in parts else leave_out_junk(material)


def add_harvest(material: Material, folder: Path, seed: int) -> Material:
    """Return `material` with the harvest in `folder` to train on and to look at.

    Raises
    ------
    InputError : as for `load_crops`
    UsageError : the harvest is of another split by writer than `seed` makes
    """
    told = read_facts(folder)
    if told["seed"] != seed:
        raise UsageError(f"{folder}: was harvested with seed {told['seed']}", f"give --seed {told['seed']}, or harvest")
    train = replace(material.train, harvest=load_crops(folder, "train"))
    named = {name: told[name] for name in ("pages", "n_train", "train_kinds", "n_validation")}
    facts = {**material.facts, "harvest": named}
    return replace(material, train=train, harvested=show_crops(load_crops(folder, "validation")), facts=facts)


def leave_out_junk(material: Material) -> Material:
    """Return `material` with digits alone: for a network of ten classes."""
    crops = material.train.harvest
    if crops is not None:
        crops = crops.take(np.flatnonzero(crops.labels != NOT_A_DIGIT))
    train, harvested = replace(material.train, harvest=crops), material.harvested
    if harvested is not None:
        harvested = harvested.take(harvested.labels != NOT_A_DIGIT)
    seen = material.seen.take(material.seen.labels != NOT_A_DIGIT)
    return replace(material, train=train, seen=seen, harvested=harvested)


def draw_seen(validation: DigitSet, extras: DigitSet, rng: np.random.Generator) -> Examples:
    """Return as many examples as `validation` has digits, as the front end sees them, none plain MNIST."""
    sources = collect_sources(validation, extras, rng)
    chosen: NDArray[np.int64] = np.arange(len(validation.labels))
    return Examples(*draw_batch(sources, chosen, rng, LOOK, AugmentSettings()))
