"""The blank's patches, found again in a registered picture: how much of the print is there, and where it is exactly."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.forms.blank import PATCH_PX, Blank

ALIKE = 0.5
"""Correlation from which a patch counts as found."""

_LEAST_SPREAD = 1.0
"""Deviation, levels, below which a place is bare paper."""


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """Where the patches of a blank were found.

    Attributes
    ----------
    centers : float64 (N, 2), of the patches in the view
    shifts : float64 (N, 2), px from there to where each fits best
    likeness : float64 (N,), correlation there, -1..1
    """

    centers: NDArray[np.float64]
    shifts: NDArray[np.float64]
    likeness: NDArray[np.float64]

    @property
    def is_found(self) -> NDArray[np.bool_]:
        """Which patches count as found."""
        return self.likeness >= ALIKE

    @property
    def found_frac(self) -> float:
        """Share of the patches that were found; 0 where there are none."""
        return float(self.is_found.mean()) if len(self.likeness) else 0.0


def find_patches(blank: Blank, registered: NDArray[np.uint8], reach_px: int) -> Sightings:
    """Return where the patches of a blank are in a picture registered to its view, no farther off than `reach_px`.

    Parameters
    ----------
    blank : its view (h, w)
    registered : uint8 (h, w), darkness
    reach_px : of the search
    """
    padded = cv2.copyMakeBorder(registered, *(reach_px,) * 4, cv2.BORDER_REPLICATE)
    size = PATCH_PX + 2 * reach_px
    shifts, likeness = np.zeros((len(blank.patches), 2)), np.zeros(len(blank.patches))
    for at, (left, top) in enumerate(blank.patches):
        window = padded[top : top + size, left : left + size]
        if float(window.std()) < _LEAST_SPREAD:
            continue
        patch = blank.darkness[top : top + PATCH_PX, left : left + PATCH_PX]
        found = cv2.matchTemplate(window, patch, cv2.TM_CCOEFF_NORMED)
        row, column = divmod(int(found.argmax()), found.shape[1])
        likeness[at] = found[row, column]
        shifts[at] = (
            column - reach_px + _find_peak(found[row], column),
            row - reach_px + _find_peak(found[:, column], row),
        )
    return Sightings(blank.patches.astype(np.float64) + (PATCH_PX - 1) / 2, shifts, likeness)


def _find_peak(values: NDArray[np.float32], at: int) -> float:
    """Return how far the top of the parabola through a peak and its neighbors is from the peak, px."""
    if not 0 < at < len(values) - 1:
        return 0.0
    before, middle, after = (float(v) for v in values[at - 1 : at + 2])
    bend = before - 2 * middle + after
    return 0.5 * (before - after) / bend if bend < 0 else 0.0
