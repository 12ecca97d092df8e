"""Narrow shadows, of a pen or a hand, that were taken for ink: found by their breadth, and lifted off the paper."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.components import label_ink
from pipeline.knobs import IlluminationSettings
from pipeline.types import Box

_INKED = 127


def lift_shadows(
    small: NDArray[np.uint8],
    paper: NDArray[np.uint8],
    ink: NDArray[np.uint8],
    read: Sequence[Box],
    settings: IlluminationSettings,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]] | None:
    """Return the brightness of the paper where patches of ink broader than a stroke are shadow, and their edges.

    `estimate_paper` takes all that is dark and narrower than its window for ink, and so a shadow's tip. On a patch, and
    beside it, the paper is as bright as the picture itself with thin strokes closed. A patch may as well be a broad
    stroke of a large digit: then it was read as one.

    Parameters
    ----------
    small : uint8 (h, w), the picture reduced by `shrink`, ink darker than paper
    paper : uint8 (h, w), from `estimate_paper`
    ink : uint8 (H, W), 255 where ink was found
    read : where digits were read, px of `ink`: what holds one is a broad stroke
    settings : how broad a stroke may be

    Returns
    -------
    The paper, uint8 (h, w), nowhere brighter than `paper`, and 255 along the edges of the patches, uint8 (h, w); None
    where there are no patches, or where any was read.
    """
    size = paper.shape[::-1]
    side = max(3, int(min(size) * settings.stroke_window_frac) | 1)
    window = np.ones((side, side), np.uint8)
    inked = cv2.threshold(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), _INKED, 255, cv2.THRESH_BINARY)[1]
    patches = cv2.morphologyEx(inked, cv2.MORPH_OPEN, window)
    scale = len(small) / len(ink)
    if not patches.any() or any(_crop(patches, box, scale).any() for box in read):
        return None
    near = cv2.blur(cv2.morphologyEx(small, cv2.MORPH_CLOSE, window), (3, 3))
    around = cv2.dilate(patches, window)
    return np.where(around > 0, np.clip(near, 1, paper), paper), cv2.subtract(around, cv2.erode(patches, window))


def _crop(patches: NDArray[np.uint8], box: Box, scale: float) -> NDArray[np.uint8]:
    rows, columns = (slice(int(n.start * scale), int(n.stop * scale) + 1) for n in box.slices)
    return patches[rows, columns]


def clear_edges(ink: NDArray[np.uint8], edges: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return ink, uint8 (H, W), without the components that lie for the most part on `edges`, uint8 (h, w)."""
    full = cv2.resize(edges, ink.shape[::-1], interpolation=cv2.INTER_NEAREST)
    labels, stats = label_ink(ink)
    on_edge = np.bincount(labels[full > 0].ravel(), minlength=len(stats))
    dropped = 2 * on_edge > stats[:, cv2.CC_STAT_AREA]
    dropped[0] = False
    return np.where(dropped[labels], np.uint8(0), ink)
