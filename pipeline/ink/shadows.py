"""Narrow shadows, of a pen or a hand, that were taken for ink: found by their breadth, and lifted off the paper."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box
from pipeline.ink.illumination import shrink
from pipeline.ink.labels import label_ink
from pipeline.page_scale import crop_reduced
from pipeline.settings.ink import IlluminationSettings

_INKED = 127


def find_patches(
    ink: NDArray[np.uint8], read: Sequence[Box], settings: IlluminationSettings
) -> NDArray[np.uint8] | None:
    """Return where ink is broader than a stroke, 255 in uint8 (h, w), reduced by `shrink`; None where it is nowhere.

    `estimate_paper` takes all that is dark and narrower than its window for ink, and so a shadow's tip. A patch may as
    well be a broad stroke of a large digit: then it was read as one, and there are no patches, either.

    Parameters
    ----------
    ink : uint8 (H, W), 255 where ink was found
    read : where digits were read, px of `ink`
    settings : how broad a stroke may be
    """
    small = cv2.threshold(shrink(ink, settings), _INKED, 255, cv2.THRESH_BINARY)[1]
    patches: NDArray[np.uint8] = cv2.morphologyEx(small, cv2.MORPH_OPEN, _make_window(small, settings))
    if not patches.any() or any(crop_reduced(patches, box.as_list(), ink.shape).any() for box in read):
        return None
    return patches


def lift_shadows(
    small: NDArray[np.uint8], paper: NDArray[np.uint8], patches: NDArray[np.uint8], settings: IlluminationSettings
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the brightness of the paper where patches are shadow, and along their edges 255, both uint8 (h, w).

    On a patch, and beside it, the paper is as bright as the picture itself with thin strokes closed.

    Parameters
    ----------
    small : uint8 (h, w), the picture reduced by `shrink`, ink darker than paper
    paper : uint8 (h, w), from `estimate_paper`; the result is nowhere brighter
    patches : uint8 (h, w), from `find_patches`
    settings : how broad a stroke may be
    """
    window = _make_window(small, settings)
    near = cv2.blur(cv2.morphologyEx(small, cv2.MORPH_CLOSE, window), (3, 3))
    around = cv2.dilate(patches, window)
    return np.where(around > 0, np.clip(near, 1, paper), paper), cv2.subtract(around, cv2.erode(patches, window))


def _make_window(small: NDArray[np.uint8], settings: IlluminationSettings) -> NDArray[np.uint8]:
    return np.ones((max(3, int(min(small.shape) * settings.stroke_window_frac) | 1),) * 2, np.uint8)


def clear_edges(ink: NDArray[np.uint8], edges: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return ink, uint8 (H, W), without the components that lie for the most part on `edges`, uint8 (h, w)."""
    full = cv2.resize(edges, ink.shape[::-1], interpolation=cv2.INTER_NEAREST)
    labels, stats = label_ink(ink)
    on_edge = np.bincount(labels[full > 0].ravel(), minlength=len(stats))
    dropped = 2 * on_edge > stats[:, cv2.CC_STAT_AREA]
    dropped[0] = False
    return np.where(dropped[labels], np.uint8(0), ink)
