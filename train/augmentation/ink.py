"""The ink of a digit, cut out of its picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]


def crop_ink(mask: Mask) -> Mask:
    """Return the tight box of `mask`'s ink; `mask` itself where it has none."""
    left, top, width, height = cv2.boundingRect(mask)
    return mask[top : top + height, left : left + width] if width and height else mask
