"""Draws digits for training: whole writers, and European 1s and 7s, which are rare in MNIST.

In Europe a 1 has an upstroke, often long, and a 7 then gets a bar through its stem. They differ in the angle
of the first stroke: it climbs to the top of a 1 and lies level on a 7.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.types import N_DIGITS
from train.augmentation.ink import Mask
from train.datasets.external_digits import frame_digit
from train.datasets.mnist import DigitSet
from train.synthesis.handwriting.strokes import Writer, draw_writer, write_digit

N_WRITERS, N_ONES, N_SEVENS = 150, 700, 500
"""Digits in the set: ten of each writer, and then as many 1s and 7s as there are ways to write them."""

_HEIGHT_PX = 80
_PAPER_PX = 3 * _HEIGHT_PX


def draw_digit_set(
    rng: np.random.Generator, n_writers: int = N_WRITERS, n_ones: int = N_ONES, n_sevens: int = N_SEVENS
) -> DigitSet:
    """Return the ten digits of `n_writers` writers as `strokes` draws them, then European 1s and 7s."""
    written = [write_ink(digit, draw_writer(rng), rng) for _ in range(n_writers) for digit in range(N_DIGITS)]
    ones, sevens = ([draw(rng) for _ in range(n)] for draw, n in ((draw_one, n_ones), (draw_seven, n_sevens)))
    images = [frame_digit(mask) for mask in written + ones + sevens]
    labels = [*range(N_DIGITS)] * n_writers + [1] * n_ones + [7] * n_sevens
    return DigitSet(np.stack(images), np.array(labels, np.uint8))


def draw_one(rng: np.random.Generator) -> Mask:
    """Return a 1 with a steep upstroke, a quarter to nine tenths as high, sometimes with a foot: (240, 240)."""
    start_y = rng.uniform(0.28, 0.9)
    start = -rng.uniform(0.3, 0.85) * start_y - 0.06, start_y
    foot_x = rng.normal(0, 0.05)
    strokes = [_bow([start, (0, 0)], rng), _bow([(0, 0), (foot_x, 1)], rng)]
    if rng.random() < 0.2:
        half = rng.uniform(0.12, 0.32)
        strokes.append(_bow([(foot_x - half, 1), (foot_x + half, 1 + rng.normal(0, 0.03))], rng))
    return _ink(strokes, rng)


def draw_seven(rng: np.random.Generator) -> Mask:
    """Return a 7 with a nearly level top, often a bar through its stem, sometimes a serif: (240, 240)."""
    width = rng.uniform(0.4, 0.85)
    corner, foot = (width, rng.normal(0, 0.04)), (width * rng.uniform(0.1, 0.6), 1.0)
    top = [(0, rng.normal(0, 0.04)), corner]
    strokes = [_bow(top, rng), _bow([corner, foot], rng)]
    if rng.random() < 0.25:
        strokes.append(_bow([(0, 0), (rng.normal(0, 0.03), rng.uniform(0.08, 0.2))], rng))
    if rng.random() < 0.6:
        at = rng.uniform(0.4, 0.62)
        middle_x = corner[0] + at * (foot[0] - corner[0])
        half, rise = rng.uniform(0.14, 0.32), rng.normal(0, 0.05)
        strokes.append(_bow([(middle_x - half, at + rise), (middle_x + half, at - rise)], rng))
    return _ink(strokes, rng)


def write_ink(digit: int, writer: Writer, rng: np.random.Generator) -> Mask:
    """Return a digit of a writer as ink of one pen on paper: uint8 (240, 240), 255 ink."""
    tracks = write_digit(str(digit), writer, _HEIGHT_PX, rng)
    return _ink([track[:, :2] / _HEIGHT_PX for track in tracks], rng)


def _bow(ends: list[tuple[float, float]], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a stroke (17, 2) between two points that bows a little to one side."""
    start, end = np.array(ends, np.float64)
    along = np.linspace(0, 1, 17)[:, None]
    across = (end - start)[::-1] * [1, -1]
    return start + along * (end - start) + 4 * along * (1 - along) * across * rng.normal(0, 0.05)


def _ink(strokes: list[NDArray[np.float64]], rng: np.random.Generator) -> Mask:
    """Return strokes, of height 1 from about (0, 0), as ink of one pen on paper."""
    paper = np.zeros((_PAPER_PX, _PAPER_PX), np.uint8)
    points = [np.rint(stroke * _HEIGHT_PX + _PAPER_PX / 2 - _HEIGHT_PX / 2).astype(np.int32) for stroke in strokes]
    cv2.polylines(paper, points, False, 255, int(rng.integers(5, 12)))
    return paper
