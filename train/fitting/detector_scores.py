"""How well maps of the page network agree with the truth, over any number of crops."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.detection.page_network import CELL_PX, N_CHANNELS, UNIT_HEIGHT_PX, Channel

_LEAST_PEAK = 0.0
"""Logit above which a local maximum of the centers is a digit."""

_MOST_AWAY_FRAC = 0.5
"""Of a digit's height: how far a peak may lie from the center that it finds."""

_SMALL_PX, _LARGE_PX = 20.0, 80.0
"""Digits lower than the one and higher than the other have a recall of their own."""

_COS_45 = float(np.sqrt(0.5))
_SIZES = ("small", "middle", "large")


class DetectorScores:
    """Running sums of what the figures are made of."""

    def __init__(self) -> None:
        self._shared, self._joined = dict.fromkeys(_AREAS, 0), dict.fromkeys(_AREAS, 0)
        self._n_found, self._n_right, self._n_true = 0, np.zeros(3), np.zeros(3)
        self._n_cells, self._off, self._n_up, self._n_printed = 0, 0.0, 0, 0

    def add(self, maps: NDArray[np.float32], targets: NDArray[np.float32]) -> None:
        """Count a crop: its maps float32 (h, w, 8), and its targets (h, w, 16) as `make_targets` makes them."""
        answers, weights = targets[..., :N_CHANNELS], targets[..., N_CHANNELS:]
        for name, channel in _AREAS.items():
            is_known = weights[..., channel] > 0
            found, true = (maps[..., channel] > 0) & is_known, (answers[..., channel] > 0.5) & is_known
            self._shared[name] += int(np.count_nonzero(found & true))
            self._joined[name] += int(np.count_nonzero(found | true))
        right, n_found, true_by_size = match_centers(maps, targets)
        self._n_found += n_found
        self._n_right += right
        self._n_true += true_by_size
        is_digit = weights[..., Channel.HEIGHT] > 0
        own, true_own = maps[is_digit], answers[is_digit]
        up, true_up = own[:, Channel.UP_X : Channel.UP_Y + 1], true_own[:, Channel.UP_X : Channel.UP_Y + 1]
        self._n_cells += len(own)
        self._off += float(np.abs(own[:, Channel.HEIGHT] - true_own[:, Channel.HEIGHT]).sum())
        self._n_up += int(np.count_nonzero((up * true_up).sum(axis=1) > _COS_45 * np.hypot(up[:, 0], up[:, 1])))
        is_right = (own[:, Channel.PRINTED] > 0) == (true_own[:, Channel.PRINTED] > 0.5)
        self._n_printed += int(np.count_nonzero(is_right))

    def figures(self) -> dict[str, float]:
        """Return the figures by name.

        `area`, `link`, `other` are intersection over union; `center` is the F1 of the digits' centers, `small`,
        `middle` and `large` their recall by height; `height_off` is the mean error of log2 of the height, `up` the
        share within 45 degrees and `printed` the accuracy, of the cells of digits.
        """
        figures = {name: self._shared[name] / max(1, self._joined[name]) for name in _AREAS}
        figures["center"] = float(2 * self._n_right.sum() / max(1, self._n_found + self._n_true.sum()))
        figures |= dict(zip(_SIZES, (self._n_right / np.maximum(self._n_true, 1)).tolist(), strict=True))
        n_cells = max(1, self._n_cells)
        figures |= {"height_off": self._off / n_cells, "up": self._n_up / n_cells}
        return {name: float(value) for name, value in (figures | {"printed": self._n_printed / n_cells}).items()}


_AREAS = {"area": Channel.AREA, "link": Channel.LINK, "other": Channel.OTHER}


def find_peaks(centers: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return the (row, column) of each local maximum of the centers' logits (h, w) above 0, the highest first."""
    highest = cv2.dilate(np.ascontiguousarray(centers), np.ones((3, 3), np.uint8))
    peaks = np.argwhere((centers >= highest) & (centers > _LEAST_PEAK))
    return peaks[np.argsort(-centers[peaks[:, 0], peaks[:, 1]], kind="stable")]


def match_centers(
    maps: NDArray[np.float32], targets: NDArray[np.float32]
) -> tuple[NDArray[np.float64], int, NDArray[np.float64]]:
    """Return how many digits of each size were found, how many peaks there are, and how many digits of each size.

    A peak, the highest first, finds the nearest digit that is not found yet, within half of its height. Peaks in cells
    that are ignored do not count.
    """
    is_known = targets[..., N_CHANNELS + Channel.CENTER] > 0
    true = np.argwhere((targets[..., Channel.CENTER] == 1) & is_known)
    heights_px = UNIT_HEIGHT_PX * 2 ** targets[true[:, 0], true[:, 1], Channel.HEIGHT]
    sizes = np.digitize(heights_px, (_SMALL_PX, _LARGE_PX))
    peaks = [peak for peak in find_peaks(maps[..., Channel.CENTER]) if is_known[tuple(peak)]]
    right, is_free = np.zeros(3), np.ones(len(true), bool)
    for peak in peaks:
        away = np.hypot(*(true - peak).T) * CELL_PX / heights_px
        away[~is_free] = np.inf
        if len(away) and away.min() <= _MOST_AWAY_FRAC:
            nearest = int(away.argmin())
            is_free[nearest] = False
            right[sizes[nearest]] += 1
    return right, len(peaks), np.bincount(sizes, minlength=3).astype(np.float64)
