"""A ruled table as a page of its own: flat, its lines level and upright."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.tables.grid import Grid
from pipeline.tables.mesh import Points
from pipeline.types import Page

_MARGIN_HEIGHTS = 0.6
"""Paper around the table: digits may leave its cells."""

_STRAY_PX = 2
"""A line may stray from its place by so much."""

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
        flat = self._cut(page.gray, width, height)
        self._paint_lines_out(flat)
        self.page = Page(flat, page.source, page.number)

    def _cut(self, gray: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
        columns, rows = (np.arange(0, side + 2 * _STEP_PX, _STEP_PX) for side in (width, height))
        points = self.to_page(np.stack(np.meshgrid(columns, rows), axis=-1).astype(np.float64)).astype(np.float32)
        enlarge = np.array([[_STEP_PX, 0, 0], [0, _STEP_PX, 0]], np.float64)
        x, y = (cv2.warpAffine(np.ascontiguousarray(points[..., at]), enlarge, (width, height)) for at in (0, 1))
        flat: NDArray[np.uint8] = cv2.remap(gray, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return flat

    def _paint_lines_out(self, flat: NDArray[np.uint8]) -> None:
        """Paint over the lines of the table, in place, with what lies on both sides: strokes that cross them stay."""
        grid, reach = self._grid, math.ceil(self._grid.thickness_px / 2) + _STRAY_PX
        xs, ys = np.rint(grid.xs - self._corner[0]).astype(int), np.rint(grid.ys - self._corner[1]).astype(int)
        for row, column in np.argwhere(grid.level_walls):
            _bridge(flat[:, xs[column] : xs[column + 1] + 1], ys[row], reach)
        for row, column in np.argwhere(grid.upright_walls):
            _bridge(flat[ys[row] : ys[row + 1] + 1].T, xs[column], reach)

    def straighten(self, points: Points) -> Points:
        """Return where points (..., 2) px of the flat picture lie on the straight table of the grid."""
        return points + self._corner

    def to_page(self, points: Points) -> Points:
        """Return where points (..., 2) px of the flat picture lie on the page, px."""
        return self._grid.bend(points + self._corner)

    def to_source(self, points: Points) -> Points:
        """Return where points (..., 2) px of the flat picture lie on the upright original, px."""
        return map_to_source(self.to_page(points), self._page)


def _bridge(gray: NDArray[np.uint8], row: int, reach_px: int) -> None:
    """Replace the rows within `reach_px` of a row by what lies between those above and below them, in place."""
    top, bottom = max(0, row - reach_px - 1), min(len(gray) - 1, row + reach_px + 1)
    share = np.linspace(0, 1, bottom - top + 1)[:, None]
    gray[top : bottom + 1] = np.rint(gray[top] * (1 - share) + gray[bottom] * share).astype(np.uint8)


def map_to_source(points: Points, page: Page) -> Points:
    """Return where points (..., 2) px of a page lie on the upright original, px."""
    mapped: Points = points @ page.to_source[:2, :2].T + page.to_source[:2, 2]
    return mapped
