"""Stored pixels of any type -> 8 bits, opaque, gray or color, shrunk and upright.

Files hold 1 to 64 bits per sample, integer or floating point, with transparency, in any orientation.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.page_scale import measure_side
from pipeline.settings.images import ImageSettings

_DRAWING_FRAC = 0.5
"""A drawing on a transparent background covers a smaller fraction of the picture; a cut-out sheet covers more."""

_FLIPS = {1: None, 2: 1, 3: -1, 4: 0, 5: None, 6: 1, 7: -1, 8: 0}
"""EXIF orientation -> `cv2.flip` code, after the transposition of orientations 5 to 8."""

_WHITE_PERCENTILE, _GAMMA = 99.0, 2.2
"""For samples that are linear in light: brighter ones are lamps or reflections; the gamma of a display."""

_LARGEST_SAMPLE = 1e100
"""Floating-point samples of damaged files reach 1e308, where differences overflow."""


def convert_to_8bit(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Return samples of any number type as uint8, in the same order of brightness.

    Unsigned integers are scaled by the bits in use, so that a 12-bit picture in a 16-bit file is not black and a blank
    page stays blank. Floating-point and signed samples are scaled by their maximum, from zero or from a negative
    minimum; samples that are not finite count as 0.

    Parameters
    ----------
    pixels : (h, w) or (h, w, c), bool or any number type

    Returns
    -------
    uint8, the shape of `pixels`
    """
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype == np.bool_:
        return pixels.astype(np.uint8) * 255
    if pixels.dtype.kind == "u":
        bits = max(8, int(pixels.max()).bit_length())
        samples = pixels.astype(np.uint16 if bits <= 16 else np.float64, copy=False)
        scaled: NDArray[np.uint8] = cv2.convertScaleAbs(samples, alpha=255 / (2**bits - 1))
        return scaled
    finite = np.clip(
        np.nan_to_num(pixels, nan=0, posinf=0, neginf=0).astype(np.float64), -_LARGEST_SAMPLE, _LARGEST_SAMPLE
    )
    low = min(0.0, float(finite.min()))
    span = max(float(finite.max()) - low, 1 / _LARGEST_SAMPLE)
    scaled = cv2.convertScaleAbs(finite - low, alpha=255 / span)
    return scaled


def expose(light: NDArray[Any]) -> NDArray[np.uint8]:
    """Return samples that are linear in light as uint8, with the white point chosen and gamma applied as by a camera.

    The white point is a high percentile, so that a lamp in the picture does not leave the paper black.

    Parameters
    ----------
    light : (h, w) or (h, w, c), any number type; negative samples and those that are not finite count as 0

    Returns
    -------
    uint8, the shape of `light`
    """
    finite = np.clip(np.nan_to_num(light, nan=0, posinf=0, neginf=0).astype(np.float64), 0, _LARGEST_SAMPLE)
    white = float(np.percentile(finite, _WHITE_PERCENTILE)) or float(finite.max()) or 1.0
    exposed: NDArray[np.uint8] = np.rint(255 * np.minimum(finite / white, 1) ** (1 / _GAMMA)).astype(np.uint8)
    return exposed


def flatten(pixels: NDArray[Any], is_color: bool) -> NDArray[np.uint8]:
    """Return stored pixels as opaque 8-bit gray or color.

    Parameters
    ----------
    pixels : (h, w) gray, (h, w, 2) gray and alpha, (h, w, 3) BGR or (h, w, 4) BGRA, of any number type
    is_color : return BGR, not gray

    Returns
    -------
    uint8 (h, w), or (h, w, 3) in BGR
    """
    n_channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    opaque = convert_to_8bit(pixels if n_channels in (1, 3) else pixels[..., : n_channels - 1])
    opaque = np.ascontiguousarray(opaque.squeeze(2) if opaque.ndim == 3 and opaque.shape[2] == 1 else opaque)
    gray = cv2.cvtColor(opaque, cv2.COLOR_BGR2GRAY) if opaque.ndim == 3 else opaque
    flat = gray if not is_color else opaque if opaque.ndim == 3 else cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR)
    if n_channels in (1, 3):
        return flat
    alpha = pixels[..., -1].astype(np.float32) / _find_full_alpha(pixels.dtype)
    return _composite(flat, alpha, _choose_paper(gray, alpha))


def _find_full_alpha(dtype: np.dtype) -> float:
    return 1.0 if dtype.kind == "f" else float(np.iinfo(dtype).max)


def _choose_paper(gray: NDArray[np.uint8], alpha: NDArray[np.float32]) -> int:
    """Return the gray, 0 or 255, of the background of transparent pixels: white, or black if the drawing is bright."""
    solid = alpha > 0.5
    if not solid.any() or solid.mean() > _DRAWING_FRAC:
        return 255
    # Nearly all of it must be bright: a cut-out white sheet with dark writing is not a white drawing.
    return 0 if np.percentile(gray[solid], 5) > 127 else 255


def _composite(flat: NDArray[np.uint8], alpha: NDArray[np.float32], paper: int) -> NDArray[np.uint8]:
    if alpha.min() >= 1:
        return flat
    weight = alpha if flat.ndim == 2 else alpha[..., None]
    return np.rint(flat * weight + np.float32(paper) * (1 - weight)).astype(np.uint8)


def choose_factors(shape: tuple[int, ...], settings: ImageSettings) -> tuple[int, int]:
    """Return by how much a picture shrinks to the scale of its digits, and at the least, so that it is not too large.

    Parameters
    ----------
    shape : (H, W) of the picture
    settings : working size
    """
    least = math.ceil(math.sqrt(shape[0] * shape[1] / (settings.most_work_mpx * 1e6)))
    return max(1, measure_side(shape) // settings.work_side_px), least


def shrink(pixels: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Return `pixels` shrunk by an integer factor, each new pixel the mean of factor x factor old ones.

    An incomplete block, of at most `factor` - 1 rows or columns, is cut off at the bottom and the right.
    """
    if factor == 1:
        return pixels
    height, width = pixels.shape[0] // factor, pixels.shape[1] // factor
    whole = pixels[: height * factor, : width * factor]
    shrunk: NDArray[np.uint8] = cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA)
    return shrunk


def turn_upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Return stored pixels with an EXIF orientation, 1..8, applied."""
    turned = cv2.transpose(pixels) if orientation >= 5 else pixels
    flip = _FLIPS[orientation]
    return turned if flip is None else cv2.flip(turned, flip)


def map_to_upright(orientation: int, width: int, height: int) -> NDArray[np.float64]:
    """Return the matrix of `turn_upright`: pixel centers as stored -> upright.

    Parameters
    ----------
    orientation : EXIF orientation, 1..8
    width, height : stored size, px

    Returns
    -------
    float64 (3, 3)
    """
    flip = _FLIPS[orientation]
    matrix = np.eye(3)
    if orientation >= 5:
        matrix = matrix[[1, 0, 2]]
        width, height = height, width
    if flip in (1, -1):
        matrix[0] = (width - 1) * matrix[2] - matrix[0]
    if flip in (0, -1):
        matrix[1] = (height - 1) * matrix[2] - matrix[1]
    return matrix


def map_to_source(
    orientation: int, size: tuple[int, int], shrunk_size: tuple[int, int], factor: int
) -> NDArray[np.float64]:
    """Return the matrix from the centers of upright shrunk pixels to those of the upright original.

    A shrunk pixel stands for factor x factor stored ones, counted from the stored top left corner. If the orientation
    moves another corner to the top left, the incomplete last column or row matters.

    Parameters
    ----------
    orientation : EXIF orientation, 1..8
    size, shrunk_size : (width, height) as stored, px, before and after shrinking
    factor : how many stored pixels make one, along each axis

    Returns
    -------
    float64 (3, 3)
    """
    center = (factor - 1) / 2
    grow = np.array([[factor, 0, center], [0, factor, center], [0, 0, 1]], np.float64)
    return map_to_upright(orientation, *size) @ grow @ np.linalg.inv(map_to_upright(orientation, *shrunk_size))
