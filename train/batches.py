"""What the network is shown: batches of digits and junk, drawn afresh for every epoch and the same for equal seeds."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.types import N_DIGITS, SIDE_PX
from train.augment import AugmentSettings, augment_digit, shift_digit
from train.crops import Crops
from train.data import DigitSet
from train.extras import frame_digit
from train.fonts import DIGITS, NOT_DIGITS, draw_glyphs, find_fonts
from train.hands import draw_hands
from train.junk import JunkSource, make_junk

Batch = tuple[NDArray[np.float32], NDArray[np.float32]]

NOT_A_DIGIT = N_DIGITS
"""The label of the eleventh class."""

HARVEST_SHARE = 0.45
"""Share of crops of synthesized pages in a batch, where there are any; the mixture's kinds share the rest."""

_N_THREADS, _N_AHEAD = 2, 8


def _share(default: float, reason: str) -> Any:
    return field(default=default, metadata={"reason": reason})


@dataclass(frozen=True, slots=True)
class Mixture:
    """Shares of a batch; what is left over are MNIST digits as the front end sees them."""

    plain: float = _share(0.30, "MNIST all but as it is, so that its own test set stays in distribution")
    extra: float = _share(0.10, "other hands write other 1s, 4s, 7s and 9s; MNIST's where there are none")
    drawn: float = _share(0.05, "flagged and footed 1s, crossed 7s, open 4s, which MNIST's Americans hardly write")
    printed: float = _share(0.04, "forms mix print and pen")
    junk: float = _share(0.16, "not a digit: twice as common as a digit; at 0.19 it took odd 2s and 6s")


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """Where examples come from: MNIST digits, extra ones (may be none), drawn, printed, and what junk is made of.

    `harvest` are crops of synthesized pages, or None.
    """

    digits: DigitSet
    extras: DigitSet
    drawn: DigitSet
    printed: DigitSet
    junk: JunkSource
    harvest: Crops | None = None


def collect_sources(
    digits: DigitSet, extras: DigitSet, rng: np.random.Generator, fonts: list[Path] | None = None
) -> Sources:
    """Return the sources of one split; `fonts` draw the printed characters (None: all that are at hand)."""
    fonts = find_fonts() if fonts is None else fonts
    pictures = draw_glyphs(DIGITS, fonts)
    images = np.stack([frame_digit(mask) for masks in pictures for mask in masks])
    labels = np.repeat(np.arange(N_DIGITS, dtype=np.uint8), [len(masks) for masks in pictures])
    glyphs = [mask for masks in draw_glyphs(NOT_DIGITS, fonts) for mask in masks]
    junk = JunkSource(digits.images, digits.labels, glyphs)
    return Sources(digits, extras, draw_hands(rng), DigitSet(images, labels), junk)


def draw_batch(
    sources: Sources, chosen: NDArray[np.int64], rng: np.random.Generator, mixture: Mixture, knobs: AugmentSettings
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return one batch.

    Parameters
    ----------
    sources : where examples come from
    chosen : int64 (N,), rows of `sources.digits`, for as many examples; the mixture replaces some by other kinds
    rng : the source of all chance
    mixture : shares of the kinds
    knobs : how far a digit may depart from its source

    Returns
    -------
    float32 (N, 28, 28, 1), 0 paper .. 1 ink, and int64 (N,) labels, 0..9 and 10 for "not a digit"
    """
    images = np.empty((len(chosen), SIDE_PX, SIDE_PX, 1), np.float32)
    labels = np.empty(len(chosen), np.int64)
    shares = np.array([mixture.junk, mixture.plain, mixture.printed, mixture.drawn, mixture.extra])
    if sources.harvest is not None:
        shares = np.append(shares * (1 - HARVEST_SHARE), HARVEST_SHARE)
    kinds = np.searchsorted(np.cumsum(shares), rng.random(len(chosen)), side="right")
    for at, (kind, row) in enumerate(zip(kinds, chosen, strict=True)):
        images[at, :, :, 0], labels[at] = _draw_example(sources, int(kind), int(row), rng, knobs)
    return images, labels


def _draw_example(
    sources: Sources, kind: int, row: int, rng: np.random.Generator, knobs: AugmentSettings
) -> tuple[NDArray[np.float32], int]:
    """One example of a kind in `draw_batch`'s order: junk, plain, printed, drawn, extra, harvest (if any), MNIST's."""
    if kind == 5 and sources.harvest is not None:
        row = int(rng.integers(len(sources.harvest.labels)))
        return shift_digit(sources.harvest.images[row], rng), int(sources.harvest.labels[row])
    if kind == 0:
        return make_junk(sources.junk, rng, knobs), NOT_A_DIGIT
    if kind == 1:
        return shift_digit(sources.digits.images[row], rng), int(sources.digits.labels[row])
    digits = {2: sources.printed, 3: sources.drawn, 4: sources.extras}.get(kind, sources.digits)
    if not len(digits.labels):
        digits = sources.digits
    if digits is not sources.digits:
        row = int(rng.integers(len(digits.labels)))
    return augment_digit(digits.images[row], rng, knobs), int(digits.labels[row])


def count_batches(sources: Sources, batch_size: int) -> int:
    """Return how many batches show every MNIST digit of `sources` once; the last may be short."""
    return -(-len(sources.digits.labels) // batch_size)


def draw_epoch(sources: Sources, batch_size: int, seed: int, epoch: int) -> Iterator[Batch]:
    """Yield one epoch's batches, drawn ahead by threads while the network works.

    Batch i of epoch e depends on `seed`, e and i alone, so that neither threads nor a resumed run change it.

    Yields
    ------
    images float32 (N, 28, 28, 1), 0 paper .. 1 ink, and one-hot labels float32 (N, 11)
    """
    cv2.setNumThreads(1)  # pictures this small only lose by OpenCV's own threads
    order = np.random.default_rng([seed, epoch]).permutation(len(sources.digits.labels))
    mixture, knobs = Mixture(), AugmentSettings()

    def draw(index: int) -> Batch:
        chosen = order[index * batch_size : (index + 1) * batch_size]
        images, labels = draw_batch(sources, chosen, np.random.default_rng([seed, epoch, index]), mixture, knobs)
        return images, np.eye(NOT_A_DIGIT + 1, dtype=np.float32)[labels]

    with ThreadPoolExecutor(_N_THREADS) as pool:
        ahead: deque[Future[Batch]] = deque()
        for index in range(count_batches(sources, batch_size)):
            ahead.append(pool.submit(draw, index))
            if len(ahead) > _N_AHEAD:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
