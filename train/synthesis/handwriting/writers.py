"""Writers of synthesized pages: MNIST's, drawn ones, those of other sets, and fonts.

A writer's digits are ten piles of 28x28 pictures. MNIST's writers are known by QMNIST's ids; without that file, digits
of about the same slant and width are taken for one writer's.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.types import N_DIGITS, SIDE_PX
from train.augmentation.ink import Mask
from train.augmentation.printed_glyphs import DIGITS, NOT_DIGITS, draw_glyphs, find_fonts
from train.datasets.external_digits import frame_digit, load_extras
from train.datasets.mnist import N_VALIDATION, DigitSet, find_data_dir, load_train, split_validation
from train.synthesis.handwriting.drawn_digits import N_ONES, N_SEVENS, N_WRITERS, draw_digit_set

Piles = tuple[NDArray[np.uint8], ...]
"""Ten arrays uint8 (n, 28, 28), one per digit."""

_N_SLANTS, _N_WIDTHS = 24, 20
_EUROPEAN_SHARE = 0.3
"""Pages on which the 1s have an upstroke or a foot and the 7s often a bar, whoever wrote the other digits."""
_SHARES = {"mnist": 0.7, "extra": 0.1, "drawn": 0.12, "printed": 0.08}


@dataclass(frozen=True, slots=True, eq=False)
class WriterDigits:
    """One writer's piles, and those of everybody for a digit that is lacking; `is_printed` marks a font."""

    own: Piles
    everybody: Piles
    is_printed: bool = False

    def pick(self, digit: int, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Return one of the writer's pictures of `digit`, uint8 (28, 28)."""
        pile = self.own[digit] if len(self.own[digit]) else self.everybody[digit]
        return pile[int(rng.integers(len(pile)))]


@dataclass(frozen=True, slots=True, eq=False)
class WriterPool:
    """All writers of one split, and the letters and signs (uint8 masks) that stand beside digits.

    `writers` holds MNIST's rows by writer, int64 arrays.
    """

    digits: DigitSet
    writers: tuple[NDArray[np.int64], ...]
    everybody: Piles
    extra: Piles
    drawn: Piles
    european: Piles
    fonts: tuple[Piles, ...]
    glyphs: tuple[Mask, ...]

    def draw_writer(self, rng: np.random.Generator) -> WriterDigits:
        """Return a writer at random, of a kind drawn by its share."""
        kind = str(rng.choice(list(_SHARES), p=list(_SHARES.values())))
        if kind == "printed" and self.fonts:
            return WriterDigits(self.fonts[int(rng.integers(len(self.fonts)))], self.everybody, is_printed=True)
        if kind in ("extra", "drawn"):
            own = self.extra if kind == "extra" else self.drawn
        else:
            own = _pile(self.digits.take(self.writers[int(rng.integers(len(self.writers)))]))
        if rng.random() < _EUROPEAN_SHARE:
            own = tuple(euro if len(euro) else pile for pile, euro in zip(own, self.european, strict=True))
        return WriterDigits(own, self.everybody)


def gather_writers(data_dir: Path | None, seed: int, is_validation: bool = False) -> WriterPool:
    """Return the training writers, or the held-out ones, of the split that `seed` makes in fitting.

    Raises
    ------
    InputError : as for `load_train` and `load_extras`
    """
    data_dir = find_data_dir(data_dir)
    digits = split_validation(load_train(data_dir), N_VALIDATION, seed)[is_validation]
    return collect_writers(
        digits, load_extras(data_dir)[is_validation], np.random.default_rng([seed, 2, is_validation])
    )


def collect_writers(
    digits: DigitSet, extras: DigitSet, rng: np.random.Generator, fonts: list[Path] | None = None
) -> WriterPool:
    """Return the writers of these digits, drawn ones, and `fonts` (None: all that are installed)."""
    fonts = find_fonts() if fonts is None else fonts
    ids = guess_writers(digits.images) if digits.writers is None else digits.writers
    order = np.argsort(ids, kind="stable")
    writers = tuple(np.split(order, np.flatnonzero(np.diff(ids[order])) + 1))
    drawn = draw_digit_set(rng)
    n = N_WRITERS * N_DIGITS
    european = drawn.take(slice(n, n + N_ONES + N_SEVENS))
    glyphs = tuple(mask for masks in draw_glyphs(NOT_DIGITS, fonts) for mask in masks)
    everybody = _pile(digits)
    return WriterPool(
        digits,
        writers,
        everybody,
        _pile(extras) if len(extras.labels) else everybody,
        _pile(drawn.take(slice(0, n))),
        _pile(european),
        _set_fonts(fonts),
        glyphs,
    )


def guess_writers(images: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Return, for each of `images` uint8 (N, 28, 28), the number of its cell of equal slant and width, int32 (N,)."""
    steps = np.arange(SIDE_PX) - (SIDE_PX - 1) / 2
    ink = images.reshape(len(images), -1).astype(np.float32)
    mass = np.maximum(ink.sum(axis=1), 1)
    y, x = (grid.ravel().astype(np.float32) for grid in np.meshgrid(steps, steps, indexing="ij"))
    mean_x, mean_y = ink @ x / mass, ink @ y / mass
    across, down = ink @ (x * y) / mass - mean_x * mean_y, ink @ (y * y) / mass - mean_y**2
    spread = np.sqrt(np.maximum(ink @ (x * x) / mass - mean_x**2, 0))
    cells = [_rank(across / np.maximum(down, 0.1), _N_SLANTS), _rank(spread, _N_WIDTHS)]
    return (cells[0] * _N_WIDTHS + cells[1]).astype(np.int32)


def _rank(values: NDArray[np.float32], n_cells: int) -> NDArray[np.int64]:
    """Return which of `n_cells` equally full cells each value falls into."""
    return np.argsort(np.argsort(values, kind="stable"), kind="stable") * n_cells // len(values)


def _pile(digits: DigitSet) -> Piles:
    return tuple(digits.images[digits.labels == digit] for digit in range(N_DIGITS))


def _set_fonts(fonts: list[Path]) -> tuple[Piles, ...]:
    """Return the digits of each font that has all ten, and of OpenCV's strokes."""
    pictures = draw_glyphs(DIGITS, fonts)
    if len({len(masks) for masks in pictures}) > 1:
        pictures = draw_glyphs(DIGITS, [])
    columns = zip(*pictures, strict=True)
    return tuple(tuple(frame_digit(mask)[None] for mask in column) for column in columns)
