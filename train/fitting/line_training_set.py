"""Training data of the line network: windows of line images, augmented, drawn anew for every epoch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.recognition.column_classes import FIRST_SIGN, OTHER
from pipeline.recognition.line_images import COLUMN_PX, LINE_IMAGE_PX
from pipeline.types import N_DIGITS
from train.datasets.harvested_lines import IGNORED, Lines

WINDOWS_PX = (64, 96, 160)
"""Widths of windows; a line image goes into the narrowest that holds it, a part of a longer one into the widest."""

_EMPTY_SHARE = 0.2
"""Share of line images without a digit."""

_SIGN_WEIGHT = 3.0
"""How much more often line images with a sign are drawn."""

_ZOOM, _STRETCH, _SHIFT_PX, _SHEAR = 0.15, 0.12, 1.5, 0.12
_LEVEL, _NOISE = (0.6, 1.25), 18.0
_UNMARKED_SHARE, _CHANGED_SHARE = 0.04, 0.25
"""Line images whose own ink is not marked, and those whose marks are broader or finer than the front end makes them."""

Windows = tuple[NDArray[np.float32], NDArray[np.int32]]


@dataclass(frozen=True, slots=True, eq=False)
class LineTrainingSet:
    """Labelled line images, `n_windows` of them in an epoch."""

    lines: Lines
    n_windows: int

    def draw(self, batch_size: int, seed: int, epoch: int) -> Iterator[Windows]:
        """Yield an epoch's batches: float32 (B, 32, W, 2), 0..1, and column labels, int32 (B, W / 2)."""
        rng = np.random.default_rng([seed, epoch])
        starts = np.concatenate([[0], np.cumsum(self.lines.widths)[:-1]])
        chosen = rng.choice(len(starts), self.n_windows, p=self._weigh(starts))
        home = np.searchsorted(WINDOWS_PX, self.lines.widths[chosen]).clip(max=len(WINDOWS_PX) - 1)
        batches = []
        for bucket in range(len(WINDOWS_PX)):
            own = chosen[home == bucket]
            batches += [(bucket, own[at : at + batch_size]) for at in range(0, len(own), batch_size)]
        for at in rng.permutation(len(batches)):
            bucket, rows = batches[at]
            windows = [self._draw_window(starts[row], self.lines.widths[row], WINDOWS_PX[bucket], rng) for row in rows]
            yield np.stack([pixels for pixels, _ in windows]), np.stack([labels for _, labels in windows])

    def count_batches(self, batch_size: int) -> int:
        """Return about how many batches an epoch has."""
        return self.n_windows // batch_size + len(WINDOWS_PX) // 2

    def _weigh(self, starts: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the probability of each line image: long ones hold more windows, and those without digits are many."""
        has_digit = (
            np.add.reduceat((self.lines.columns >= 0) & (self.lines.columns < N_DIGITS), starts // COLUMN_PX) > 0
        )
        n_windows = np.maximum(1.0, self.lines.widths / WINDOWS_PX[-1])
        is_sign = (self.lines.columns >= FIRST_SIGN) & (self.lines.columns < OTHER)
        has_sign = np.add.reduceat(is_sign, starts // COLUMN_PX) > 0
        weights = np.where(has_digit, n_windows, 1.0) * np.where(has_sign, _SIGN_WEIGHT, 1.0)
        for part, share in ((has_digit, 1 - _EMPTY_SHARE), (~has_digit, _EMPTY_SHARE)):
            weights[part] *= share / max(1.0, weights[part].sum())
        return weights / weights.sum()

    def _draw_window(self, start: int, width: int, window: int, rng: np.random.Generator) -> Windows:
        """Return a window of one line image, float32 (32, W, 2), and its labels, int32 (W / 2,)."""
        pixels = self.lines.pixels[:, start : start + width]
        columns = self.lines.columns[start // COLUMN_PX : (start + width) // COLUMN_PX]
        return augment_window(pixels, columns, window, rng)


def augment_window(
    pixels: NDArray[np.uint8], columns: NDArray[np.int8], window: int, rng: np.random.Generator
) -> Windows:
    """Return a part of a line image, `window` px wide, resized, moved, sheared, with other contrast and noise."""
    stretch, zoom = np.exp(rng.normal(0, _STRETCH)), np.exp(rng.normal(0, _ZOOM))
    width, shear = pixels.shape[1], rng.normal(0, _SHEAR)
    slack = width - window / stretch
    left = rng.uniform(0, slack) if slack > 0 else rng.uniform(slack, 0) * rng.random()
    middle = LINE_IMAGE_PX / 2
    back = np.array(
        [[1 / stretch, shear, left - shear * middle], [0, 1 / zoom, middle + rng.normal(0, _SHIFT_PX) - middle / zoom]]
    )
    bent = cv2.warpAffine(
        pixels, back, (window, LINE_IMAGE_PX), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderValue=0
    ).astype(np.float32)
    gray, own = bent[:, :, 0], bent[:, :, 1]
    gray *= rng.uniform(*_LEVEL)
    if rng.random() < 0.5:
        gray += rng.uniform(0, _NOISE) * rng.standard_normal(gray.shape, np.float32)
    kind = rng.random()
    if kind < _UNMARKED_SHARE:
        own[:] = 0
    elif kind < _UNMARKED_SHARE + _CHANGED_SHARE:
        own[:] = (cv2.dilate if rng.random() < 0.5 else cv2.erode)(own, np.ones((2, 2), np.uint8))
    at = np.floor((left + (np.arange(window // COLUMN_PX) + 0.5) * COLUMN_PX / stretch) / COLUMN_PX).astype(int)
    inside = (at >= 0) & (at < len(columns))
    labels = np.where(inside, columns[at.clip(0, len(columns) - 1)], N_DIGITS).astype(np.int32)
    return np.clip(bent / 255, 0, 1), _ignore_cut_digits(labels)


def _ignore_cut_digits(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the labels with a digit that the window's rim cuts, and the columns next to it, ignored."""
    for side in (labels, labels[::-1]):
        cut = 0
        while cut < len(side) and cut < 6 and side[cut] != N_DIGITS:
            cut += 1
        side[:cut] = IGNORED
    return labels
