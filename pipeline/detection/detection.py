"""The digits that the page network sees: what is asked of its maps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.detection.page_network import CELL_PX, Channel
from pipeline.geometry import Box
from pipeline.robust_stats import weighted_median
from pipeline.types import Span

_SEEN, _BESIDE = 0.3, 0.1
"""Score of a digit that may have been missed, and how far beside what was read its center lies, of its height."""

_MANY, _AGREED, _UPRIGHT_DEG = 60, 0.95, 20.0
"""Digits that tell the way up, the length of the mean of their unit vectors, and how far off upright it may point."""

_MOSTLY_AGREED, _ASLANT_DEG = 0.9, 30.0
"""The same of digits that seem to lie upright, however few."""

_N_SAMPLES = 9
"""Points along a link that are looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """The digits that the page network sees.

    Attributes
    ----------
    maps : float32 (8, h, w), in the order of `Channel`; AREA, CENTER, LINK, OTHER and PRINTED are probabilities
    cells_per_px : maps' cells to a px of the page
    centers : float64 (N, 2), x and y px of the page
    heights_px : float64 (N,), of the page
    ups : float64 (N, 2), unit vectors, y down
    scores : float64 (N,), 0..1, that it is a digit
    """

    maps: NDArray[np.float32]
    cells_per_px: float
    centers: NDArray[np.float64]
    heights_px: NDArray[np.float64]
    ups: NDArray[np.float64]
    scores: NDArray[np.float64]

    @property
    def digit_height_px(self) -> float:
        """Usual height of the digits, px of the page; 0 where there are none."""
        return weighted_median(self.heights_px, self.scores) if len(self.scores) else 0.0

    @property
    def surest(self) -> float:
        """Highest score of a digit; 0 where there are none."""
        return float(self.scores.max(initial=0))

    @property
    def seen_height_px(self) -> float:
        """Usual height of the digits in px of the picture that the network saw; 0 where there are none."""
        return self.digit_height_px * self.cells_per_px * CELL_PX

    @property
    def up_deg(self) -> float:
        """By how many degrees the writing is turned clockwise from upright, -180..180; 0 where there is none."""
        if not len(self.scores):
            return 0.0
        x, y = self.scores @ self.ups
        return float(np.degrees(np.arctan2(x, -y)))

    @property
    def agreement(self) -> float:
        """How far the digits' ways up agree, 0..1: the length of the mean of their unit vectors; 0 where none are."""
        return float(np.hypot(*(self.scores @ self.ups))) / float(self.scores.sum()) if len(self.scores) else 0.0

    @property
    def seems_upright(self) -> bool:
        """Whether there are digits that seem to lie upright: those on their head do, too; those on a side do not."""
        return self.agreement >= _MOSTLY_AGREED and abs(self.up_deg) <= _ASLANT_DEG

    @property
    def is_upright(self) -> bool:
        """Whether there are so many digits that their way up is beyond doubt, and the page lies so."""
        return len(self.scores) >= _MANY and self.agreement >= _AGREED and abs(self.up_deg) <= _UPRIGHT_DEG

    def list_missed(self, boxes: Sequence[Box]) -> NDArray[np.float64]:
        """Return the centers, float64 (N, 2) px of the page, of digits that are seen well enough beside all boxes."""
        sides = np.array([box.as_list() for box in boxes], np.float64).reshape(-1, 4)
        around = _BESIDE * self.heights_px[:, None]
        x, y = self.centers[:, :1], self.centers[:, 1:]
        is_in = (x >= sides[:, 0] - around) & (x <= sides[:, 2] + around)
        is_in &= (y >= sides[:, 1] - around) & (y <= sides[:, 3] + around)
        missed: NDArray[np.float64] = self.centers[~is_in.any(axis=1) & (self.scores >= _SEEN)]
        return missed

    def measure(self, box: Box) -> NDArray[np.float64]:
        """Return the means of all maps over the px of a box of the page, float64 (8,), in the order of `Channel`."""
        rows, columns = self._find_rows(box), self._find_columns(box)
        n_rows, n_columns = np.bincount(rows - rows[0]), np.bincount(columns - columns[0])
        cells = self.maps[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        means: NDArray[np.float64] = cells @ n_columns @ n_rows / (len(rows) * len(columns))
        return means

    def measure_spans(self, channel: Channel, spans: Sequence[Span]) -> NDArray[np.float64]:
        """Return the means of a map over the ink of one or more spans, float64 (N,)."""
        around = Box.around([span.box for span in spans])
        spread = self._spread(channel, around)
        means = []
        for span in spans:
            top, left = span.box.top - around.top, span.box.left - around.left
            own = spread[top : top + span.box.height, left : left + span.box.width]
            means.append(cv2.mean(own, span.mask if cv2.countNonZero(span.mask) else None)[0])
        return np.array(means)

    def _spread(self, channel: Channel, box: Box) -> NDArray[np.float32]:
        """Return a map's values at each px of a box of the page, float32 (h, w)."""
        spread: NDArray[np.float32] = self.maps[channel][self._find_rows(box)[:, None], self._find_columns(box)]
        return spread

    def _find_rows(self, box: Box) -> NDArray[np.int_]:
        """Return the row of the maps for each row of px of a box, ascending."""
        return self._find_cells(box.top, box.bottom, self.maps.shape[1])

    def _find_columns(self, box: Box) -> NDArray[np.int_]:
        return self._find_cells(box.left, box.right, self.maps.shape[2])

    def _find_cells(self, start: int, end: int, n_cells: int) -> NDArray[np.int_]:
        cells: NDArray[np.int_] = ((np.arange(start, end) + 0.5) * self.cells_per_px).astype(int)
        return np.clip(cells, 0, n_cells - 1)

    def measure_link(self, start: tuple[float, float], end: tuple[float, float]) -> float:
        """Return how probable it is that what stands at two places, px of the page, belongs to one number."""
        share = np.linspace(0, 1, _N_SAMPLES)[:, None]
        points = (np.array(start) * (1 - share) + np.array(end) * share) * self.cells_per_px - 0.5
        x, y = points.astype(np.float32).T
        values = cv2.remap(self.maps[Channel.LINK], x[None], y[None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return float(values[0, 1:-1].mean())

    def rescale(self, factor: float) -> Detection:
        """Return the same digits on a page that is `factor` times as large."""
        return replace(
            self,
            cells_per_px=self.cells_per_px / factor,
            centers=self.centers * factor,
            heights_px=self.heights_px * factor,
        )

    def turn(self, to_turned: NDArray[np.float64], shape: tuple[int, int]) -> Detection:
        """Return the same digits on a page that was turned a little.

        Parameters
        ----------
        to_turned : float64 (2, 3), px of the page to px of the turned one, a rotation and a shift
        shape : (H, W) of the turned page; nothing is seen where the page does not reach
        """
        scale = 1 / self.cells_per_px
        to_page = np.array([[scale, 0, scale / 2 - 0.5], [0, scale, scale / 2 - 0.5], [0, 0, 1]])
        matrix = (np.linalg.inv(to_page) @ np.vstack([to_turned, [0, 0, 1]]) @ to_page)[:2]
        rotation = to_turned[:, :2]
        size = tuple(math.ceil(side * self.cells_per_px) for side in shape[::-1])
        maps = np.stack([cv2.warpAffine(one, matrix, size, flags=cv2.INTER_LINEAR) for one in self.maps])
        ups = maps[[Channel.UP_X, Channel.UP_Y]]
        maps[[Channel.UP_X, Channel.UP_Y]] = np.tensordot(rotation.astype(np.float32), ups, axes=1)
        centers = (self.centers - 0.5) @ rotation.T + to_turned[:, 2] + 0.5
        return replace(self, maps=maps, centers=centers, ups=self.ups @ rotation.T)

    def enlarge(self, channel: Channel, shape: tuple[int, int]) -> NDArray[np.float32]:
        """Return a map at the size of the page, float32 (H, W)."""
        scale = 1 / self.cells_per_px
        to_page = np.array([[scale, 0, scale / 2 - 0.5], [0, scale, scale / 2 - 0.5]])
        full: NDArray[np.float32] = cv2.warpAffine(
            self.maps[channel], to_page, shape[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return full

    def paint_area(self, shape: tuple[int, int], threshold: float, wider_px: float) -> NDArray[np.uint8]:
        """Return where digits may be, uint8 (H, W) of the page, 255 there, widened by some px."""
        painted = (self.enlarge(Channel.AREA, shape) > threshold).astype(np.uint8) * 255
        reach = 2 * round(wider_px) + 1
        wider: NDArray[np.uint8] = cv2.dilate(painted, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
        return wider
