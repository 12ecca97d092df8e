"""Pages that lie on their side, stand on their head or are mirrored: turned back, where they are surer read so.

Cameras mark how they were held (EXIF), scanners and messengers often do not. Digits on their side are mostly refused or
read with doubt, so reading itself tells: a page whose digits are sure as it is is not turned.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.types import Page


def turn_page(page: Page, n_quarters: int) -> Page:
    """Return the page turned `n_quarters` (1 to 3) quarters counterclockwise, `to_source` carried along."""
    height, width = page.gray.shape
    back = {
        1: [[0, -1, width - 1], [1, 0, 0], [0, 0, 1]],
        2: [[-1, 0, width - 1], [0, -1, height - 1], [0, 0, 1]],
        3: [[0, 1, 0], [-1, 0, height - 1], [0, 0, 1]],
    }[n_quarters]
    gray: NDArray[np.uint8] = np.ascontiguousarray(np.rot90(page.gray, n_quarters))
    turned_deg = (page.turned_deg + 90 * n_quarters) % 360
    return replace(page, gray=gray, to_source=page.to_source @ np.array(back, np.float64), turned_deg=turned_deg)


def mirror_page(page: Page) -> Page:
    """Return the page with left and right swapped, `to_source` carried along."""
    back = np.array([[-1, 0, page.gray.shape[1] - 1], [0, 1, 0], [0, 0, 1]], np.float64)
    return replace(page, gray=np.ascontiguousarray(page.gray[:, ::-1]), to_source=page.to_source @ back)
