"""Where the digits of a page are, how tall, which way up, printed or by hand, and which belong to one number."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.detection.detection import Detection
from pipeline.detection.page_network import CELL_PX, UNIT_HEIGHT_PX, Channel, PageNetwork
from pipeline.page_scale import resize_area
from pipeline.settings.detection import DetectionSettings
from pipeline.types import InkMask

_WANTED_HEIGHT_PX = 36.0
"""Digit height that the network sees best: the middle of what it was trained on."""

_TALL_HEIGHT_PX = 48.0
"""Digits that a small look shows are so tall in the larger one that follows."""

_LEAST_SEEN_PX, _MOST_SEEN_PX = 20.0, 90.0
"""Digits lower or taller than that are looked at once more, at another scale."""

_SURE = 0.5
"""Score of a digit that is surely seen."""

_NEAR_HEIGHTS = 0.4
"""Two peaks nearer than that are one digit."""

_LONGEST = 10
"""Times its short side: a strip that is longer is looked at as large as one of this length."""

_MOST_ENLARGED = 2.0
"""A page that is enlarged more shows nothing new."""

_MORE = 1.3
"""Times the cover of another look: heights are off by a tenth."""

_N_LOOKS, _LOOK_STEP = 3, 2.4
"""Looks at a page, and how much smaller each next one is: digits from a fortieth of its height to nearly all of it."""

_ALIKE_OCTAVES = 0.3
"""A look at a scale that differs by less shows the same."""


def keep_digits(ink: InkMask, detection: Detection, settings: DetectionSettings) -> InkMask:
    """Return the ink of a page without what lies where no digit is seen."""
    wider_px = settings.wider_frac * detection.digit_height_px
    area = detection.paint_area(ink.ink.shape, settings.least_area, wider_px)
    return InkMask(cv2.bitwise_and(ink.ink, area))


def detect_digits(gray: NDArray[np.uint8], network: PageNetwork, settings: DetectionSettings) -> Detection:
    """Return the digits of a page uint8 (H, W).

    The page is looked at small and larger, as `_look_small_first` says. It is looked at once more, at the scale that
    suits the digits seen, where that is another; or larger, where nothing is seen but an inkling.
    """
    side = min(max(gray.shape), _LONGEST * min(gray.shape))
    most = min(_MOST_ENLARGED, (settings.most_mpx * 1e6 / gray.size) ** 0.5)
    scales = [min(most, settings.side_px / _LOOK_STEP**step / side) for step in range(_N_LOOKS)]
    found = _look_small_first(gray, network, scales, settings)
    if not len(found.scores):
        if found.maps[Channel.AREA].max(initial=0) < settings.least_area:
            return found
        wanted = 2 * settings.side_px / side
    elif _LEAST_SEEN_PX <= found.seen_height_px <= _MOST_SEEN_PX:
        return found
    else:
        wanted = _WANTED_HEIGHT_PX / found.digit_height_px
    scale = min(wanted, most)
    if abs(np.log2(scale / (found.cells_per_px * CELL_PX))) < _ALIKE_OCTAVES:
        return found
    return _choose(detect_at(gray, network, scale, settings), found)


def _look_small_first(
    gray: NDArray[np.uint8], network: PageNetwork, scales: Sequence[float], settings: DetectionSettings
) -> Detection:
    """Return the digits of a page that is looked at `scales` times as large as it is, the largest one first.

    It is looked at small first; larger only where no digits are surely seen, or low ones: these are brought to a height
    at which still lower ones are seen as well. The look whose digits cover more of the page is believed, a smaller one
    only if its digits are tall enough to be seen there, and at least half as sure.
    """
    usual, reduced = scales[0], min(1.0, scales[0])
    base = _resize(gray, reduced)

    def look(scale: float) -> Detection:
        return detect_at(base, network, scale / reduced, settings).rescale(1 / reduced)

    smaller = [look(scale) for scale in scales[1:]]
    found = _believe(smaller)
    if found.surest < _SURE or found.seen_height_px < _LEAST_SEEN_PX:
        return _believe([look(usual), *smaller])
    if found.seen_height_px < _WANTED_HEIGHT_PX:
        return _believe([look(min(usual, _TALL_HEIGHT_PX / found.digit_height_px)), *smaller])
    return found


def _believe(looks: Sequence[Detection]) -> Detection:
    """Return the look that is believed, of those at a page from the largest to the smallest."""
    found = looks[0]
    for smaller in looks[1:]:
        if smaller.seen_height_px >= _LEAST_SEEN_PX and 2 * smaller.surest >= found.surest:
            found = _choose(found, smaller)
    return found


def _choose(usual: Detection, other: Detection) -> Detection:
    """Return the look whose digits cover plainly more of the page, each counted as far as it is sure."""
    covers = [float(one.scores @ one.heights_px**2) for one in (usual, other)]
    return other if covers[1] > _MORE * covers[0] else usual


def detect_at(gray: NDArray[np.uint8], network: PageNetwork, scale: float, settings: DetectionSettings) -> Detection:
    """Return the digits of a page that is looked at `scale` times as large as it is."""
    maps = np.ascontiguousarray(network.predict(_resize(gray, scale)).transpose(2, 0, 1))
    for channel in (Channel.AREA, Channel.CENTER, Channel.LINK, Channel.OTHER, Channel.PRINTED):
        maps[channel] = 1 / (1 + np.exp(-np.clip(maps[channel], -30, 30)))
    return find_digits(maps, scale / CELL_PX, settings)


def _resize(gray: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """Return a page `scale` times as large, uint8 (H, W), 8 px at least each way."""
    if scale == 1:
        return np.ascontiguousarray(gray)
    height, width = (max(8, round(side * scale)) for side in gray.shape)
    if scale < 1:
        return resize_area(gray, (width, height))
    enlarged: NDArray[np.uint8] = cv2.resize(gray, (width, height), interpolation=cv2.INTER_CUBIC)
    return enlarged


def find_digits(maps: NDArray[np.float32], cells_per_px: float, settings: DetectionSettings) -> Detection:
    """Return the digits in maps: peaks of the centers, of two near ones the higher."""
    peaks = maps[Channel.CENTER]
    is_peak = (peaks >= cv2.dilate(peaks, np.ones((3, 3), np.uint8))) & (peaks > settings.least_peak)
    rows, columns = np.nonzero(is_peak)
    order = np.argsort(-peaks[rows, columns], kind="stable")[: settings.most_digits]
    rows, columns = rows[order], columns[order]
    centers = np.column_stack([columns, rows]).astype(np.float64) + 0.5
    heights: NDArray[np.float64] = (
        UNIT_HEIGHT_PX / CELL_PX * np.exp2(maps[Channel.HEIGHT, rows, columns].astype(np.float64))
    )
    kept: list[int] = []
    for at in range(len(rows)):
        apart = np.hypot(*(centers[kept] - centers[at]).T)
        if not (apart < _NEAR_HEIGHTS * np.minimum(heights[kept], heights[at])).any():
            kept.append(at)
    ups = maps[[Channel.UP_X, Channel.UP_Y]][:, rows, columns].T.astype(np.float64)
    ups /= np.maximum(np.hypot(*ups.T), 1e-6)[:, None]
    scores = peaks[rows, columns].astype(np.float64)
    return Detection(
        maps, cells_per_px, centers[kept] / cells_per_px, heights[kept] / cells_per_px, ups[kept], scores[kept]
    )
