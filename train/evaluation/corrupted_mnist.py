"""Robustness: accuracy on digits with fifteen kinds of corruption, and on those of other writers.

The kinds are those of MNIST-C (Mu & Gilmer 2019, arXiv 1906.02337), written anew: each at one severity, hard for a
network that saw nothing like it, readable by a person. Figures compare among our models, not with MNIST-C's tables.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress
from skimage.draw import line
from skimage.feature import canny
from skimage.util import random_noise

from pipeline.ink.labels import measure_stroke_width
from pipeline.recognition.classify import Classifier
from pipeline.recognition.normalize import normalize_digit
from pipeline.settings.recognition import NormalizeSettings
from pipeline.types import N_DIGITS, SIDE_PX
from train.augmentation.augment import CANVAS_PX
from train.datasets.external_digits import load_extra_sets
from train.datasets.mnist import DigitSet, find_data_dir, load_test

Image = NDArray[np.uint8]
Corruption = Callable[[Image, np.random.Generator], Image]

SEED = 0
"""Of the corrupted test set whose figures stand in the cards."""

_NORMALIZE = NormalizeSettings()


def _knob(default: float, reason: str) -> Any:
    return field(default=default, metadata={"reason": reason})


@dataclass(frozen=True, slots=True)
class Severity:
    """How far each corruption goes; px are MNIST's, 28 to a side, and shares are of the full ink's 255."""

    shot_photons: float = _knob(2.5, "counted where ink is full: one ink pixel in twelve then stays blank")
    impulse_share: float = _knob(0.2, "pixels turned to full ink or blank paper")
    glass_px: float = _knob(1.5, "how far at most a pixel is taken from its place: with 2, an 8 is a cloud")
    glass_blur_px: float = _knob(0.6, "deviation of the blur on both sides of the glass")
    motion_px: float = _knob(5, "length of the motion: with 7, people do not tell some 3s from 8s")
    shear: float = _knob(0.5, "columns per row, 27 deg: beyond what anyone writes and what we train on")
    scale: float = _knob(0.55, "the digit is 11 px high then, the least that people read without doubt")
    turn_deg: float = _knob(30, "either way; twice what we train on, and a 6 is still no 9")
    brightness_share: float = _knob(0.5, "added to paper and ink: rims of strokes saturate, contrast is halved")
    translate_px: float = _knob(5, "along each axis; MNIST's margin is 4, so of some tails a pixel is lost")
    stripe_px: float = _knob(9, "width of the inverted stripe: less than half of the digit")
    stripe_wander_px: float = _knob(4, "how far its middle lies from the image's at most: on the digit")
    fog_share: float = _knob(1.2, "weight of the thickest fog, to full ink's, before both are scaled back")
    fog_decay: float = _knob(0.6, "weight of each finer octave of the fog, to the one before")
    spatter_level: float = _knob(1.1, "deviations of soft noise that make a drop: a seventh of the image")
    spatter_drop_px: float = _knob(1.2, "deviation of the blur that makes drops of noise")
    spatter_share: float = _knob(0.7, "ink of a drop")
    dot_px: float = _knob(2, "length of a dot and of the gap after it")
    line_margin_px: float = _knob(4, "lines meet the rims so far from the corners: they cross the digit")
    zigzag_corners: float = _knob(6, "of the zigzag between the two rims")
    zigzag_px: float = _knob(3.5, "its corners lie so far off its line, to either side in turn")
    canny_px: float = _knob(1.0, "deviation of Canny's blur: both rims of a stroke are found, noise is not")


SEVERITY = Severity()


def add_shot_noise(image: Image, rng: np.random.Generator) -> Image:
    """Return `image` as few photons show it: gray counted by a Poisson process; blank paper stays blank."""
    return _to_uint8(255 / SEVERITY.shot_photons * rng.poisson(image * (SEVERITY.shot_photons / 255)))


def add_impulse_noise(image: Image, rng: np.random.Generator) -> Image:
    """Return `image` with salt and pepper."""
    return _to_uint8(255 * random_noise(image, mode="s&p", rng=rng, amount=SEVERITY.impulse_share))


def blur_as_glass(image: Image, rng: np.random.Generator) -> Image:
    """Return `image` behind frosted glass: each pixel is taken from a place near its own, between two soft blurs."""
    blurred = cv2.GaussianBlur(image, (0, 0), SEVERITY.glass_blur_px)
    wander = rng.uniform(-SEVERITY.glass_px, SEVERITY.glass_px, (2, SIDE_PX, SIDE_PX)).astype(np.float32)
    x, y = np.meshgrid(*2 * [np.arange(SIDE_PX, dtype=np.float32)])
    frosted = cv2.remap(blurred, x + wander[0], y + wander[1], cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
    return cv2.GaussianBlur(frosted, (0, 0), SEVERITY.glass_blur_px)


def blur_by_motion(image: Image, rng: np.random.Generator) -> Image:
    """Return `image` smeared along a straight line in a direction at random."""
    reach = round((SEVERITY.motion_px - 1) / 2)
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    kernel[reach] = 1
    turn = cv2.getRotationMatrix2D((reach, reach), rng.uniform(0, 180), 1)
    kernel = cv2.warpAffine(kernel, turn, kernel.shape)
    return cv2.filter2D(image, -1, kernel / kernel.sum(), borderType=cv2.BORDER_CONSTANT)


def shear(image: Image, rng: np.random.Generator) -> Image:
    """Return `image` leaned to the left or to the right."""
    return _warp(image, np.array([[1, _draw_sign(rng) * SEVERITY.shear], [0, 1]]))


def scale(image: Image, rng: np.random.Generator) -> Image:
    """Return `image` made smaller about its middle; nothing in it is random."""
    return _warp(image, np.eye(2) * SEVERITY.scale)


def rotate(image: Image, rng: np.random.Generator) -> Image:
    """Return `image` turned to the left or to the right."""
    turn = _draw_sign(rng) * np.deg2rad(SEVERITY.turn_deg)
    return _warp(image, np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]))


def brighten(image: Image, rng: np.random.Generator) -> Image:
    """Return `image` with light added to paper and ink, clipped at 255; nothing in it is random."""
    return cv2.add(image, np.full_like(image, round(255 * SEVERITY.brightness_share)))


def translate(image: Image, rng: np.random.Generator) -> Image:
    """Return `image` shifted by whole pixels towards a corner; what leaves it is lost."""
    shift = SEVERITY.translate_px * np.array([_draw_sign(rng), _draw_sign(rng)])
    return _warp(image, np.eye(2), shift)


def add_stripe(image: Image, rng: np.random.Generator) -> Image:
    """Return `image` with ink and paper exchanged in an upright stripe over the digit."""
    wander = rng.uniform(-SEVERITY.stripe_wander_px, SEVERITY.stripe_wander_px)
    left = round((SIDE_PX - SEVERITY.stripe_px) / 2 + wander)
    striped = image.copy()
    striped[:, left : left + round(SEVERITY.stripe_px)] ^= 255
    return striped


def add_fog(image: Image, rng: np.random.Generator) -> Image:
    """Return `image` in fog: soft noise of halving grain added, then scaled so that full ink in thick fog is 255."""
    fog, weight = np.zeros((SIDE_PX, SIDE_PX)), 1.0
    for n_cells in (2, 4, 8, 16):
        fog += weight * cv2.resize(rng.random((n_cells, n_cells)), (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_LINEAR)
        weight *= SEVERITY.fog_decay
    fog = (fog - fog.min()) / np.ptp(fog)
    return _to_uint8((image + 255 * SEVERITY.fog_share * fog) / (1 + SEVERITY.fog_share))


def add_spatter(image: Image, rng: np.random.Generator) -> Image:
    """Return `image` with drops of thin ink."""
    noise = cv2.GaussianBlur(rng.standard_normal((SIDE_PX, SIDE_PX)), (0, 0), SEVERITY.spatter_drop_px)
    is_drop = noise > SEVERITY.spatter_level * noise.std()
    return np.maximum(image, _to_uint8(255 * SEVERITY.spatter_share * is_drop))


def add_dotted_line(image: Image, rng: np.random.Generator) -> Image:
    """Return `image` with a dotted line of ink from the left rim to the right one."""
    start, end = _draw_ends(rng)
    rows, columns = line(start, 0, end, SIDE_PX - 1)
    is_dot = np.arange(len(rows)) % (2 * SEVERITY.dot_px) < SEVERITY.dot_px
    dotted = image.copy()
    dotted[rows[is_dot], columns[is_dot]] = 255
    return dotted


def add_zigzag(image: Image, rng: np.random.Generator) -> Image:
    """Return `image` with a zigzag of ink from the left rim to the right one."""
    n_corners = round(SEVERITY.zigzag_corners)
    rows = np.linspace(*_draw_ends(rng), n_corners + 2)
    rows[1:-1] += _draw_sign(rng) * SEVERITY.zigzag_px * (-1.0) ** np.arange(n_corners)
    corners = np.column_stack([np.linspace(0, SIDE_PX - 1, len(rows)), rows]).round().astype(np.int32)
    return cv2.polylines(image.copy(), [corners], False, 255, 1)


def find_edges(image: Image, rng: np.random.Generator) -> Image:
    """Return the edges of `image` (Canny 1986, doi 10.1109/TPAMI.1986.4767851) as ink; nothing in it is random."""
    return _to_uint8(255 * canny(image, sigma=SEVERITY.canny_px))


CORRUPTIONS: dict[str, Corruption] = {
    "shot_noise": add_shot_noise,
    "impulse_noise": add_impulse_noise,
    "glass_blur": blur_as_glass,
    "motion_blur": blur_by_motion,
    "shear": shear,
    "scale": scale,
    "rotate": rotate,
    "brightness": brighten,
    "translate": translate,
    "stripe": add_stripe,
    "fog": add_fog,
    "spatter": add_spatter,
    "dotted_line": add_dotted_line,
    "zigzag": add_zigzag,
    "canny_edges": find_edges,
}
"""Each takes uint8 (28, 28), 0 paper .. 255 ink, and a source of chance, and returns a new image of the same kind."""


def corrupt(images: NDArray[np.uint8], name: str, seed: int) -> NDArray[np.uint8]:
    """Return `images` corrupted; image i of a corruption depends on (seed, name, i) alone.

    Parameters
    ----------
    images : uint8 (N, 28, 28), 0 paper .. 255 ink; N may be 0
    name : one of CORRUPTIONS
    seed : at least 0

    Returns
    -------
    uint8 (N, 28, 28)

    Raises
    ------
    ValueError : `name` is none of CORRUPTIONS, or `images` has another shape or dtype
    """
    if name not in CORRUPTIONS:
        raise ValueError(f"name: expected one of {', '.join(CORRUPTIONS)}, received {name!r}")
    if images.shape[1:] != (SIDE_PX, SIDE_PX) or images.dtype != np.uint8:
        raise ValueError(f"images: expected uint8 (N, 28, 28), received {images.dtype} {images.shape}")
    kind = zlib.crc32(name.encode())  # unlike its place among the others, it stays when one is added
    corrupted = np.empty_like(images)
    for number, image in enumerate(images):
        corrupted[number] = CORRUPTIONS[name](image, np.random.default_rng([seed, kind, number]))
    return corrupted


def measure_robustness(classifier: Classifier, data_dir: Path | None, console: Console | None = None) -> dict[str, Any]:
    """Return how many digits of MNIST's test set, corrupted, and of other writers are guessed right.

    Only the ten digits count as classes, so that nothing is rejected.

    Parameters
    ----------
    classifier : the model
    data_dir : as for `train.datasets.mnist.find_data_dir`; other writers are read from its `extra` folder
    console : shows the progress; stderr by default

    Returns
    -------
    "corruptions" : accuracy by name; "mean_corruption_accuracy" : their mean; "other_hands" : by set, "n" digits that
    no model is trained on and the "accuracy" on them as reading would normalize them; empty where there is no set

    Raises
    ------
    InputError : as for `load_test` and `load_extra_sets`
    """
    folder = find_data_dir(data_dir)
    digits = load_test(folder)
    accuracies: dict[str, float] = {}
    others: dict[str, dict[str, float]] = {}
    with Progress(console=console or Console(stderr=True), transient=True) as progress:
        for name in progress.track(CORRUPTIONS, description="corrupted digits"):
            batch = np.divide(corrupt(digits.images, name, SEED)[..., None], 255, dtype=np.float32)
            accuracies[name] = _measure_best_guess(classifier, batch, digits.labels)
        for name, (_, held_out) in progress.track(load_extra_sets(folder).items(), description="other writers"):
            if len(held_out.labels):
                accuracy = _measure_best_guess(classifier, normalize_framed(held_out), held_out.labels)
                others[name] = {"n": len(held_out.labels), "accuracy": accuracy}
    mean = round(float(np.mean(list(accuracies.values()))), 5)
    return {"corruptions": accuracies, "mean_corruption_accuracy": mean, "other_hands": others}


def normalize_framed(digits: DigitSet) -> NDArray[np.float32]:
    """Return the network's batch, float32 (N, 28, 28, 1), for digits drawn large, cut to ink, and read."""
    batch = np.zeros((len(digits.labels), SIDE_PX, SIDE_PX, 1), np.float32)
    for row, image in zip(batch, digits.images, strict=True):
        large = cv2.resize(image, (CANVAS_PX, CANVAS_PX), interpolation=cv2.INTER_CUBIC)
        mask = cv2.threshold(large, min(127, large.max() // 2), 255, cv2.THRESH_BINARY)[1]
        row[:, :, 0] = normalize_digit(mask, measure_stroke_width(mask), _NORMALIZE)
    return batch


def _measure_best_guess(classifier: Classifier, batch: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    taken = classifier.classify(batch).probabilities[:, :N_DIGITS].argmax(axis=1)
    return round(float(np.mean(taken == labels)), 5)


def _warp(image: Image, forward: NDArray[np.float64], shift_px: NDArray[np.float64] | None = None) -> Image:
    """Return `image` moved by the map (2, 2) of (x, y) about its middle, then by `shift_px`; paper comes in."""
    middle = np.full(2, (SIDE_PX - 1) / 2)
    offset = middle - forward @ middle + (0 if shift_px is None else shift_px)
    return cv2.warpAffine(image, np.column_stack([forward, offset]), (SIDE_PX, SIDE_PX), flags=cv2.INTER_LINEAR)


def _draw_sign(rng: np.random.Generator) -> int:
    return 1 if rng.random() < 0.5 else -1


def _draw_ends(rng: np.random.Generator) -> tuple[int, int]:
    """Return the rows at which a line meets the left and the right rim."""
    start, end = rng.integers(round(SEVERITY.line_margin_px), SIDE_PX - round(SEVERITY.line_margin_px), 2)
    return int(start), int(end)


def _to_uint8(gray: NDArray[np.floating[Any]]) -> Image:
    return np.clip(np.rint(gray), 0, 255).astype(np.uint8)
