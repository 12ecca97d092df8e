"""Labelled crops as the front end makes them, kept in shards: what `python -m train harvest` writes, fitting reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.types import N_DIGITS, SIDE_PX

FACTS_NAME = "harvest.json"

KINDS = ("digit", "half", "pair", "neighbors", "letter", "sign", "scribble", "speck", "stray")
"""What a crop is; all but the first are "not a digit". Stray ink is nobody's: rulings, edges, bindings, noise."""

NON_DIGIT_FRAC = 0.35
"""Greatest share of non-digits: a lattice holds more wrong spans than right ones, but reading needs both."""
_MOST_OF_KIND = {
    "half": 0.3,
    "pair": 0.3,
    "neighbors": 0.1,
    "letter": 0.15,
    "sign": 0.08,
    "scribble": 0.08,
    "speck": 0.08,
    "stray": 0.12,
}
"""Greatest share of each kind among the non-digits."""


@dataclass(frozen=True, slots=True, eq=False)
class Crops:
    """Labelled network inputs: images uint8 (N, 28, 28); labels uint8 (N,), 10 for a non-digit; kinds uint8 (N,)."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    kinds: NDArray[np.uint8]

    def take(self, chosen: NDArray[np.int64]) -> Crops:
        """Return the chosen rows."""
        return Crops(self.images[chosen], self.labels[chosen], self.kinds[chosen])


NO_CROPS = Crops(np.zeros((0, SIDE_PX, SIDE_PX), np.uint8), np.zeros(0, np.uint8), np.zeros(0, np.uint8))


def balance(crops: Crops, rng: np.random.Generator) -> Crops:
    """Return the crops with non-digits, and every kind of them, thinned to their greatest share."""
    is_non_digit = crops.labels == N_DIGITS
    budget = int(NON_DIGIT_FRAC / (1 - NON_DIGIT_FRAC) * np.count_nonzero(~is_non_digit))
    chosen = [np.flatnonzero(~is_non_digit)]
    for kind, frac in _MOST_OF_KIND.items():
        own = rng.permutation(np.flatnonzero(crops.kinds == KINDS.index(kind)))
        chosen.append(own[: int(frac * budget)])
    non_digits = rng.permutation(np.concatenate(chosen[1:]))[:budget]
    return crops.take(np.sort(np.concatenate([chosen[0], non_digits])))


def load_crops(folder: Path, part: str) -> Crops:
    """Return all crops of a harvest's part, "train" or "validation".

    Raises
    ------
    InputError : the folder holds no whole harvest
    """
    paths = sorted(folder.glob(f"{part}-*.npz"))
    if not paths or not (folder / FACTS_NAME).is_file():
        raise InputError(f"{folder}: holds no whole harvest", "run python -m train harvest --help")
    return concatenate([load_shard(path) for path in paths])


def read_facts(folder: Path) -> dict[str, Any]:
    """Return the options and the counts of the harvest in `folder`.

    Raises
    ------
    InputError : there is none
    """
    try:
        facts: dict[str, Any] = json.loads((folder / FACTS_NAME).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}: holds no whole harvest ({error})", "run python -m train harvest") from error
    return facts


def load_shard(path: Path) -> Crops:
    """Return the crops of one shard."""
    with np.load(path) as arrays:
        return Crops(arrays["images"], arrays["labels"], arrays["kinds"])


def concatenate(parts: list[Crops]) -> Crops:
    """Return the crops of all parts, in their order."""
    return Crops(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("images", "labels", "kinds")))
