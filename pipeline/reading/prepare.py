"""A page made easy to read: at the scale that suits its digits, its ink darker than its paper."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.detection.detect import Detection, detect_at
from pipeline.detection.page_network import CELL_PX
from pipeline.ink.illumination import darken_ink, invert
from pipeline.layout.skew import rescale
from pipeline.reading.run_stages import StageRunner
from pipeline.types import Page

_LEAST_PX = 16
"""A smaller patch tells nothing."""


def prepare_page(page: Page, runner: StageRunner) -> Page:
    """Return the page at a scale at which its digits are easily read, and with its ink dark.

    Without a page network, or where it sees no digit, the scale stays, and the ink is what is thin.
    """
    s = runner.settings.detection
    found, network = runner.detect(page), runner.classifier.page_network
    if found is None or network is None or not len(found.scores):
        return darken_ink(page, runner.settings.illumination)
    prepared = page
    if found.digit_height_px > s.tallest_px or found.digit_height_px < s.lowest_px:
        most = (runner.settings.images.most_work_mpx * 1e6 / page.gray.size) ** 0.5
        factor = min(s.wanted_px / found.digit_height_px, s.most_enlarged, most)
        prepared = rescale(page, factor)
        found = detect_at(prepared.gray, network, found.cells_per_px * CELL_PX / factor, s)
    if has_bright_ink(prepared.gray, found):
        prepared = invert(prepared)
    runner.remember(prepared, found)
    return prepared


def has_bright_ink(gray: NDArray[np.uint8], found: Detection) -> bool:
    """Return whether the digits are brighter than the paper around them, most of them."""
    votes = 0.0
    for (x, y), height, score in zip(found.centers, found.heights_px, found.scores, strict=True):
        reach = 0.7 * height
        top, bottom = max(0, int(y - reach)), int(y + reach) + 1
        left, right = max(0, int(x - reach)), int(x + reach) + 1
        patch = gray[top:bottom, left:right].astype(np.float32)
        if patch.size < _LEAST_PX:
            continue
        rows, columns = (side // 5 for side in patch.shape)
        inner = patch[rows : len(patch) - rows, columns : patch.shape[1] - columns]
        votes += float(score) * float(np.sign(np.mean(inner) - np.median(patch)))
    return votes > 0
