"""Augments digits to look as the front end sees them: other writers, other pens, small and ragged, then normalized.

A digit of 28x28 is drawn larger through one smooth map (slant, rotation, aspect, perspective, elastic deformation:
Simard, Steinkraus & Platt 2003, doi 10.1109/ICDAR.2003.1227801), cut to ink and paper, its pen is changed, it is
damaged, made as small as a camera shows it, and handed to `pipeline.recognition.normalize.normalize_digit`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.ink.labels import measure_stroke_width
from pipeline.recognition.normalize import CORE_PX, normalize_digit
from pipeline.settings.recognition import NormalizeSettings
from pipeline.types import SIDE_PX
from train.augmentation.ink import Mask, crop_ink

Range = tuple[float, float]

CANVAS_PX = 112
"""Side on which a digit is drawn: four times MNIST's, so that a pen can change by a third of a pixel of the core."""

_NORMALIZE = NormalizeSettings()


def _knob(default: Any, reason: str) -> Any:
    return field(default=default, metadata={"reason": reason})


@dataclass(frozen=True, slots=True)
class AugmentSettings:
    """How far a digit may depart from MNIST's; (low, high) are drawn evenly, `_share` is a probability."""

    rotation_deg: Range = _knob((-15, 15), "a page is deskewed to within a few degrees; single digits lean further")
    slant: Range = _knob((-0.38, 0.38), "columns per row; writers lean up to 20 deg, and a 1 is nothing but its slant")
    aspect: Range = _knob((0.68, 1.5), "width over height: forms squeeze digits, whiteboards widen them")
    scale: Range = _knob((3.2, 3.8), "canvas px per MNIST px; its size is normalized away, its sampling is not")
    perspective: Range = _knob((-0.12, 0.12), "one side up to an eighth larger: a page seen from an angle")
    elastic_px: Range = _knob((0, 0.9), "MNIST px that a point of the stroke wanders: another writer's wobble")
    ink_level: Range = _knob((0.3, 0.7), "where gray turns to ink: the binarization's threshold is never quite right")
    stroke_share: float = _knob(0.75, "digits whose pen is changed; the others keep NIST's")
    stroke_px: Range = _knob((1.3, 5.0), "px of 20: fine pen to marker, log-evenly; NIST's are 2 to 4")
    stroke_change_px: float = _knob(1.8, "px of 20: further, an 8's holes close and it is no 8 any more")
    height_px: Range = _knob((11, 64), "rows that the camera gave the digit, log-evenly; under 11 people doubt too")
    noise: Range = _knob((0, 0.2), "of the stroke's ink, at the camera's pixels: ragged edges when binarized")
    gap_share: float = _knob(0.13, "digits whose pen skipped, or whose ink was broken by the threshold")
    gap_px: Range = _knob((0.8, 2.5), "px of 20: size of such a gap")
    stub_share: float = _knob(0.1, "digits with the end of a neighbor's stroke on them, left there by a cut")
    stub_px: Range = _knob((1.0, 3.5), "px of 20: length of that end; longer, and a 1 is a 7")
    speck_share: float = _knob(0.08, "digits with dust that touches or was joined to them")
    ruling_share: float = _knob(0.06, "digits with a piece of a ruled line left on them")
    cut_share: float = _knob(0.05, "digits through which a ruled line was erased")
    clip_share: float = _knob(0.08, "digits that a box or the picture's rim cuts off a little")
    clip_frac: Range = _knob((0.02, 0.1), "of the digit's width or height that is lost so")
    misjudged_stroke: Range = _knob((0.85, 1.15), "estimated over true stroke width when reading")


_SHIFT_WOBBLE_PX = 0.9
"""Most that the points of a digit in MNIST's frame wander (standard deviation), as Simard et al. bend theirs."""

_SMALL_ROWS, _SMALL_COLUMNS = np.mgrid[0:SIDE_PX, 0:SIDE_PX].astype(np.float32) - (SIDE_PX - 1) / 2
_ROWS, _COLUMNS = np.mgrid[0:CANVAS_PX, 0:CANVAS_PX].astype(np.float32) - (CANVAS_PX - 1) / 2


def augment_digit(image: NDArray[np.uint8], rng: np.random.Generator, knobs: AugmentSettings) -> NDArray[np.float32]:
    """Return a digit as reading would hand it to the network.

    Parameters
    ----------
    image : uint8 (28, 28), 0 paper .. 255 ink
    rng : the source of all chance; equal states give equal digits
    knobs : how far the digit may depart from `image`

    Returns
    -------
    float32 (28, 28), 0 paper .. 1 ink
    """
    mask = photograph(warp_digit(image, rng, knobs), rng, knobs)
    return normalize_mask(mask, rng, knobs)


def shift_digit(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a digit a little moved in its frame: turned by up to 10 deg, slanted, scaled, shifted, bent; or as it is.

    `image` is uint8 (28, 28); the result float32 (28, 28), 0 paper .. 1 ink. One in three stays as it is; the others
    are slanted by up to 0.15, their sides scaled by up to 8 % each, shifted by up to 1.5 px and bent by half a px.
    """
    if rng.random() < 1 / 3:
        return np.divide(image, 255, dtype=np.float32)
    turn, slant = np.deg2rad(rng.uniform(-10, 10)), rng.uniform(-0.15, 0.15)
    rotate = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    linear = rotate @ np.array([[1, slant], [0, 1]]) @ np.diag(rng.uniform(0.92, 1.08, 2))
    shift = rng.uniform(-1.5, 1.5, 2)
    wobble = rng.normal(0, rng.uniform(0, _SHIFT_WOBBLE_PX), (4, 4, 2)).astype(np.float32)
    bent = cv2.resize(wobble, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_CUBIC)
    x, y = (
        (linear[axis, 0] * _SMALL_COLUMNS + linear[axis, 1] * _SMALL_ROWS + shift[axis] + (SIDE_PX - 1) / 2).astype(
            np.float32
        )
        + bent[:, :, axis]
        for axis in (0, 1)
    )
    return cv2.remap(image, x, y, cv2.INTER_LINEAR).astype(np.float32) / 255


def warp_digit(image: NDArray[np.uint8], rng: np.random.Generator, knobs: AugmentSettings) -> Mask:
    """Return `image` (28, 28) leaned, turned, bent and cut to ink: uint8 (112, 112), 255 ink."""
    matrix = _inverse_affine(rng, knobs)
    x = matrix[0, 0] * _COLUMNS + matrix[0, 1] * _ROWS
    y = matrix[1, 0] * _COLUMNS + matrix[1, 1] * _ROWS
    tilt = rng.uniform(*knobs.perspective, 2) / SIDE_PX
    depth = 1 + tilt[0].astype(np.float32) * x + tilt[1].astype(np.float32) * y
    wobble = rng.normal(0, rng.uniform(*knobs.elastic_px), (5, 5, 2)).astype(np.float32)
    wobble = cv2.resize(wobble, (CANVAS_PX, CANVAS_PX), interpolation=cv2.INTER_CUBIC)
    middle = np.float32(2 * SIDE_PX / 2 - 0.5)
    source = cv2.resize(image, (2 * SIDE_PX, 2 * SIDE_PX), interpolation=cv2.INTER_CUBIC)
    gray = cv2.remap(
        source, 2 * (x * depth + wobble[:, :, 0]) + middle, 2 * (y * depth + wobble[:, :, 1]) + middle, cv2.INTER_LINEAR
    )
    level = min(255 * rng.uniform(*knobs.ink_level), float(gray.max()) - 1)
    return cv2.threshold(gray, level, 255, cv2.THRESH_BINARY)[1]


def _inverse_affine(rng: np.random.Generator, knobs: AugmentSettings) -> NDArray[np.float32]:
    """Return the map (2, 2) from canvas px to MNIST px, both from their middle: slant, turn, aspect and scale drawn."""
    turn, slant = np.deg2rad(rng.uniform(*knobs.rotation_deg)), rng.uniform(*knobs.slant)
    stretch = np.sqrt(rng.uniform(*knobs.aspect))
    rotate = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    forward = rng.uniform(*knobs.scale) * rotate @ np.array([[1, -slant], [0, 1]]) @ np.diag([stretch, 1 / stretch])
    return np.asarray(np.linalg.inv(forward), np.float32)


def photograph(mask: Mask, rng: np.random.Generator, knobs: AugmentSettings) -> Mask:
    """Return drawn ink as the binarized photo has it: another pen, damaged, small and ragged.

    `mask` is uint8 (h, w), 255 ink, drawn large; the result uint8 (h', w'), 255 ink, with at least one ink pixel.
    """
    mask = crop_ink(mask)
    if rng.random() < knobs.stroke_share:
        low, high = np.log(knobs.stroke_px)
        mask = change_stroke(mask, float(np.exp(rng.uniform(low, high))), knobs.stroke_change_px)
    mask = _damage(mask, rng, knobs)
    low, high = np.log(knobs.height_px)
    return _shrink(mask, float(np.exp(rng.uniform(low, high))), rng, knobs)


def normalize_mask(mask: Mask, rng: np.random.Generator, knobs: AugmentSettings) -> NDArray[np.float32]:
    """Return the network's input (28, 28) for `mask`, its stroke width estimated a little wrongly, as in reading."""
    stroke_width_px = measure_stroke_width(mask) * rng.uniform(*knobs.misjudged_stroke)
    return normalize_digit(mask, stroke_width_px, _NORMALIZE)


def change_stroke(mask: Mask, wanted_px: float, most_px: float) -> Mask:
    """Return `mask` drawn with a pen of `wanted_px`, but changed by at most `most_px`; both in px of the 20x20 core.

    A thinner pen keeps the ridge of the stroke, so that a line is never broken by it.
    """
    side_px = max(mask.shape)
    stroke_px = measure_stroke_width(mask) * CORE_PX / side_px
    change_px = float(np.clip(wanted_px - stroke_px, -most_px, most_px)) * side_px / CORE_PX
    if abs(change_px) < 1:
        return mask
    room = int(np.ceil(abs(change_px) / 2)) + 1
    mask = cv2.copyMakeBorder(mask, room, room, room, room, cv2.BORDER_CONSTANT)
    if change_px > 0:
        distance = cv2.distanceTransform(255 - mask, cv2.DIST_L2, 3)
        return crop_ink(np.where(distance <= change_px / 2, 255, 0).astype(np.uint8))
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
    ridge = (distance > 1) & (distance > cv2.dilate(distance, np.ones((3, 3), np.uint8)) - 0.4)
    spine = cv2.dilate(ridge.astype(np.uint8), np.ones((3, 3), np.uint8))
    return crop_ink(np.where((distance > -change_px / 2) | (spine > 0), 255, 0).astype(np.uint8) & mask)


def _damage(mask: Mask, rng: np.random.Generator, knobs: AugmentSettings) -> Mask:
    """Return `mask` with what pens, rulings, dust and box rims do to some digits; as it was if no ink would be left."""
    shares = knobs.gap_share, knobs.stub_share, knobs.speck_share, knobs.ruling_share, knobs.cut_share, knobs.clip_share
    gap, stub, speck, ruling, cut, clip = rng.random(len(shares)) < shares
    whole, px = mask, max(mask.shape) / CORE_PX
    if gap or speck or ruling or cut:
        mask = mask.copy()
    if gap:
        _dab(mask, rng.uniform(*knobs.gap_px) * px, 0, rng)
    if cut:
        _rule(mask, rng.uniform(0.2, 0.8), rng.uniform(0.4, 1.0) * px, 0, rng)
    if stub:
        mask = _add_stub(mask, rng.uniform(*knobs.stub_px) * px, rng)
    if ruling:
        mask = _rule_beside(mask, px, rng)
    if speck:
        _dab(mask, rng.uniform(0.6, 1.6) * px, 255, rng)
    if clip:
        mask = _clip(mask, rng.uniform(*knobs.clip_frac), rng)
    return mask if cv2.countNonZero(mask) > 0.5 * cv2.countNonZero(whole) else whole


def _dab(mask: Mask, size_px: float, ink: int, rng: np.random.Generator) -> None:
    """Dab ink or paper onto `mask`: paper on the stroke, ink anywhere."""
    rows, columns = np.nonzero(mask) if ink == 0 else np.nonzero(mask >= 0)
    if not len(rows):
        return
    at = rng.integers(len(rows))
    axes = (int(size_px / 2 * rng.uniform(0.7, 1.4)) + 1, int(size_px / 2) + 1)
    cv2.ellipse(mask, (int(columns[at]), int(rows[at])), axes, rng.uniform(0, 180), 0, 360, ink, -1)


def _add_stub(mask: Mask, length_px: float, rng: np.random.Generator) -> Mask:
    """Return `mask` with a short stroke that runs out of its left or right side, or comes near it."""
    room = int(length_px) + 1
    mask = cv2.copyMakeBorder(mask, 0, 0, room, room, cv2.BORDER_CONSTANT)
    rows, columns = np.nonzero(mask)
    if not len(rows):
        return mask
    is_left = rng.random() < 0.5
    row = int(rows[rng.integers(len(rows))])
    inked = columns[rows == row]
    start = int(inked.min() if is_left else inked.max()), row
    end = start[0] + round(-length_px if is_left else length_px), row + round(rng.uniform(-0.8, 0.8) * length_px)
    cv2.line(mask, start, end, 255, max(1, round(measure_stroke_width(mask) * rng.uniform(0.7, 1.1))))
    return mask


def _rule(mask: Mask, at_frac: float, width_px: float, ink: int, rng: np.random.Generator) -> None:
    """Draw a nearly level line of ink or paper across `mask`."""
    height, width = mask.shape
    row, fall = at_frac * height, rng.uniform(-0.04, 0.04) * width
    cv2.line(mask, (0, round(row - fall)), (width, round(row + fall)), ink, max(1, round(width_px)))


def _rule_beside(mask: Mask, px: float, rng: np.random.Generator) -> Mask:
    """Return `mask` with a piece of ruled line at its foot, its head or, rarely, through it."""
    beyond = round(rng.uniform(0, 4) * px)
    mask = cv2.copyMakeBorder(mask, round(px), round(px), beyond, beyond, cv2.BORDER_CONSTANT)
    at_frac = rng.choice([0.06, 0.94, 0.94, rng.uniform(0.1, 0.9)])
    _rule(mask, at_frac, rng.uniform(0.4, 1.2) * px, 255, rng)
    return mask


def _clip(mask: Mask, frac: float, rng: np.random.Generator) -> Mask:
    """Return `mask` without `frac` of its rows or columns at one of the four sides."""
    axis, from_start = int(rng.integers(2)), rng.random() < 0.5
    n = max(1, round(mask.shape[axis] * frac))
    if n >= mask.shape[axis]:
        return mask
    kept = slice(n, None) if from_start else slice(None, -n)
    return mask[kept] if axis == 0 else mask[:, kept]


def _shrink(mask: Mask, height_px: float, rng: np.random.Generator, knobs: AugmentSettings) -> Mask:
    """Return `mask` at the camera's resolution, binarized again through noise; as it was if no ink would be left."""
    factor = height_px / max(mask.shape)
    if factor >= 1:
        return mask
    size = tuple(max(3, round(side * factor)) for side in mask.shape[::-1])
    gray = cv2.resize(mask, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    full = 255 * min(1.0, measure_stroke_width(mask) * factor)  # a stroke under 1 px is nowhere quite black
    gray += rng.standard_normal(gray.shape, np.float32) * np.float32(full * rng.uniform(*knobs.noise))
    level = min(full * rng.uniform(*knobs.ink_level), float(gray.max()) - 1)
    return cv2.threshold(gray, level, 255, cv2.THRESH_BINARY)[1].astype(np.uint8)
