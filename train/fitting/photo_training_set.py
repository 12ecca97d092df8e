"""Training and validation data of the photo recipe: digits split by writer, extra digits, non-digits, crops."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UsageError
from train.augmentation.augment import AugmentSettings
from train.augmentation.printed_glyphs import find_fonts
from train.datasets.catalog import Dataset
from train.datasets.examples import Examples, predict, show_clean, show_crops
from train.datasets.external_digits import load_extras
from train.datasets.harvested_crops import load_crops, read_facts
from train.datasets.mnist import N_VALIDATION, TRAIN_IMAGES, DigitSet, find_data_dir, load_train, split_validation
from train.datasets.own_data import split_stratified
from train.fitting.batches import (
    NOT_A_DIGIT,
    Batch,
    Mixture,
    Sources,
    collect_sources,
    draw_batch,
    draw_epoch,
    mix,
)
from train.fitting.recipes import PARTS
from train.scripts import find_commit

if TYPE_CHECKING:
    import keras

VALIDATION_MIXTURE = Mixture(plain=0.0, seen=0.65, extra=0.10, drawn=0.05, printed=0.04, non_digits=0.16, harvest=0.0)
"""Of the validation examples "as seen": fixed, whatever is trained on, so that figures can be compared."""


@dataclass(frozen=True, slots=True, eq=False)
class PhotoTrainingSet:
    """Sources to train on, validation examples of held-out writers, and the facts for the card.

    Attributes
    ----------
    train : where the batches come from
    clean : MNIST digits of held-out writers as they are
    seen : the same writers' digits, held-out extra digits and non-digits, as the front end sees them
    facts : commit, checksum and counts
    harvested : the same writers' digits and non-digits as cut out of synthesized pages, or None
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
        """The examples most like a page's, on which the temperature is fitted."""
        return self.harvested or self.seen

    def draw(self, batch_size: int, seed: int, epoch: int) -> Iterator[Batch]:
        """Yield the batches of an epoch."""
        return draw_epoch(self.train, self.mixture, batch_size, seed, epoch)

    def validate(self, model: keras.Model) -> dict[str, float]:
        """Return the accuracy of `model` on held-out writers: clean digits, digits as seen, and non-digits."""
        taken = predict(model, self.clean).argmax(axis=1)
        figures = {
            "clean_accuracy": float(np.mean(taken == self.clean.labels)),
            **_measure_examples("seen", model, self.seen),
        }
        return figures if self.harvested is None else figures | _measure_examples("harvest", model, self.harvested)


def _measure_examples(name: str, model: keras.Model, examples: Examples) -> dict[str, float]:
    """Return the share of digits right and refused, and of non-digits refused."""
    taken = predict(model, examples).argmax(axis=1)
    is_non_digit = examples.labels == NOT_A_DIGIT
    figures = {f"{name}_accuracy": float(np.mean((taken == examples.labels)[~is_non_digit]))}
    if is_non_digit.any():
        figures[f"{name}_digits_refused"] = float(np.mean(taken[~is_non_digit] == NOT_A_DIGIT))
        figures[f"{name}_junk_refused"] = float(np.mean(taken[is_non_digit] == NOT_A_DIGIT))
    return figures


def gather_photo_set(
    data_dir: Path | None,
    seed: int,
    limit: int | None = None,
    harvest: Path | None = None,
    parts: Collection[str] = PARTS,
    own: Dataset | None = None,
    plain: float | None = None,
) -> PhotoTrainingSet:
    """Return the training set of a run.

    Parameters
    ----------
    data_dir : as for `load_train`
    seed : of the split by writer, and of the validation examples
    limit : keeps only so many digits of each part
    harvest : a folder of crops to mix in, or None
    parts : which of `PARTS` to mix in; without "non-digits" the network has ten classes
    own : digits to train on in the place of MNIST's; a tenth of each class is held out
    plain : share of plain digits in a batch; the mixture's own where None

    Raises
    ------
    InputError : as for `load_train`, `load_extras` and `load_crops`
    UsageError : the harvest is of another split by writer than `seed` makes
    """
    data_dir = find_data_dir(data_dir)
    extras, extras_held_out = load_extras(data_dir)
    digits = load_train(data_dir) if own is None else own.train
    n_validation = min(N_VALIDATION, max(1, len(digits.labels) // 10))
    split = split_validation if own is None else split_stratified
    train, validation = (part.take(slice(0, limit)) for part in split(digits, n_validation, seed))
    rng = np.random.default_rng([seed, 1])
    facts = {
        "commit": find_commit(),
        **({"mnist_train_images_sha256": TRAIN_IMAGES.sha256} if own is None else {"train_sha256": digits.checksum()}),
        **({"has_mnist_test": True} if own is not None and own.has_mnist_test else {}),
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
    training_set = PhotoTrainingSet(sources, show_clean(validation), seen, facts, mixture=mixture)
    if harvest is not None and "harvest" in parts:
        training_set = replace(add_harvest(training_set, harvest, seed), mixture=mix(parts, plain))
    return training_set if "non-digits" in parts else leave_out_non_digits(training_set)


def add_harvest(training_set: PhotoTrainingSet, folder: Path, seed: int) -> PhotoTrainingSet:
    """Return `training_set` with the harvest in `folder` for training and validation.

    Raises
    ------
    InputError : as for `load_crops`
    UsageError : the harvest is of another split by writer than `seed` makes
    """
    harvested = read_facts(folder)
    if harvested["seed"] != seed:
        raise UsageError(
            f"{folder}: was harvested with seed {harvested['seed']}", f"give --seed {harvested['seed']}, or harvest"
        )
    train = replace(training_set.train, harvest=load_crops(folder, "train"))
    named = {name: harvested[name] for name in ("pages", "n_train", "train_kinds", "n_validation")}
    facts = {**training_set.facts, "harvest": named}
    return replace(training_set, train=train, harvested=show_crops(load_crops(folder, "validation")), facts=facts)


def leave_out_non_digits(training_set: PhotoTrainingSet) -> PhotoTrainingSet:
    """Return `training_set` with digits alone: for a network of ten classes."""
    crops = training_set.train.harvest
    if crops is not None:
        crops = crops.take(np.flatnonzero(crops.labels != NOT_A_DIGIT))
    train, harvested = replace(training_set.train, harvest=crops), training_set.harvested
    if harvested is not None:
        harvested = harvested.take(harvested.labels != NOT_A_DIGIT)
    seen = training_set.seen.take(training_set.seen.labels != NOT_A_DIGIT)
    return replace(training_set, train=train, seen=seen, harvested=harvested)


def draw_seen(validation: DigitSet, extras: DigitSet, rng: np.random.Generator) -> Examples:
    """Return as many examples as `validation` has digits, as the front end makes them."""
    sources = collect_sources(validation, extras, rng)
    chosen: NDArray[np.int64] = np.arange(len(validation.labels))
    return Examples(*draw_batch(sources, chosen, rng, VALIDATION_MIXTURE, AugmentSettings()))
