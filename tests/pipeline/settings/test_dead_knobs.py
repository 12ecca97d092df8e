"""No dead knobs: each field of the settings, moved to one of its limits, changes what its own stage makes."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pipeline.decoding.compare_with_seen import compare_with_seen
from pipeline.decoding.constraints.allowed_numbers import form_allowed_numbers
from pipeline.decoding.constraints.constraint import Constraint
from pipeline.decoding.lattice_decoder import combine_page, find_paths, form_numbers, group_digits
from pipeline.decoding.named_signs import Sign, find_signs, join_at_signs
from pipeline.decoding.outliers import drop_edges, drop_outliers
from pipeline.decoding.reject import leave_out_improbable, reject_doubtful
from pipeline.decoding.signs import write_signs
from pipeline.detection.detect import find_digits, keep_digits
from pipeline.detection.page_network import Channel
from pipeline.errors import InputError
from pipeline.geometry import Box
from pipeline.images.load import load_pages
from pipeline.ink.binarize import binarize
from pipeline.ink.broken_strokes import join_broken_strokes
from pipeline.ink.components import find_components
from pipeline.ink.illumination import darken_ink, estimate_paper
from pipeline.ink.rulings import remove_rulings
from pipeline.layout.between_digits import Between, look_between
from pipeline.layout.skew import list_turns
from pipeline.layout.text_lines import find_lines
from pipeline.live.line_scheduler import LineScheduler
from pipeline.live.tracker import Tracker
from pipeline.reading.hypotheses import LINE_HYPOTHESES, PAGE_HYPOTHESES, measure_score
from pipeline.reading.prepare import prepare_page
from pipeline.reading.run_stages import StageRunner
from pipeline.reading.stage_timer import StageTimer
from pipeline.reading.stages import Stages
from pipeline.recognition.column_classes import COLUMN_CLASSES, OTHER
from pipeline.recognition.line_images import LineImage
from pipeline.recognition.normalize import normalize_spans
from pipeline.recognition.segment import build_lattice
from pipeline.recognition.span_scores import weigh_seen
from pipeline.settings.tree import Settings
from pipeline.types import InkMask, Page, PageInk, Reading, TextLine
from tests.support.drawing import make_lattice, make_line, make_reader, make_scores
from tests.support.pdfs import make_pdf
from tests.support.seen_digits import BlockNetwork, draw_block, see
from tests.support.sightings import read_as
from tests.support.varied_pages import draw, take_stages

TOP = Path(__file__).resolve().parents[3]
DEFAULTS = replace(Settings(), signs=replace(Settings().signs, is_enabled=True))
FIELDS = {f"{s.name}.{k.name}": (s.name, k) for s in fields(Settings) for k in fields(getattr(DEFAULTS, s.name))}

ELSEWHERE = {
    "track.lost_after_s": "tests/pipeline/live/test_streams.py::test_a_stream_that_stays_away_ends_the_run",
}
"""Fields that no stage's function takes, and the test that shows each alive."""


def decode_pictures(s: Settings) -> Iterator[Any]:
    for shape in ((1100, 1000), (9, 9)):
        yield measure_pages(cv2.imencode(".png", np.full(shape, 255, np.uint8))[1].tobytes(), s)
    yield measure_pages(make_pdf(), s)
    yield measure_pages(make_pdf(["", ""]), s)


def measure_pages(raw: bytes, s: Settings) -> Any:
    try:
        return [page.gray.shape for page in load_pages(raw, s.images)]
    except InputError as error:
        return error.code


def even_light(s: Settings) -> Iterator[Any]:
    page = Page(draw("two inks"))
    yield darken_ink(page, s.illumination).gray
    yield estimate_paper(page.gray, s.illumination)
    yield from weigh_hypotheses(s)


def find_page_rulings(s: Settings) -> Iterator[Any]:
    for name in ("form", "skewed paper", "hook"):
        yield remove_rulings(take_stages(name).ink, take_stages(name).darkness, s.rulings)
    yield from weigh_hypotheses(s)


def find_skew(s: Settings) -> Iterator[Any]:
    for name in ("skewed paper", "turned"):
        yield list_turns(take_stages(name).ink, take_stages(name).lines, s.skew)
    yield from weigh_hypotheses(s)


def weigh_hypotheses(s: Settings) -> Iterator[Any]:
    """Yield which second looks at a page are worth trying, and what each must gain."""
    runner = StageRunner(make_reader(), s, StageTimer(0.0))
    for readings in ((), (read_as("4758", sure=0.95),)):
        bare = np.zeros((9, 9), np.uint8)
        ink = PageInk(Page(bare), bare, bare, InkMask(bare), InkMask(bare.copy()), has_rulings=True)
        best = Stages(ink, take_stages("text").lines, paths=((),), readings=readings)
        hypotheses = (*LINE_HYPOTHESES, *PAGE_HYPOTHESES)
        yield [(h.is_worth_trying(best, runner), h.least_gain(s, 1.0)) for h in hypotheses]


def drop_what_does_not_fit(s: Settings) -> Iterator[Any]:
    for name in ("mess", "cup"):
        seen = take_stages(name)
        yield drop_outliers(seen.paths, s.outliers)
        yield drop_edges(seen.readings, seen.paper, seen.page.gray.shape, s.outliers)


def group_numbers(s: Settings) -> Iterator[Any]:
    seen = take_stages("signs")
    for linked, has_ink in ((None, False), (0.0, False), (0.0, True), (0.5, True), (1.0, True)):
        link = None if linked is None else (lambda *_, answer=(linked, has_ink): Between(*answer, False))
        yield form_numbers(seen.paths, range(len(seen.lines)), s.decode, s.outliers, s.number_groups, link)
    ink, darkness = np.zeros((40, 100), np.uint8), np.full((40, 100), 55, np.uint8)
    ink[:30, 48:50], darkness[:, 70:72] = 255, 65
    for left in (20, 55):
        before, after = Box(left, 0, left + 10, 40), Box(left + 30, 0, left + 40, 40)
        yield look_between(0.5, ink, darkness, before, after, s.number_groups)


def decode_line(s: Settings) -> Iterator[Any]:
    lattice = make_lattice(3, (0, 1), (1, 2), (0, 2))
    scores = make_scores({"4": 0.6, "-": 0.3}, {"7": 0.5, "-": 0.4}, {"2": 0.3, "-": 0.2})
    by_line = np.log(np.full((3, 11), 0.05))
    paths = find_paths([lattice], scores, s.decode)
    yield paths
    yield find_paths([lattice], scores, s.decode, [by_line])
    readings = form_numbers(paths, [1], s.decode, s.outliers, s.number_groups)
    yield readings
    yield measure_score(readings, s.decode.doubtful)
    yield reject_doubtful([read_as("4"), read_as("58", sure=0.7)], s.decode)
    yield reject_doubtful([read_as("1")], s.decode)
    yield leave_out_improbable(reject_doubtful([read_as("4"), read_as("58", sure=0.7)], s.decode), s.decode)
    scored = [lattice], scores, s.decode, [by_line]
    page = group_digits(find_paths(*scored), [1], s.outliers, s.number_groups)
    known = Constraint(values=("31", "5"))
    yield form_allowed_numbers(page, [lattice], combine_page(*scored), known, s.decode, s.number_groups)


def detect(s: Settings) -> Iterator[Any]:
    """Yield how pages with small, large digits are prepared, what is looked at, and what is wanted."""
    for height in (12, 40, 150):
        page = np.full((1000, 900), 255, np.uint8)
        for left in (100, 300, 500):
            draw_block(page, left, 300, height)
        network = BlockNetwork()
        runner = StageRunner(replace(make_reader(), page_network=network), s, StageTimer(0.0))
        yield prepare_page(Page(page), runner).gray.shape, network.seen
    seen = see((80, 200), (20, 40), (60, 40))
    yield keep_digits(InkMask(np.full((80, 200), 255, np.uint8)), seen, s.detection).ink
    lattice = make_lattice(3, (0, 1), (1, 2), (0, 2))
    yield weigh_seen([lattice], [np.zeros((3, 11))], seen, s.detection.weight)
    for printed in (False, True):
        told = see((80, 200), (20, 40), printed=printed)
        yield compare_with_seen([read_as("7", 10, 20)], told, s.detection)
    lost = see((80, 400), (20, 40), (80, 40))
    lost.maps[Channel.LINK] *= 0.5
    yield compare_with_seen([read_as("7", 10, 20)], lost, s.detection)
    maps = see((80, 200), (20, 40), (100, 40)).maps
    yield len(find_digits(maps, 1, s.detection).scores)


def write_number_signs(s: Settings) -> Iterator[Any]:
    image = LineImage(np.zeros((32, 40, 2), np.uint8), np.eye(2, 3))
    yield find_signs(
        image, np.full((20, len(COLUMN_CLASSES)), 0.5, np.float32) * (np.arange(25) == OTHER), s.signs.least_sure
    )
    plus = [Sign("+", Box(60, 100, 80, 105))]
    yield join_at_signs([read_as("7", 100, 100)], {1: plus}, s.signs)
    seen = take_stages("signs")
    yield write_signs(seen.readings, seen.cleared, seen.darkness, s.signs)


def schedule_lines(s: Settings) -> Iterator[Any]:
    lines = [TextLine(make_line((100, y, 120, y + 30), (130, y, 150, y + 30)).components, y) for y in (100, 200, 300)]
    yield [path is None for path in LineScheduler(s.track.frame_digits).recall(lines)]


def follow_numbers(s: Settings) -> Iterator[Any]:
    """Yield the reports on a video of all that may happen to a number: it comes, moves, changes, goes, comes back."""
    yield from schedule_lines(s)
    held = [read_as("42", 400, 300)]
    frames: list[list[Reading]] = [
        *[[read_as("917", 1225 - 9 * i, 100)] for i in range(20)],
        *[[read_as("55", 80 + 75 * i, 500, sure=0.7 + 0.02 * i)] for i in range(12)],
        *[held] * 12,
        *[[read_as("43", 400, 300)]] * 12,
        *[held, [read_as("12", 400, 300, sure=0.8, rejected=True)]] * 12,
        *[*[[read_as("88", 100, 600)]] * 2, [read_as("8", 100, 600, rejected=True)]] * 8,
        *[[]] * 75,
        *[[read_as("43", 400, 300)]] * 12,
    ]
    tracker, area = Tracker(s.track), Box(0, 0, 1280, 720)
    yield [tracker.update(readings, area, i + 1, i / 30) for i, readings in enumerate(frames)]


def on(stage: Callable[[Any, Settings], Any], *names: str) -> Callable[[Settings], Iterator[Any]]:
    """Return what yields that which a stage makes of the pages of these names, given what the stages before it made."""
    return lambda s: (stage(take_stages(name), s) for name in names)


STAGES: dict[str, Callable[[Settings], Iterator[Any]]] = {
    "images": decode_pictures,
    "illumination": even_light,
    "binarize": on(lambda seen, s: binarize(seen.darkness, s.binarize), "mess", "desk"),
    "rulings": find_page_rulings,
    "skew": find_skew,
    "orientation": weigh_hypotheses,
    "components": on(lambda seen, s: find_components(seen.cleared, seen.darkness, s.components), "mess", "two inks"),
    "broken_strokes": on(lambda seen, s: join_broken_strokes(seen.broken, s.broken_strokes), "text"),
    "text_lines": on(lambda seen, s: find_lines(seen.components, s.text_lines), "text", "mess", "hook"),
    "segment": on(lambda seen, s: [build_lattice(line, s.segment) for line in seen.lines], "text"),
    "normalize": on(lambda seen, s: normalize_spans(seen.spans, s.normalize), "text"),
    "outliers": drop_what_does_not_fit,
    "number_groups": group_numbers,
    "decode": decode_line,
    "detection": detect,
    "signs": write_number_signs,
    "track": follow_numbers,
}
"""For each stage of the settings, what yields that which its functions make, each of another small input."""


def describe(made: Any) -> Hashable:
    """Return all that a stage made, so that two can be compared."""
    if isinstance(made, np.ndarray):
        return made.shape, made.tobytes()
    if is_dataclass(made):
        return tuple(describe(getattr(made, field.name)) for field in fields(made))
    return tuple(map(describe, made)) if isinstance(made, list | tuple) else made


@cache
def run_by_default(stage: str) -> list[Hashable]:
    return [describe(made) for made in STAGES[stage](DEFAULTS)]


def test_every_field_is_tried_or_has_a_test_elsewhere() -> None:
    assert set(STAGES) == {stage.name for stage in fields(Settings)}
    assert set(ELSEWHERE) <= set(FIELDS)


@pytest.mark.parametrize("name", ELSEWHERE)
def test_test_elsewhere_sets_the_field(name: str) -> None:
    path, test = ELSEWHERE[name].split("::")
    function = re.search(rf"^def {test}\(.*?(?=^\S|\Z)", (TOP / path).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert function and name.split(".")[1] in function[0]


@pytest.mark.parametrize("name", [name for name in FIELDS if name not in ELSEWHERE])
def test_knob_is_alive(name: str) -> None:
    stage, knob = FIELDS[name]
    low, high = (type(knob.default)(knob.metadata[limit]) for limit in ("low", "high"))
    for limit in (low, high):
        moved = replace(DEFAULTS, **{stage: replace(getattr(DEFAULTS, stage), **{knob.name: limit})})
        made = map(describe, STAGES[stage](moved))
        if any(new != usual for new, usual in zip(made, run_by_default(stage), strict=True)):
            return
    pytest.fail(f"{name} changes nothing, from {low} to {high}")
