"""What one run learns from and is looked at with: the data read, split by writer, and the validation part drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UsageError
from train.augment import AugmentSettings
from train.batches import Mixture, Sources, collect_sources, draw_batch
from train.crops import Crops, load_crops, read_facts
from train.data import N_VALIDATION, TRAIN_IMAGES, DigitSet, find_data_dir, load_train, split_validation
from train.export import find_commit
from train.extras import load_extras
from train.fonts import find_fonts


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Fixed examples to look at: images float32 (N, 28, 28, 1), 0 paper .. 1 ink; labels int64 (N,), 10 for junk."""

    images: NDArray[np.float32]
    labels: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """All that a run needs: sources to train on, what to look at of held-out writers, and the facts for the card.

    Attributes
    ----------
    train : where the batches come from
    clean : MNIST digits of held-out writers as they are
    seen : the same writers' digits, held-out extra digits and junk, as the front end sees them
    facts : commit, checksum and counts
    harvested : the same writers' digits and junk as cut out of synthesized pages, or None
    """

    train: Sources
    clean: Examples
    seen: Examples
    facts: dict[str, Any]
    harvested: Examples | None = None


def gather_material(
    data_dir: Path | None, seed: int, limit: int | None = None, harvest: Path | None = None
) -> Material:
    """Return the material of a run; `limit` keeps only so many digits of each part; `harvest` is a folder of crops.

    Raises
    ------
    InputError : as for `load_train`, `load_extras` and `load_crops`
    UsageError : the harvest is of another split by writer than `seed` makes
    """
    data_dir = find_data_dir(data_dir)
    extras, extras_held_out = load_extras(data_dir)
    digits = load_train(data_dir)
    train, validation = (part.take(slice(0, limit)) for part in split_validation(digits, N_VALIDATION, seed))
    rng = np.random.default_rng([seed, 1])
    facts = {
        "commit": find_commit(),
        "mnist_train_images_sha256": TRAIN_IMAGES.sha256,
        "is_writer_disjoint": digits.writers is not None,
        "n_train": len(train.labels),
        "n_validation": len(validation.labels),
        "n_extra_train": len(extras.labels),
        "n_extra_validation": len(extras_held_out.labels),
        "n_fonts": len(find_fonts()),
    }
    seen = draw_seen(validation, extras_held_out, rng)
    material = Material(collect_sources(train, extras, rng), show_clean(validation), seen, facts)
    return material if harvest is None else add_harvest(material, harvest, seed)


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


def draw_seen(validation: DigitSet, extras: DigitSet, rng: np.random.Generator) -> Examples:
    """Return as many examples as `validation` has digits, as the front end sees them, none plain MNIST."""
    sources = collect_sources(validation, extras, rng)
    return Examples(*draw_batch(sources, np.arange(len(validation.labels)), rng, Mixture(plain=0.0), AugmentSettings()))


def show_clean(digits: DigitSet) -> Examples:
    """Return MNIST's digits as they are, scaled to 0..1."""
    images = np.divide(digits.images[..., None], 255, dtype=np.float32)
    return Examples(images, digits.labels.astype(np.int64))


def show_crops(crops: Crops) -> Examples:
    """Return harvested crops as they are, scaled to 0..1."""
    images = np.divide(crops.images[..., None], 255, dtype=np.float32)
    return Examples(images, crops.labels.astype(np.int64))
