"""The print of a blank form, prepared to be found again in pictures of filled ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.ink.illumination import estimate_paper, flatten_light, shrink
from pipeline.settings.ink import IlluminationSettings
from pipeline.types import PAPER_LEVEL, Page

VIEW_PX = 1200
"""Long side at which a form is registered."""

PATCH_PX = 40
"""Side of a patch of print, px of the view."""

_STEP_PX = 20
_LEAST_CORNER_FRAC, _STRONG_PERCENTILE = 0.08, 95
"""Share of the strongest patches' smaller eigenvalue of the structure tensor from which a patch shows where it is."""

_MOST_PATCHES = 400
_N_FEATURES = 5000
_LEAST_CONTRAST, _FAINT_CONTRAST = 0.04, 0.01
"""Of a feature, as in the paper; and where the print is so faint that nothing is found at that."""

Features = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Places float32 (N, 2), px, and descriptors float32 (N, 128)."""


@dataclass(frozen=True, slots=True, eq=False)
class Blank:
    """A blank page.

    Attributes
    ----------
    darkness : uint8 (h, w), the view, PAPER_LEVEL paper .. 255 black
    to_view : float64 (3, 3), px of the upright reference picture -> px of the view
    features : of the view
    patches : int (N, 2), left and top of patches whose print shows where they are, px of the view
    """

    darkness: NDArray[np.uint8]
    to_view: NDArray[np.float64]
    features: Features
    patches: NDArray[np.intp]


def flatten(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the darkness of a picture uint8 (H, W) against its paper, PAPER_LEVEL paper .. 255 black."""
    settings = IlluminationSettings()
    return flatten_light(gray, estimate_paper(shrink(gray, settings), settings))


@lru_cache(maxsize=32)
def prepare_blank(page: Page) -> Blank:
    """Return a blank page prepared for registration; pages are known by identity, and kept."""
    scale = VIEW_PX / max(page.gray.shape)
    gray = resize(page.gray, scale)
    darkness = flatten(gray)
    to_view = scale_px(scale) @ np.linalg.inv(page.to_source)
    return Blank(darkness, to_view, find_features(darkness), _choose_patches(darkness))


def resize(gray: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """Return a picture `scale` times as large."""
    size = max(8, round(gray.shape[1] * scale)), max(8, round(gray.shape[0] * scale))
    resized: NDArray[np.uint8] = cv2.resize(gray, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    return resized


def scale_px(scale: float) -> NDArray[np.float64]:
    """Return the map (3, 3) of px of a picture to px of one `scale` times as large; pixel centers are whole."""
    shift = scale / 2 - 0.5
    return np.array([[scale, 0, shift], [0, scale, shift], [0, 0, 1]], np.float64)


def find_features(darkness: NDArray[np.uint8], is_faint: bool = False) -> Features:
    """Return the SIFT features (Lowe 2004, doi 10.1023/B:VISI.0000029664.99615.94) of a picture, as root-SIFT.

    Parameters
    ----------
    darkness : uint8 (h, w)
    is_faint : whether features of print that is hardly darker than its paper are wanted as well
    """
    least = _FAINT_CONTRAST if is_faint else _LEAST_CONTRAST
    points, found = cv2.SIFT.create(nfeatures=_N_FEATURES, contrastThreshold=least).detectAndCompute(darkness, None)
    if found is None or not len(points):
        return np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32)
    rows = found / np.maximum(found.sum(axis=1, keepdims=True), 1e-6)
    return np.array([point.pt for point in points], np.float32), np.sqrt(rows).astype(np.float32)


def _choose_patches(darkness: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return left and top of the patches that show where they are both ways, spread over the page."""
    height, width = darkness.shape
    smaller = cv2.cornerMinEigenVal(cv2.GaussianBlur(darkness, (0, 0), 1.0).astype(np.float32), 3, 3)
    sums = cv2.boxFilter(smaller, -1, (PATCH_PX, PATCH_PX), borderType=cv2.BORDER_CONSTANT)
    tops, lefts = (np.arange(0, side - PATCH_PX, _STEP_PX) for side in (height, width))
    strengths = sums[np.ix_(tops + PATCH_PX // 2, lefts + PATCH_PX // 2)]
    if not strengths.size or not strengths.any():
        return np.zeros((0, 2), np.intp)
    strong = np.percentile(strengths[strengths > 0], _STRONG_PERCENTILE)
    rows, columns = np.nonzero(strengths >= _LEAST_CORNER_FRAC * strong)
    found = np.column_stack([lefts[columns], tops[rows]])
    return found[:: -(-len(found) // _MOST_PATCHES)]


def measure_print(darkness: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return by how much a picture is darker than paper, uint8 (H, W), 0 paper .. 200 black."""
    printed: NDArray[np.uint8] = cv2.subtract(darkness, np.full_like(darkness, PAPER_LEVEL))
    return printed
