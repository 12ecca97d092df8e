"""A page made easy to read: upright, at the scale that suits its digits, its ink dark, as the page network tells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.detection.detect import Detection, detect_at, detect_digits
from pipeline.detection.page_network import CELL_PX, PageNetwork
from pipeline.ink.illumination import invert
from pipeline.layout.orientation import turn_page
from pipeline.layout.skew import deskew, rescale
from pipeline.settings.tree import Settings
from pipeline.types import Page


def straighten_page(page: Page, network: PageNetwork, settings: Settings) -> tuple[Page, Detection]:
    """Return the page upright, level, and at a scale at which its digits are easily read; and its digits."""
    s = settings.detection
    found = detect_digits(page.gray, network, s)
    if not len(found.scores):
        return page, found
    straight, up_deg = page, found.up_deg if settings.orientation.is_enabled else 0.0
    n_quarters = round(up_deg / 90)
    if n_quarters % 4:
        straight = turn_page(straight, n_quarters % 4)
    if settings.skew.is_enabled and abs(up_deg - 90 * n_quarters) >= s.least_turn_deg:
        straight = deskew(straight, up_deg - 90 * n_quarters)
    factor = 1.0
    if found.digit_height_px > s.tallest_px or found.digit_height_px < s.lowest_px:
        most = (settings.images.most_work_mpx * 1e6 / page.gray.size) ** 0.5
        factor = min(s.wanted_px / found.digit_height_px, s.most_enlarged, most)
        straight = rescale(straight, factor)
    if straight is not page:
        found = detect_at(straight.gray, network, found.cells_per_px * CELL_PX / factor, s)
    return (invert(straight) if has_bright_ink(straight.gray, found) else straight), found


def has_bright_ink(gray: NDArray[np.uint8], found: Detection) -> bool:
    """Return whether the digits are brighter than the paper around them, most of them."""
    votes = 0.0
    for (x, y), height, score in zip(found.centers, found.heights_px, found.scores, strict=True):
        reach = 0.7 * height
        top, bottom = max(0, int(y - reach)), int(y + reach) + 1
        left, right = max(0, int(x - reach)), int(x + reach) + 1
        patch = gray[top:bottom, left:right].astype(np.float32)
        if patch.size < 16:
            continue
        rows, columns = (side // 5 for side in patch.shape)
        inner = patch[rows : len(patch) - rows, columns : patch.shape[1] - columns]
        votes += float(score) * float(np.sign(np.mean(inner) - np.median(patch)))
    return votes > 0
