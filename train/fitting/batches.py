"""Training batches of digits and non-digits, drawn anew for every epoch; equal seeds give equal batches."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.types import N_DIGITS, SIDE_PX
from train.augmentation.augment import AugmentSettings, augment_digit, shift_digit
from train.augmentation.non_digits import NonDigitSource, make_non_digit
from train.augmentation.printed_glyphs import DIGITS, NOT_DIGITS, draw_glyphs, find_fonts
from train.datasets.external_digits import frame_digit
from train.datasets.harvested_crops import Crops
from train.datasets.mnist import DigitSet
from train.synthesis.handwriting.drawn_digits import draw_digit_set

Batch = tuple[NDArray[np.float32], NDArray[np.int64]]

NOT_A_DIGIT = N_DIGITS
"""The label of the eleventh class."""

_N_THREADS, _N_AHEAD = 2, 8


def _share(default: float, part: str | None, reason: str) -> Any:
    return field(default=default, metadata={"part": part, "reason": reason})


@dataclass(frozen=True, slots=True)
class Mixture:
    """Shares of a batch by kind of example, in the order in which they are drawn; they sum to 1."""

    plain: float = _share(0.22, None, "MNIST's own frame, so that its own test set stays in distribution")
    seen: float = _share(
        0.20, "augmented", "MNIST's digits as the front end would see them: other pens, slants, damage"
    )
    extra: float = _share(0.07, "extra", "other writers write other 1s, 4s, 7s and 9s")
    drawn: float = _share(
        0.04, "extra", "flagged and footed 1s, crossed 7s, open 4s, which MNIST's Americans hardly write"
    )
    printed: float = _share(0.04, "extra", "forms mix print and pen")
    non_digits: float = _share(
        0.08, "non-digits", "not a digit; with the harvest's a fifth of a batch, and more took odd 2s and 6s"
    )
    harvest: float = _share(
        0.35, "harvest", "what the front end makes of synthesized pages: digits, and non-digits of each kind"
    )

    def __post_init__(self) -> None:
        total = sum(getattr(self, kind.name) for kind in fields(self))
        if abs(total - 1) > 1e-6:
            raise ValueError(f"Mixture: expected shares that sum to 1, received {total:g}")


def mix(parts: Collection[str], plain: float | None = None) -> Mixture:
    """Return the mixture with only those of `PARTS`, the shares that are left scaled to sum to 1.

    `plain` is the share of plain MNIST then, where it is given and not the only kind.
    """
    whole = Mixture()
    kept: dict[str, float] = {
        f.name: getattr(whole, f.name) for f in fields(Mixture) if f.metadata["part"] in {None, *parts}
    }
    if plain is not None and len(kept) > 1:
        others = sum(kept.values()) - whole.plain
        kept["plain"] = others * plain / (1 - plain)
    total = sum(kept.values())
    return Mixture(**{f.name: kept.get(f.name, 0.0) / total for f in fields(Mixture)})


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """Where examples come from: MNIST digits, extra ones (may be none), drawn, printed, and the source of non-digits.

    `harvest` are crops of synthesized pages, or None.
    """

    digits: DigitSet
    extras: DigitSet
    drawn: DigitSet
    printed: DigitSet
    non_digits: NonDigitSource
    harvest: Crops | None = None


def collect_sources(
    digits: DigitSet, extras: DigitSet, rng: np.random.Generator, fonts: list[Path] | None = None
) -> Sources:
    """Return the sources of one split; `fonts` draw the printed characters (None: all that are installed)."""
    fonts = find_fonts() if fonts is None else fonts
    pictures = draw_glyphs(DIGITS, fonts)
    images = np.stack([frame_digit(mask) for masks in pictures for mask in masks])
    labels = np.repeat(np.arange(N_DIGITS, dtype=np.uint8), [len(masks) for masks in pictures])
    glyphs = [mask for masks in draw_glyphs(NOT_DIGITS, fonts) for mask in masks]
    non_digits = NonDigitSource(digits.images, digits.labels, glyphs)
    return Sources(digits, extras, draw_digit_set(rng), DigitSet(images, labels), non_digits)


def draw_batch(
    sources: Sources, chosen: NDArray[np.int64], rng: np.random.Generator, mixture: Mixture, knobs: AugmentSettings
) -> Batch:
    """Return one batch.

    Parameters
    ----------
    sources : where examples come from
    chosen : int64 (N,), rows of `sources.digits`, for as many examples; the mixture replaces some by other kinds
    rng : the source of all chance
    mixture : shares of the kinds; MNIST's digits take the place of a kind that the sources lack
    knobs : how far a digit may depart from its source

    Returns
    -------
    float32 (N, 28, 28, 1), 0 paper .. 1 ink, and int64 (N,) labels, 0..9 and 10 for "not a digit"
    """
    images = np.empty((len(chosen), SIDE_PX, SIDE_PX, 1), np.float32)
    labels = np.empty(len(chosen), np.int64)
    names = [kind.name for kind in fields(mixture)]
    bounds = np.cumsum([getattr(mixture, name) for name in names])
    kinds = np.minimum(np.searchsorted(bounds, rng.random(len(chosen)), side="right"), len(names) - 1)
    is_untouched = mixture.plain == 1
    for at, (kind, row) in enumerate(zip(kinds, chosen, strict=True)):
        name = "untouched" if is_untouched else names[kind]
        images[at, :, :, 0], labels[at] = _draw_example(sources, name, int(row), rng, knobs)
    return images, labels


def _draw_example(
    sources: Sources, kind: str, row: int, rng: np.random.Generator, knobs: AugmentSettings
) -> tuple[NDArray[np.float32], int]:
    """Return one example of a kind of `Mixture`, or "untouched": MNIST's digit as it is."""
    own = sources.digits
    if kind == "untouched":
        return np.divide(own.images[row], 255, dtype=np.float32), int(own.labels[row])
    if kind == "plain":
        return shift_digit(own.images[row], rng), int(own.labels[row])
    if kind == "non_digits":
        return make_non_digit(sources.non_digits, rng, knobs), NOT_A_DIGIT
    if kind == "harvest" and sources.harvest is not None:
        row = int(rng.integers(len(sources.harvest.labels)))
        return shift_digit(sources.harvest.images[row], rng), int(sources.harvest.labels[row])
    others = {"extra": sources.extras, "drawn": sources.drawn, "printed": sources.printed}.get(kind, own)
    if others is not own and len(others.labels):
        own, row = others, int(rng.integers(len(others.labels)))
    return augment_digit(own.images[row], rng, knobs), int(own.labels[row])


def count_batches(n_digits: int, batch_size: int) -> int:
    """Return how many batches show each of `n_digits` digits once; the last may be short."""
    return -(-n_digits // batch_size)


def draw_epoch(sources: Sources, mixture: Mixture, batch_size: int, seed: int, epoch: int) -> Iterator[Batch]:
    """Yield one epoch's batches, drawn ahead by threads while the network works.

    Batch i of epoch e depends on `seed`, e and i alone, so that neither threads nor a resumed run change it.

    Yields
    ------
    images float32 (N, 28, 28, 1), 0 paper .. 1 ink, and labels int64 (N,), 0..9 and 10 for "not a digit"
    """
    cv2.setNumThreads(1)  # pictures this small only lose by OpenCV's own threads
    order = np.random.default_rng([seed, epoch]).permutation(len(sources.digits.labels))
    knobs = AugmentSettings()

    def draw(index: int) -> Batch:
        chosen = order[index * batch_size : (index + 1) * batch_size]
        return draw_batch(sources, chosen, np.random.default_rng([seed, epoch, index]), mixture, knobs)

    with ThreadPoolExecutor(_N_THREADS) as pool:
        ahead: deque[Future[Batch]] = deque()
        for index in range(count_batches(len(order), batch_size)):
            ahead.append(pool.submit(draw, index))
            if len(ahead) > _N_AHEAD:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
