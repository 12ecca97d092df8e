"""Chance changes of the gray levels of a crop of a page: light, contrast, polarity, focus, noise, compression."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def vary_crop(gray: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return a crop uint8 (H, W) as another camera, lens and light might have shown it."""
    height, width = gray.shape
    varied = cv2.LUT(gray, _draw_levels(rng))
    if rng.random() < 0.4:
        varied = cv2.GaussianBlur(varied, (0, 0), rng.uniform(0.3, 1.2))
    if rng.random() < 0.25:
        coarse = rng.uniform(0.55, 1.1, tuple(rng.integers(2, 5, 2))).astype(np.float32)
        light = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        varied = cv2.multiply(varied, light, dtype=cv2.CV_8U)
    if rng.random() < 0.5:
        deviation = np.float32(np.exp(rng.uniform(np.log(1), np.log(14))))
        noise = rng.standard_normal((height, width), np.float32) * deviation
        varied = cv2.add(varied, noise, dtype=cv2.CV_8U)
    if rng.random() < 0.3:
        quality = int(rng.integers(25, 90))
        varied = cv2.imdecode(
            cv2.imencode(".jpg", varied, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_GRAYSCALE
        )
    return varied


def _draw_levels(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return the level uint8 (256,) that each gray level becomes: gamma, contrast, brightness, seldom inverted."""
    levels = np.linspace(0, 1, 256)
    if rng.random() < 0.6:
        levels = levels ** np.exp(rng.uniform(-0.6, 0.6))
        contrast, middle = rng.uniform(0.35, 1.15), rng.uniform(0.35, 0.65)
        levels = middle + contrast * (levels - 0.5)
    if rng.random() < 0.15:
        levels = 1 - levels
    return (np.clip(levels, 0, 1) * 255).round().astype(np.uint8)
