"""Crops of pages with the maps that the page network is to answer, drawn afresh for every epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.detection.page_network import standardize
from train.augmentation.photo_crops import vary_crop
from train.datasets.detector_pages import DIGIT, DetectorPages, Mark
from train.fitting.detector_targets import make_targets, move_marks

CROP_PX = 384

_HEIGHTS_PX, _LARGE_HEIGHTS_PX, _LARGE_SHARE = (10.0, 110.0), (110.0, 250.0), 0.1
"""Heights that a digit has in its crop, drawn log-evenly, and how often they are of the large kind."""

_SCALES = (0.2, 3.0)
"""Least and most scale of a photo."""

_NEAR_SHARE = 0.7
"""Crops that lie around some mark; the others lie anywhere."""

_BARE_SHARE = 0.6
"""Crops beyond whose photo lies its usual gray level; else its rim goes on, as in reading."""

_TURNED_SHARE, _TILTED_SHARE, _MOST_TILT_DEG = 0.3, 0.3, 8.0

Batch = tuple[NDArray[np.float32], NDArray[np.float32]]


def draw_batches(
    pages: DetectorPages, n_batches: int, batch_size: int, seed: int, epoch: int, crop_px: int = CROP_PX
) -> Iterator[Batch]:
    """Yield an epoch's batches: float32 (N, crop_px, crop_px, 1), float32 (N, crop_px / 4, crop_px / 4, 16).

    The next batches are made in a thread while one is in use. Each depends on the seed, the epoch and its number alone.
    """

    def draw(number: int) -> Batch:
        rng = np.random.default_rng([seed, epoch, number])
        crops, targets = zip(*(draw_example(pages, rng, crop_px) for _ in range(batch_size)), strict=True)
        return np.stack(crops)[..., None], np.stack(targets)

    n_ahead = 3
    with ThreadPoolExecutor(1) as thread:
        made = [thread.submit(draw, number) for number in range(min(n_ahead, n_batches))]
        try:
            for number in range(n_batches):
                batch = made.pop(0).result()
                if number + n_ahead < n_batches:
                    made.append(thread.submit(draw, number + n_ahead))
                yield batch
        finally:
            thread.shutdown(cancel_futures=True)


def draw_example(
    pages: DetectorPages, rng: np.random.Generator, crop_px: int = CROP_PX
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return a crop of some page, standardized, float32 (crop_px, crop_px), and its maps and weights."""
    at = int(rng.integers(len(pages)))
    photo, marks = pages.load_photo(at), pages.list_marks(at)
    digits = [mark for mark in marks if mark.kind == DIGIT]
    scale = _draw_scale(digits or marks, rng)
    center = _draw_center(photo.shape, digits, marks, crop_px / scale, rng)
    turn_deg = float(rng.choice([90, 180, 270])) if rng.random() < _TURNED_SHARE else 0.0
    turn_deg += rng.uniform(-_MOST_TILT_DEG, _MOST_TILT_DEG) if rng.random() < _TILTED_SHARE else 0.0
    rim = float(np.median(photo[::8, ::8])) if rng.random() < _BARE_SHARE else None
    crop, to_crop = cut_crop(photo, center, scale, turn_deg, crop_px, rim)
    return standardize(vary_crop(crop, rng)), make_targets(move_marks(marks, to_crop), (crop_px, crop_px))


def cut_crop(
    photo: NDArray[np.uint8],
    center: NDArray[np.float64],
    scale: float,
    turn_deg: float,
    crop_px: int,
    beyond: float | None = None,
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return a square crop around `center` (x, y), px, and float64 (2, 3), from px of the photo to px of the crop.

    It is turned clockwise by `turn_deg`; beyond the photo lies the gray level `beyond`, or its rim goes on
    where None. The scale is rounded to whole pixels.
    """
    height, width = photo.shape
    cosine, sine = np.cos(np.deg2rad(turn_deg)), np.sin(np.deg2rad(turn_deg))
    reach = crop_px / 2 / scale * (abs(cosine) + abs(sine)) + 2
    left, top = (
        int(np.clip(np.floor(at - reach), 0, most - 1)) for at, most in zip(center, (width, height), strict=True)
    )
    right, bottom = (
        int(np.clip(np.ceil(at + reach), low + 1, most))
        for at, low, most in zip(center, (left, top), (width, height), strict=True)
    )
    part = photo[top:bottom, left:right]
    size = max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))
    resized = cv2.resize(part, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    sizes = np.array([size[0] / part.shape[1], size[1] / part.shape[0]])
    shift = np.round((center - (left, top)) * sizes)  # a whole pixel, so that a crop that is not tilted stays sharp
    turn = np.array([[cosine, -sine], [sine, cosine]])
    middle = crop_px / 2
    from_resized = np.concatenate([turn, (middle - turn @ shift)[:, None]], axis=1)
    of_centers = from_resized.copy()  # OpenCV counts from the center of the top left pixel
    of_centers[:, 2] += turn @ (0.5, 0.5) - 0.5
    border = cv2.BORDER_REPLICATE if beyond is None else cv2.BORDER_CONSTANT
    crop = cv2.warpAffine(
        resized,
        of_centers,
        (crop_px, crop_px),
        flags=cv2.INTER_LINEAR,
        borderMode=border,
        borderValue=0.0 if beyond is None else beyond,
    )
    linear = turn * sizes
    return crop, np.concatenate([linear, (from_resized[:, 2] - linear @ (left, top))[:, None]], axis=1)


def _draw_scale(marks: Sequence[Mark], rng: np.random.Generator) -> float:
    """Return a scale at which some mark has one of the heights to be learned."""
    if not marks:
        return float(np.exp(rng.uniform(np.log(0.4), np.log(1.5))))
    low, high = _LARGE_HEIGHTS_PX if rng.random() < _LARGE_SHARE else _HEIGHTS_PX
    height_px = np.exp(rng.uniform(np.log(low), np.log(high)))
    return float(np.clip(height_px / marks[int(rng.integers(len(marks)))].height_px, *_SCALES))


def _draw_center(
    shape: tuple[int, ...], digits: Sequence[Mark], marks: Sequence[Mark], side_px: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the (x, y), px, around which a crop of the side `side_px` lies: mostly on the photo, mostly at marks."""
    size = np.array([shape[1], shape[0]], np.float64)
    low, high = np.minimum(side_px / 2, size / 2), np.maximum(size - side_px / 2, size / 2)
    if not marks or rng.random() >= _NEAR_SHARE:
        return rng.uniform(low, high)
    among = digits if digits and rng.random() < 0.6 else marks
    hull = among[int(rng.integers(len(among)))].hull
    center = (hull.min(axis=0) + hull.max(axis=0)) / 2 + rng.uniform(-0.4, 0.4, 2) * side_px
    return np.clip(center, low - 0.15 * side_px, high + 0.15 * side_px)
