"""Small ink beside digits: what is left of the page's ink once the digits are taken from it, and how it is shaped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box
from pipeline.ink.labels import label_ink, measure_stroke_width
from pipeline.types import PAPER_LEVEL, InkMask

_MAIN_FRAC = 0.6
"""Components in a digit's box with this share of its largest component's ink are the digit too."""


@dataclass(frozen=True, slots=True, eq=False)
class LabeledInk:
    """The ink of a page, every component with a label from 1.

    Attributes
    ----------
    labels : uint16 or int32 (H, W), 0 paper
    boxes : float64 (N, 4), left, top, right, bottom of label 1, 2 ... in px
    darkness : uint8 (H, W)
    """

    labels: NDArray[Any]
    boxes: NDArray[np.float64]
    darkness: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Body:
    """The ink of one digit without what stands beside it: its box, the labels it has, its pen and its contrast."""

    box: Box
    labels: frozenset[int]
    stroke_width_px: float
    contrast: float


@dataclass(frozen=True, slots=True)
class Mark:
    """One small component.

    Attributes
    ----------
    label : its number among the page's ink
    box : where it lies, px
    length_px, breadth_px : axes of the ellipse with its second moments
    tilt_deg : how far its long axis leans from level, 0..90
    contrast : mean darkness against the paper, 0..1
    """

    label: int
    box: Box
    length_px: float
    breadth_px: float
    tilt_deg: float
    contrast: float

    @property
    def elongation(self) -> float:
        """Length over breadth, at least 1."""
        return self.length_px / self.breadth_px


def label_marks(mask: InkMask, darkness: NDArray[np.uint8]) -> LabeledInk:
    """Return the ink of a page with its components labeled, down to the last speck.

    Parameters
    ----------
    mask : the ink, (H, W)
    darkness : uint8 (H, W)
    """
    labels, stats = label_ink(mask.ink)
    left, top, width, height = (stats[1:, i].astype(np.float64) for i in range(4))
    return LabeledInk(labels, np.column_stack([left, top, left + width, top + height]), darkness)


def measure_body(ink: LabeledInk, box: Box) -> Body:
    """Return the digit that was read in `box`: its largest component and those nearly as large.

    A point or a comma close by may have been read as part of the digit, and lie in its box as well.
    """
    own = ink.labels[box.slices]
    counts = np.bincount(own[own > 0])
    if not counts.any():
        return Body(box, frozenset(), 1.0, 1.0)
    main = np.flatnonzero(counts >= _MAIN_FRAC * counts.max())
    inked = np.isin(own, main).astype(np.uint8) * 255
    left, top, width, height = cv2.boundingRect(inked)
    left, top = left + box.left, top + box.top
    body = Box(left, top, left + width, top + height)
    contrast = _measure_contrast(ink.darkness[box.slices][inked > 0])
    return Body(body, frozenset(main.tolist()), measure_stroke_width(inked), contrast)


def measure_mark(ink: LabeledInk, label: int) -> Mark:
    """Return the shape of one component, from its moments; a single pixel is 1 px long and 1 px broad."""
    box = Box(*ink.boxes[label - 1].astype(int).tolist())
    inked = ink.labels[box.slices] == label
    rows, columns = np.nonzero(inked)
    spread = np.cov(columns, rows, bias=True) + np.eye(2) / 12
    variances, axes = np.linalg.eigh(spread)
    breadth, length = np.sqrt(12 * variances)
    tilt = np.degrees(np.arctan2(abs(axes[1, 1]), abs(axes[0, 1])))
    contrast = _measure_contrast(ink.darkness[box.slices][inked])
    return Mark(label, box, float(length), float(breadth), float(tilt), contrast)


def find_marks(ink: LabeledInk, zone: tuple[float, float, float, float], most_px: float) -> list[int]:
    """Return the labels of what is no larger than `most_px` either way, has its middle in `zone`, and is whole.

    Ink that touches the rim of the page is cut off there, and may be anything.

    Parameters
    ----------
    ink : of the page
    zone : left, top, right, bottom in px
    most_px : largest width and height
    """
    left, top, right, bottom = ink.boxes.T
    x, y = (left + right) / 2, (top + bottom) / 2
    small = np.maximum(right - left, bottom - top) <= most_px
    height, width = ink.labels.shape
    whole = (left > 0) & (top > 0) & (right < width) & (bottom < height)
    inside = (x >= zone[0]) & (x <= zone[2]) & (y >= zone[1]) & (y <= zone[3])
    return (1 + np.flatnonzero(small & whole & inside)).tolist()


def measure_reach(ink: LabeledInk, body: Body, rows: slice) -> tuple[int, int] | None:
    """Return the first and the last column of a digit's ink in `rows` of the page, or None where it has none there."""
    columns = slice(body.box.left, body.box.right)
    inked = np.flatnonzero(np.isin(ink.labels[rows, columns], list(body.labels)).any(axis=0))
    return (int(inked[0]) + body.box.left, int(inked[-1]) + body.box.left) if len(inked) else None


def _measure_contrast(darkness: NDArray[np.uint8]) -> float:
    return (float(darkness.mean()) - PAPER_LEVEL) / (255 - PAPER_LEVEL)
