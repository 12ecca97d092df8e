"""The spine: one page in, its numbers out, every stage in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from pipeline.decoding.constraints.allowed_numbers import keep_allowed
from pipeline.decoding.constraints.constraint import Constraint
from pipeline.decoding.named_signs import join_at_signs, list_signs
from pipeline.decoding.reject import leave_out_improbable, reject_doubtful
from pipeline.decoding.signs import write_signs
from pipeline.geometry import Box
from pipeline.images.pictures import Channels, make_page
from pipeline.reading.hypotheses import is_mirrored, read_best
from pipeline.reading.prepare import prepare_page
from pipeline.reading.run_stages import StageRunner
from pipeline.reading.stage_timer import StageTimer
from pipeline.reading.stages import LineMemory, Stages
from pipeline.recognition.classify import Classifier
from pipeline.settings.tree import Settings
from pipeline.types import Page, PageReading, Reading

_MIRRORED = (
    "the picture looks mirrored, or its writing shines through from the back: its numbers are rejected; take it again "
    "without mirroring, or from the other side"
)
_CUT_SHORT = (
    "it holds so much that may be writing that not every way to read it was tried: where numbers are missing, give the "
    "part of it that holds them (--roi), turned upright"
)


def read_page(
    page: Page | Any,
    classifier: Classifier,
    settings: Settings | None = None,
    channels: Channels | None = None,
    constraint: Constraint | None = None,
) -> PageReading:
    """Return the numbers on a page, in reading order, their boxes in px of the upright original.

    Parameters
    ----------
    page : from `load_pages`; or a picture in memory, as for `make_page`
    classifier : from `load_classifier`; one may be used from several threads
    settings : defaults where None
    channels : "bgr" or "rgb", for a color array
    constraint : what all numbers of the page obey; None where nothing is known

    Raises
    ------
    PictureTypeError
        If `page` is neither; the message shows the call that works.
    """
    if not isinstance(page, Page):
        page = make_page(page, (settings or Settings()).images, channels)
    return make_page_reading(analyze_page(page, classifier, settings, constraint=constraint), classifier.name)


def analyze_page(
    page: Page,
    classifier: Classifier,
    settings: Settings | None = None,
    memory: LineMemory | None = None,
    constraint: Constraint | None = None,
    part: Callable[[Sequence[Reading], Page], Sequence[Reading]] | None = None,
    keeps_improbable: bool = False,
) -> Stages:
    """Return what every stage made of a page, its numbers among them: for traces, training and live reading.

    Parameters
    ----------
    page, classifier, settings, constraint : as for `read_page`
    memory : knows what some lines show, so that they need not be read; None where all are, as under a constraint
    part : parts numbers, whose boxes are in px of the page given with them, before it is decided which are rejected
    keeps_improbable : whether improbable numbers stay: where it is known that there are numbers. They stay under a
        constraint, too
    """
    s = settings or Settings()
    timer = StageTimer(page.decode_s)
    runner = StageRunner(classifier, s, timer)
    page = prepare_page(page, runner)
    timer.lap("light")
    stages = read_best(page, runner, None if constraint else memory)
    if constraint:
        stages = runner.constrain(stages, constraint)
    readings = stages.readings
    if s.signs.is_enabled:
        readings = write_signs(readings, stages.ink.cleared, stages.ink.darkness, s.signs)
        by_line = {line.number: list_signs(path) for line, path in zip(stages.lines, stages.paths, strict=True)}
        readings = join_at_signs(readings, by_line, s.signs)
        if constraint:
            readings = keep_allowed(stages.readings, readings)
        timer.lap("signs")
    if part is not None:
        readings = tuple(part(readings, stages.ink.page))
    decided = reject_doubtful(readings, s.decode, is_mirrored(stages.hypothesis))
    if not (keeps_improbable or constraint):
        decided = leave_out_improbable(decided, s.decode)
    return replace(stages, readings=decided, seconds=timer.seconds(), is_cut_short=runner.is_cut_short)


def note_reading(reading: PageReading) -> str | None:
    """Return what the user should know of how a page was read; None for nothing."""
    if is_mirrored(reading.hypothesis):
        return _MIRRORED
    return _CUT_SHORT if reading.is_cut_short else None


def make_page_reading(stages: Stages, model: str) -> PageReading:
    """Return the numbers of a page that was analyzed, their boxes in px of the upright original."""
    page = stages.ink.page
    readings = _place(stages.readings, page)
    return PageReading(
        page.source,
        page.number,
        page.source_size_px,
        readings,
        model,
        stages.seconds,
        page.turned_deg,
        stages.hypothesis,
        is_cut_short=stages.is_cut_short,
    )


def _place(readings: Sequence[Reading], page: Page) -> tuple[Reading, ...]:
    """Return the readings with their boxes moved from page px to px of the upright original.

    On a page that was leveled the upright box around a number's turned box is larger than its digits: it is the box
    around the boxes of its digits and signs instead.
    """
    boxes = iter(_map_boxes([b for r in readings for b in (*(d.box for d in r.digits), *r.signs)], page))
    placed = []
    for reading in readings:
        digits = tuple(replace(digit, box=next(boxes)) for digit in reading.digits)
        signs = tuple(next(boxes) for _ in reading.signs)
        box = Box.around([*(digit.box for digit in digits), *signs])
        placed.append(replace(reading, box=box, digits=digits, signs=signs))
    return tuple(placed)


def _map_boxes(boxes: Sequence[Box], page: Page) -> list[Box]:
    """Return the upright boxes around the mapped corners, inside the picture and at least one px each way."""
    sides = np.array([box.as_list() for box in boxes], np.float64).reshape(-1, 4)
    corners = np.array([(x, y) for x in (0, 2) for y in (1, 3)])
    points = sides[:, corners] - 0.5  # (boxes, 4, 2), px, whose centers are whole
    mapped = points @ page.to_source[:2, :2].T + page.to_source[:2, 2] + 0.5
    low, high = np.floor(mapped.min(axis=1) + 1e-6), np.ceil(mapped.max(axis=1) - 1e-6)
    low, high = np.clip(low, 0, np.array(page.source_size_px) - 1), np.clip(high, 1, page.source_size_px)
    return [Box(*map(int, side)) for side in np.hstack([low, np.maximum(high, low + 1)])]
