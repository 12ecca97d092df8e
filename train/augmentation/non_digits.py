"""Draws examples of the eleventh class, "not a digit": results of wrong segmentation, and marks on paper.

Half digits and pairs teach the network to reject wrong cuts, so that the search over a lattice of cuts finds the right
ones (Hochuli et al. 2018, arXiv 1804.09279); rulings, specks, scribbles, letters and signs teach it to reject the
page's other ink. They pass through the same photographing and the same normalization as digits. A plain straight stroke
that stands upright is never an example: it is somebody's 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from train.augmentation.augment import CANVAS_PX, AugmentSettings, normalize_mask, photograph, warp_digit
from train.augmentation.ink import Mask, crop_ink

_MOST_TRIES = 8
LOOKS_WHOLE = frozenset(
    (digit, side) for side, digits in (("left", (1, 6)), ("right", (1, 3, 4, 7, 8, 9))) for digit in digits
)
"""Halves that read as a whole digit: of 8 and 3 as 3, 6's back as a narrow 6, the stems of 1, 4, 7 and 9 as 1."""

MOST_KEPT = {0: 0.72}
"""Share of its width from which a digit's part may be the digit: three quarters of a 0 are none yet; others half."""

_FOREIGN_SIDEWAYS = (3, 4, 7)
"""Digits that are none when they lie on their side; the others may then be taken for another."""


@dataclass(frozen=True, slots=True, eq=False)
class NonDigitSource:
    """What non-digits are made of: digits uint8 (N, 28, 28) with labels (N,), and printed letters and signs."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    glyphs: list[Mask]


def make_non_digit(source: NonDigitSource, rng: np.random.Generator, knobs: AugmentSettings) -> NDArray[np.float32]:
    """Return one example of "not a digit", float32 (28, 28), 0 paper .. 1 ink, of a kind drawn by its share."""
    draw = _KINDS[int(rng.choice(len(_KINDS), p=_SHARES))]
    for _ in range(_MOST_TRIES):
        mask = draw(source, rng, knobs)
        if cv2.countNonZero(mask) > 20 and not is_upright_stroke(mask):
            return normalize_mask(photograph(mask, rng, knobs), rng, knobs)
    return normalize_mask(photograph(_draw_cross(source, rng, knobs), rng, knobs), rng, knobs)


def looks_whole(digit: int, side: str) -> bool:
    """Return whether the "left" or "right" half of `digit` reads as a whole digit."""
    return (digit, side) in LOOKS_WHOLE


def is_upright_stroke(mask: Mask) -> bool:
    """Return whether `mask` (uint8, 255 ink) is one straight stroke, less than 55 deg from upright: a legitimate 1."""
    rows, columns = np.nonzero(mask)
    if len(rows) < 3:
        return False
    spread, axes = np.linalg.eigh(np.cov(np.stack([columns, rows]).astype(np.float64)))
    is_straight = spread[0] < 0.075 * spread[1]  # a marker's 1, a quarter as wide as long, has 0.063
    return bool(is_straight and abs(axes[1, 1]) > np.cos(np.deg2rad(55)))


def _draw_half(source: NonDigitSource, rng: np.random.Generator, knobs: AugmentSettings) -> Mask:
    """Return one side of a digit, from 30 % of its width to where it may be the digit, cut upright or slanted."""
    digit = _paper()
    for _ in range(_MOST_TRIES):
        at = int(rng.integers(len(source.labels)))
        side = "left" if rng.random() < 0.5 else "right"
        digit = crop_ink(warp_digit(source.images[at], rng, knobs))
        is_narrow = digit.shape[1] < 0.45 * digit.shape[0]  # half of it would still look like the whole
        if not is_narrow and not looks_whole(int(source.labels[at]), side):
            break
    kept_frac = rng.uniform(0.3, MOST_KEPT.get(int(source.labels[at]), 0.5))
    at_frac = kept_frac if side == "left" else 1 - kept_frac
    return crop_ink(_keep_side(digit, at_frac, rng.uniform(-0.25, 0.25), side == "left"))


def _keep_side(mask: Mask, at_frac: float, slant: float, is_left: bool) -> Mask:
    """Return `mask` on one side of a slanted cut at `at_frac` of its width."""
    height, width = mask.shape
    cut = at_frac * width + slant * (np.arange(height) - height / 2)
    left = np.arange(width)[None, :] < cut[:, None]
    return np.where(left == is_left, mask, 0).astype(np.uint8)


def _draw_several(source: NonDigitSource, rng: np.random.Generator, knobs: AugmentSettings) -> Mask:
    """Return two digits, or three, or one and a half, that touch, overlap or stand close, as one crop."""
    n = 3 if rng.random() < 0.2 else 2
    chosen = [crop_ink(warp_digit(source.images[i], rng, knobs)) for i in rng.integers(len(source.labels), size=n)]
    if n == 2 and rng.random() < 0.35:
        at = int(rng.integers(2))
        kept_frac = rng.uniform(0.4, 0.7)
        at_frac = kept_frac if at == 1 else 1 - kept_frac
        chosen[at] = crop_ink(_keep_side(chosen[at], at_frac, rng.uniform(-0.2, 0.2), at == 1))
    return _join(chosen, rng.uniform(-0.18, 0.12), rng)


def _draw_neighbors(source: NonDigitSource, rng: np.random.Generator, knobs: AugmentSettings) -> Mask:
    """Return the right part of one digit and the left part of the next: what a cut through both leaves between."""
    first, second = (
        crop_ink(warp_digit(source.images[i], rng, knobs)) for i in rng.integers(len(source.labels), size=2)
    )
    right = crop_ink(_keep_side(first, rng.uniform(0.3, 0.65), rng.uniform(-0.2, 0.2), False))
    left = crop_ink(_keep_side(second, rng.uniform(0.35, 0.7), rng.uniform(-0.2, 0.2), True))
    return _join([right, left], rng.uniform(-0.1, 0.15), rng)


def _join(masks: list[Mask], gap_frac: float, rng: np.random.Generator) -> Mask:
    """Return `masks` set side by side on about one line, `gap_frac` of the height apart (negative: overlapping)."""
    height = max(len(mask) for mask in masks)
    gap = round(gap_frac * height)
    room = round(0.15 * height)
    joined = np.zeros((height + room, sum(mask.shape[1] for mask in masks) + len(masks) * abs(gap)), np.uint8)
    left = 0
    for mask in masks:
        top = int(rng.integers(height + room - len(mask) + 1))
        part = joined[top : top + mask.shape[0], left : left + mask.shape[1]]
        np.maximum(part, mask[:, : part.shape[1]], out=part)
        left = max(0, left + mask.shape[1] + gap)
    return crop_ink(joined)


def _draw_sideways(source: NonDigitSource, rng: np.random.Generator, knobs: AugmentSettings) -> Mask:
    """Return a digit that lies on its side, as on a page that was turned."""
    for _ in range(_MOST_TRIES):
        at = int(rng.integers(len(source.labels)))
        if source.labels[at] in _FOREIGN_SIDEWAYS:
            return np.ascontiguousarray(np.rot90(warp_digit(source.images[at], rng, knobs), rng.choice([1, 3])))
    return _draw_line(source, rng, knobs)


def _draw_line(source: NonDigitSource, rng: np.random.Generator, knobs: AugmentSettings) -> Mask:
    """Return a dash, or a piece of ruled line: lying, or leaning by more than any 1."""
    mask = _paper()
    angle_deg = rng.uniform(-32, 32) if rng.random() < 0.8 else rng.choice([-1, 1]) * rng.uniform(20, 34)
    _stroke(mask, rng, angle_deg, rng.uniform(20, 100), rng.uniform(2, 12))
    return crop_ink(mask)


def _draw_cross(source: NonDigitSource, rng: np.random.Generator, knobs: AugmentSettings) -> Mask:
    """Return two to four ruled lines that cross, meet in a corner, or make a frame."""
    mask = _paper()
    width = max(1, round(rng.uniform(2, 8)))
    left, right = np.sort(rng.integers(8, CANVAS_PX - 8, 2))
    top, bottom = np.sort(rng.integers(8, CANVAS_PX - 8, 2))
    right, bottom = max(right, left + 25), max(bottom, top + 25)
    sides = rng.permutation(4)[: rng.integers(2, 5)]
    across = [(0, top, 111, top), (0, bottom, 111, bottom), (left, 0, left, 111), (right, 0, right, 111)]
    frame = [(left, y, right, y) for y in (top, bottom)] + [(x, top, x, bottom) for x in (left, right)]
    lines = frame if rng.random() < 0.4 and not _is_digit_frame(sides, right - left, bottom - top) else across
    for side in sides:
        x0, y0, x1, y1 = (int(v) for v in lines[side])
        cv2.line(mask, (x0, y0), (x1, y1), 255, width)
    turn = cv2.getRotationMatrix2D((CANVAS_PX / 2, CANVAS_PX / 2), rng.uniform(-12, 12), 1)
    return crop_ink(cv2.warpAffine(mask, turn, mask.shape[::-1], flags=cv2.INTER_NEAREST))


def _is_digit_frame(sides: NDArray[np.int64], width: int, height: int) -> bool:
    """Return whether these sides of a frame (0 top, 1 bottom, 2 left, 3 right) are a seven-segment 7 or a tall 0."""
    drawn = set(sides.tolist())
    return drawn == {0, 3} or drawn == {0, 2, 3} or (len(drawn) == 4 and height > 0.8 * width)


def _draw_blobs(source: NonDigitSource, rng: np.random.Generator, knobs: AugmentSettings) -> Mask:
    """Return a dot, a full stop, a colon, a smudge: one to four filled blobs, none of them a stroke."""
    mask = _paper()
    for _ in range(int(rng.choice([1, 1, 1, 2, 3, 4]))):
        size = rng.uniform(8, 34)
        at = tuple(int(v) for v in rng.integers(34, CANVAS_PX - 34, 2))
        axes = (int(size * rng.uniform(0.6, 1.2)), int(size * rng.uniform(0.6, 1.2)))
        cv2.ellipse(mask, at, axes, rng.uniform(0, 180), 0, 360, 255, -1)
    return crop_ink(mask)


def _draw_scribble(source: NonDigitSource, rng: np.random.Generator, knobs: AugmentSettings) -> Mask:
    """Return what a pen left that went to and fro: a smooth line through six to twelve points anywhere."""
    points = rng.uniform(12, CANVAS_PX - 12, (int(rng.integers(6, 13)), 2))
    steps = np.linspace(0, len(points) - 1, 8 * len(points))
    known = np.arange(len(points))
    path = np.stack([np.interp(steps, known, points[:, axis]) for axis in (0, 1)], axis=1).astype(np.float32)
    path = cv2.blur(path, (1, 7), borderType=cv2.BORDER_REPLICATE)
    mask = _paper()
    cv2.polylines(mask, [np.rint(path).astype(np.int32)], False, 255, int(rng.integers(3, 10)))
    return crop_ink(mask)


def _draw_texture(source: NonDigitSource, rng: np.random.Generator, knobs: AugmentSettings) -> Mask:
    """Return paper grain, cloth, a shadow's rim: smoothed noise, cut at a level, sometimes much longer than wide."""
    n = int(rng.integers(4, 15))
    coarse = rng.standard_normal((n, max(3, round(n * rng.uniform(0.4, 2)))), np.float32)
    gray = cv2.resize(coarse, (CANVAS_PX, CANVAS_PX), interpolation=cv2.INTER_CUBIC)
    return crop_ink(np.where(gray > rng.uniform(0.2, 1.2), 255, 0).astype(np.uint8))


def _draw_glyph(source: NonDigitSource, rng: np.random.Generator, knobs: AugmentSettings) -> Mask:
    """Return a printed letter or sign, slanted and deformed like handwriting."""
    return bend_glyph(source.glyphs[int(rng.integers(len(source.glyphs)))], rng, knobs)


def bend_glyph(glyph: Mask, rng: np.random.Generator, knobs: AugmentSettings) -> Mask:
    """Return a printed character leaned and bent: `glyph` is uint8 (h, w), 255 ink; so is the result, (112, 112)."""
    height, width = glyph.shape
    factor = 20 / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    image = np.zeros((28, 28), np.uint8)
    top, left = (28 - size[1]) // 2, (28 - size[0]) // 2
    image[top : top + size[1], left : left + size[0]] = cv2.resize(glyph, size, interpolation=cv2.INTER_AREA)
    return warp_digit(image, rng, knobs)


def _paper() -> Mask:
    return np.zeros((CANVAS_PX, CANVAS_PX), np.uint8)


def _stroke(mask: Mask, rng: np.random.Generator, angle_deg: float, length: float, width: float) -> None:
    """Draw one straight stroke through the middle of `mask`."""
    middle, half = CANVAS_PX / 2, length / 2
    across, down = half * np.cos(np.deg2rad(angle_deg)), half * np.sin(np.deg2rad(angle_deg))
    start, end = (round(middle - across), round(middle - down)), (round(middle + across), round(middle + down))
    cv2.line(mask, start, end, 255, max(1, round(width)))


_Draw = Callable[[NonDigitSource, np.random.Generator, AugmentSettings], Mask]
_SHARE_OF_KIND: dict[_Draw, float] = {
    _draw_half: 0.22,
    _draw_several: 0.24,
    _draw_neighbors: 0.09,
    _draw_glyph: 0.17,
    _draw_sideways: 0.05,
    _draw_line: 0.05,
    _draw_cross: 0.06,
    _draw_blobs: 0.05,
    _draw_scribble: 0.05,
    _draw_texture: 0.02,
}
_KINDS, _SHARES = tuple(_SHARE_OF_KIND), tuple(_SHARE_OF_KIND.values())
