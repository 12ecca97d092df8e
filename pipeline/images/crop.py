"""A part of a page as a page of its own, whose boxes stay in px of the whole upright original."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from pipeline.errors import RegionError
from pipeline.region import Region
from pipeline.types import Page

_LEAST_SIDE_PX = 8
"""A part that is narrower or lower holds no digit."""


def crop_page(page: Page, region: Region) -> Page:
    """Return the part of a page that lies in a region; its boxes are mapped to px of the whole upright original.

    Parameters
    ----------
    page : from `load_pages` or `make_page`
    region : in px or percent of the upright original

    Raises
    ------
    RegionError
        If the region lies beyond the page, or what it leaves is too small to hold a digit.
    """
    box = region.find_box(page.source_size_px)
    edges = np.array([[box.left, box.right], [box.top, box.bottom], [1.5, 1.5]]) - 0.5  # px edges -> centers
    (x0, x1), (y0, y1) = np.sort((np.linalg.inv(page.to_source) @ edges)[:2] + 0.5, axis=1)
    height, width = page.gray.shape
    left, top = max(0, math.floor(x0 + 1e-6)), max(0, math.floor(y0 + 1e-6))
    right, bottom = min(width, math.ceil(x1 - 1e-6)), min(height, math.ceil(y1 - 1e-6))
    if min(right - left, bottom - top) < _LEAST_SIDE_PX:
        size = f"{box.width} x {box.height} px"
        raise RegionError(f"the region {region} leaves {size}, too few to hold a digit", "give a larger part of it")
    move = np.array([[1, 0, left], [0, 1, top], [0, 0, 1]], np.float64)
    return replace(page, gray=page.gray[top:bottom, left:right].copy(), to_source=page.to_source @ move)
