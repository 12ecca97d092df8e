"""Crop -> 28x28 MNIST tensor. The one place where pixels become network input; training uses this same function.

The steps are those of NIST and MNIST as Yadav & Bottou reconstructed them ("Cold Case: the Lost MNIST Digits",
NeurIPS 2019, arXiv 1905.10498), with one step before them: a pen much finer or much broader than NIST's is brought
into the range of widths that the network knows.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.settings.recognition import NormalizeSettings
from pipeline.types import SIDE_PX, Span

CORE_PX = 20
"""Side of the square that holds the digit before it is centered in 28x28."""

_STROKE_SIDE_PX = 3 * CORE_PX
"""Side at which stroke width is changed: fine enough for steps of a third of a pixel of the core."""

_LEAST = np.float32(1e-6)
"""Floor of a divisor where there is no ink."""


def normalize_digit(
    mask: NDArray[np.uint8], stroke_width_px: float, settings: NormalizeSettings
) -> NDArray[np.float32]:
    """Return the MNIST tensor of one digit's ink.

    Parameters
    ----------
    mask : uint8 (h, w), 255 ink and 0 paper; tight or with margins
    stroke_width_px : mean pen stroke width in px of `mask`; 0 leaves the stroke as it is
    settings : limits of the stroke width and the least side of the square

    Returns
    -------
    float32 (28, 28), 0 paper .. 1 ink, center of mass at pixel index 14 +- 0.5; all zero if `mask` has no ink
    """
    tensor: NDArray[np.float32] = _center_by_mass(_fit_core(mask, stroke_width_px, settings)[None])[0]
    return tensor


def normalize_spans(spans: Sequence[Span], settings: NormalizeSettings) -> NDArray[np.float32]:
    """Return the network's batch, float32 (N, 28, 28, 1), 0 paper .. 1 ink, for N candidate digits (N may be 0)."""
    cores = np.zeros((len(spans), CORE_PX, CORE_PX), np.float32)
    for core, span in zip(cores, spans, strict=True):
        core[:] = _fit_core(span.mask, span.stroke_width_px, settings)
    return _center_by_mass(cores)[..., None]


def _fit_core(mask: NDArray[np.uint8], stroke_width_px: float, settings: NormalizeSettings) -> NDArray[np.float32]:
    """Return the ink scaled into the core, float32 (20, 20), 0 paper .. 255 ink at most; all zero without ink."""
    left, top, width, height = cv2.boundingRect(mask)
    if width == 0 or height == 0:
        return np.zeros((CORE_PX, CORE_PX), np.float32)
    square = _square(mask[top : top + height, left : left + width], settings.least_side_px)
    square = _limit_stroke(square, stroke_width_px, settings)
    while len(square) < CORE_PX:
        square = np.repeat(np.repeat(square, 2, axis=0), 2, axis=1)
    # in floating point, for a hair line across a large square is less than one of 255
    core: NDArray[np.float32] = cv2.resize(square.astype(np.float32), (CORE_PX, CORE_PX), interpolation=cv2.INTER_AREA)
    return core


def _square(ink: NDArray[np.uint8], least_side_px: int) -> NDArray[np.uint8]:
    """Return `ink` in a square of side max(h, w, least_side_px), the shorter side widened evenly."""
    height, width = ink.shape
    side = max(height, width, least_side_px)
    above, before = (side - height) // 2, (side - width) // 2
    squared: NDArray[np.uint8] = cv2.copyMakeBorder(
        ink, above, side - height - above, before, side - width - before, cv2.BORDER_CONSTANT, value=0
    )
    return squared


def _limit_stroke(square: NDArray[np.uint8], stroke_width_px: float, settings: NormalizeSettings) -> NDArray[np.uint8]:
    """Return `square` with its stroke widened or thinned into the limits, measured at 20x20."""
    stroke = stroke_width_px * CORE_PX / len(square)
    wanted = min(max(stroke, settings.thinnest_stroke_px), settings.widest_stroke_px)
    change_px = round((wanted - stroke) * _STROKE_SIDE_PX / CORE_PX)
    if stroke_width_px <= 0 or change_px == 0:
        return square
    how = cv2.INTER_AREA if len(square) > _STROKE_SIDE_PX else cv2.INTER_LINEAR
    square = cv2.resize(square, (_STROKE_SIDE_PX, _STROKE_SIDE_PX), interpolation=how)
    pen = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (abs(change_px) + 1, abs(change_px) + 1))
    changed = cv2.dilate(square, pen) if change_px > 0 else cv2.erode(square, pen)
    return changed if 4 * cv2.countNonZero(changed) >= cv2.countNonZero(square) else square  # a blob is no stroke


def _center_by_mass(cores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return cores (N, 20, 20), the darkest pixel of each 1, each in (28, 28), center of mass at index 14 +- 0.5."""
    n, room, steps = len(cores), SIDE_PX - CORE_PX, np.arange(CORE_PX)
    cores = cores / np.maximum(cores.max(axis=(1, 2), keepdims=True), _LEAST)
    corners = []
    for across in (2, 1):
        profile = cores.sum(axis=across)
        middle = (profile * steps).sum(axis=1) / np.maximum(profile.sum(axis=1), _LEAST)
        corners.append(np.clip(np.rint(SIDE_PX / 2 - middle), 0, room).astype(np.intp)[:, None] + steps)
    tensors = np.zeros((n, SIDE_PX, SIDE_PX), np.float32)
    tensors[np.arange(n)[:, None, None], corners[0][:, :, None], corners[1][:, None, :]] = cores
    return tensors
