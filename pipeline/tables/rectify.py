"""A ruled table as a page of its own: flat, its lines level and upright."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.tables.grid import Grid
from pipeline.tables.mesh import Points
from pipeline.types import Page

_MARGIN_HEIGHTS = 0.6
"""Paper around the table: digits may leave its cells."""

_STEP_PX = 8
"""The map from the flat table to the page is smooth: it is computed at every so many px."""


class FlatTable:
    """The flat picture of a table.

    Parameters
    ----------
    page : that the table is on
    grid : of the table, on that page
    digit_height_px : usual height of its digits, px of the page

    Attributes
    ----------
    page : the flat table, a page whose px are its source
    """

    def __init__(self, page: Page, grid: Grid, digit_height_px: float) -> None:
        margin = _MARGIN_HEIGHTS * digit_height_px
        self._grid, self._page = grid, page
        self._corner = np.floor([grid.xs[0] - margin, grid.ys[0] - margin])
        width, height = np.ceil([grid.xs[-1] + margin, grid.ys[-1] + margin] - self._corner).astype(int).tolist()
        self.page = Page(self._cut(page.gray, width, height), page.source, page.number)

    def _cut(self, gray: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
        columns, rows = (np.arange(0, side + 2 * _STEP_PX, _STEP_PX) for side in (width, height))
        points = self.to_page(np.stack(np.meshgrid(columns, rows), axis=-1).astype(np.float64)).astype(np.float32)
        enlarge = np.array([[_STEP_PX, 0, 0], [0, _STEP_PX, 0]], np.float64)
        x, y = (cv2.warpAffine(np.ascontiguousarray(points[..., at]), enlarge, (width, height)) for at in (0, 1))
        flat: NDArray[np.uint8] = cv2.remap(gray, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return flat

    def straighten(self, points: Points) -> Points:
        """Return where points (..., 2) px of the flat picture lie on the straight table of the grid."""
        return points + self._corner

    def to_page(self, points: Points) -> Points:
        """Return where points (..., 2) px of the flat picture lie on the page, px."""
        return self._grid.bend(points + self._corner)

    def to_source(self, points: Points) -> Points:
        """Return where points (..., 2) px of the flat picture lie on the upright original, px."""
        return map_to_source(self.to_page(points), self._page)


def map_to_source(points: Points, page: Page) -> Points:
    """Return where points (..., 2) px of a page lie on the upright original, px."""
    mapped: Points = points @ page.to_source[:2, :2].T + page.to_source[:2, 2]
    return mapped
