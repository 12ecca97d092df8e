"""The spine: one page in, its numbers out, every stage in order."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.binarize import binarize
from pipeline.classify import Classifier
from pipeline.components import find_components
from pipeline.decode import decode
from pipeline.illumination import estimate_paper, flatten_light, measure_polarity, shrink
from pipeline.lines import find_lines
from pipeline.normalize import normalize_spans
from pipeline.pieces import join_pieces
from pipeline.rulings import remove_rulings
from pipeline.segment import build_lattice
from pipeline.settings import Settings
from pipeline.skew import deskew, measure_skew
from pipeline.strays import drop_edges
from pipeline.trace import Stages, Trace
from pipeline.types import Box, Page, PageReading, Reading


def read_page(
    page: Page, classifier: Classifier, settings: Settings | None = None, trace: Trace | None = None
) -> PageReading:
    """Return the numbers on a page, in reading order, their boxes in px of the upright original.

    Parameters
    ----------
    page : the picture, from `load_pages`; or `Page(gray)` for a uint8 array (H, W)
    classifier : from `load_classifier`
    settings : defaults where None
    trace : where to write a picture of every stage; None writes nothing
    """
    s = settings or Settings()
    clock = _Clock(page.decode_s)
    stages = _find_ink(page, s, clock)
    skew_deg = measure_skew(stages.lines, s.skew)
    if abs(skew_deg) >= s.skew.least_deg:
        stages = _find_ink(deskew(page, skew_deg), s, clock)
    lattices = tuple(build_lattice(line, s.segment) for line in stages.lines)
    clock.lap("segment")
    batch = normalize_spans([span for lattice in lattices for span in lattice.spans], s.normalize)
    clock.lap("normalize")
    scores = classifier.classify(batch)
    clock.lap("classify")
    readings = decode(lattices, scores, s.decode, s.strays, s.numbers)
    readings = drop_edges(readings, stages.paper, stages.page.gray.shape, s.strays)
    clock.lap("decide")
    if trace is not None:
        trace.write(replace(stages, lattices=lattices, batch=batch, scores=scores, readings=readings))
    placed = tuple(_place(reading, stages.page) for reading in readings)
    return PageReading(page.source, page.number, page.source_size_px, placed, classifier.name, clock.seconds())


def _find_ink(page: Page, s: Settings, clock: _Clock) -> Stages:
    """Return the page's ink and text lines: the stages before and after the page is turned upright."""
    gray, small = page.gray, shrink(page.gray, s.illumination)
    if not measure_polarity(small, s.illumination):
        gray, small = cv2.bitwise_not(gray), cv2.bitwise_not(small)
    paper = estimate_paper(small, s.illumination)
    darkness = flatten_light(gray, paper)
    clock.lap("light")
    ink = binarize(darkness, s.binarize)
    clock.lap("binarize")
    cleared = remove_rulings(ink, darkness, s.rulings)
    clock.lap("rulings")
    components = join_pieces(find_components(cleared, darkness, s.components), s.pieces)
    clock.lap("components")
    lines = find_lines(components, s.lines)
    clock.lap("lines")
    return Stages(page, paper, darkness, ink, cleared, lines)


class _Clock:
    """Seconds spent per stage, stages that run twice added up."""

    def __init__(self, decode_s: float) -> None:
        self._spent = {"decode": decode_s}
        self._last = perf_counter()

    def lap(self, stage: str) -> None:
        """Book the time since the last lap to a stage."""
        now = perf_counter()
        self._spent[stage] = self._spent.get(stage, 0.0) + now - self._last
        self._last = now

    def seconds(self) -> dict[str, float]:
        """Return seconds per stage and their total."""
        return {**self._spent, "total": sum(self._spent.values())}


def _place(reading: Reading, page: Page) -> Reading:
    """Return the reading with its boxes moved from page px to px of the upright original."""
    digits = tuple(replace(d, box=_map_box(d.box, page.to_source, page.source_size_px)) for d in reading.digits)
    return replace(reading, box=_map_box(reading.box, page.to_source, page.source_size_px), digits=digits)


def _map_box(box: Box, to_source: NDArray[np.float64], size_px: tuple[int, int]) -> Box:
    """Return the upright box around the mapped corners, inside the picture and at least one px each way."""
    xs, ys = np.array([box.left, box.right - 1]), np.array([box.top, box.bottom - 1])
    half = np.array([-0.5, 0.5])
    corners = np.array([(x, y, 1.0) for x in xs + half for y in ys + half])
    mapped = (corners @ to_source.T)[:, :2] + 0.5
    low, high = np.floor(mapped.min(axis=0) + 1e-6), np.ceil(mapped.max(axis=0) - 1e-6)
    left, top = (int(np.clip(n, 0, size - 1)) for n, size in zip(low, size_px, strict=True))
    right, bottom = (int(np.clip(n, 1, size)) for n, size in zip(high, size_px, strict=True))
    return Box(left, top, max(right, left + 1), max(bottom, top + 1))
