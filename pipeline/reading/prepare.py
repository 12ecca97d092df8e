"""A page made easy to read: at the scale that suits its digits, its ink darker than its paper."""

from __future__ import annotations

from pipeline.ink.illumination import darken_ink
from pipeline.layout.skew import rescale
from pipeline.reading.run_stages import StageRunner
from pipeline.types import Page


def prepare_page(page: Page, runner: StageRunner) -> Page:
    """Return the page at a scale at which its digits are easily read, and with its ink dark.

    Without a page network, or where it sees no digit, the scale stays.
    """
    s = runner.settings.detection
    found = runner.detect(page)
    if found is None or not len(found.scores):
        return darken_ink(page, runner.settings.illumination)
    prepared = page
    if found.digit_height_px > s.tallest_px or found.digit_height_px < s.lowest_px:
        most = (runner.settings.images.most_work_mpx * 1e6 / page.gray.size) ** 0.5
        factor = min(s.wanted_px / found.digit_height_px, s.most_enlarged, most)
        prepared = rescale(page, factor)
        found = found.rescale(factor)
    darkened = darken_ink(prepared, runner.settings.illumination)
    runner.remember(darkened, found)
    return darkened
