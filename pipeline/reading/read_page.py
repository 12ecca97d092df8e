"""The spine: one page in, its numbers out, every stage in order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from pipeline.decoding.lattice_decoder import find_paths, form_numbers, measure_merit
from pipeline.decoding.outliers import drop_edges
from pipeline.decoding.page_confidence import doubt_together
from pipeline.decoding.signs import write_signs
from pipeline.geometry import Box
from pipeline.ink.binarize import binarize
from pipeline.ink.broken_strokes import join_pieces
from pipeline.ink.components import find_components
from pipeline.ink.illumination import darken_ink, estimate_paper, flatten_light, invert, shrink
from pipeline.ink.light_on_dark import turn_plates
from pipeline.ink.rulings import remove_rulings
from pipeline.ink.shadows import clear_edges, find_patches, lift_shadows
from pipeline.layout.orientation import QUARTERS, turn_page
from pipeline.layout.skew import deskew, list_turns, measure_skew
from pipeline.layout.text_lines import find_lines
from pipeline.reading.hypotheses import choose_turn, is_doubtful
from pipeline.reading.stage_timer import Clock
from pipeline.reading.stages import LineMemory, Stages, StageTaker
from pipeline.recognition.classify import Classifier
from pipeline.recognition.line_images import cut_strips
from pipeline.recognition.normalize import normalize_spans
from pipeline.recognition.segment import build_lattice
from pipeline.recognition.span_scores import find_joints, weigh_lattice
from pipeline.settings.tree import Settings
from pipeline.types import N_DIGITS, DigitScores, InkMask, Page, PageReading, Reading

_GRID_HEIGHTS = 6
"""Ink so many times taller than the tallest line without rulings is no digit."""

_SEVERAL = 2
"""Sure digits that a page must show more for what was taken for ink to be a shadow."""


def read_page(
    page: Page,
    classifier: Classifier,
    settings: Settings | None = None,
    trace: StageTaker | None = None,
    memory: LineMemory | None = None,
) -> PageReading:
    """Return the numbers on a page, in reading order, their boxes in px of the upright original.

    Parameters
    ----------
    page : the picture, from `load_pages`; or `Page(gray)` for a uint8 array (H, W)
    classifier : from `load_classifier`
    settings : defaults where None
    trace : takes in every stage, such as `trace.Trace`, which writes pictures of them; None for nobody
    memory : knows what some lines show, so that they need not be read; None where all are
    """
    s = settings or Settings()
    clock = Clock(page.decode_s)
    page = darken_ink(page, s.illumination)
    clock.lap("light")
    best = _read_as_it_lies(page, classifier, s, clock, memory)
    if not best.readings and s.illumination.inverse == 1:  # the ink may be a dark card, and its numbers bright
        bright = _read_as_it_lies(invert(page), classifier, s, clock, memory)
        if any(r.status == "accepted" for r in doubt_together(bright.readings, s.decode)):
            best, page = bright, invert(page)
    if len(best.batch) and is_doubtful(best.readings, s.turn):
        turns = [_read_as_it_lies(turn_page(page, n), classifier, s, clock) for n in QUARTERS]
        best = choose_turn(best, turns, s.turn, s.decode)
    if classifier.n_classes > N_DIGITS and s.rulings.read_twice:
        best = _lift_shadows(best, classifier, s, clock)
    if s.signs.reported:
        best = replace(best, readings=write_signs(best.readings, best.cleared, best.darkness, s.signs, s.decode))
        clock.lap("signs")
    best = replace(best, readings=doubt_together(best.readings, s.decode))
    if trace is not None:
        trace.write(best)
    placed = _place(best.readings, best.page)
    size_px, turned_deg = page.source_size_px, best.page.turned_deg
    return PageReading(page.source, page.number, size_px, placed, classifier.name, clock.seconds(), turned_deg)


def _read_as_it_lies(
    page: Page, classifier: Classifier, s: Settings, clock: Clock, memory: LineMemory | None = None
) -> Stages:
    """Return all stages of a page whose writing runs more or less from left to right."""
    ways = _find_ways(page, s, clock)
    if classifier.n_classes > N_DIGITS and s.rulings.read_twice:
        ways = [way for own in ways for way in (own, *_keep_rulings(own, s, clock))]
    if memory:
        ways = [replace(way, recalled=tuple(memory.recall(way.lines))) for way in ways]
    best = _choose(_read_ways(ways, classifier, s, clock), s)
    if memory:
        memory.keep(best.lines, best.known, best.paths)
    return best


def _read_ways(ways: list[Stages], classifier: Classifier, s: Settings, clock: Clock) -> list[Stages]:
    """Return the ways with the numbers of their text lines, all candidates of all ways in one batch."""
    ways = _build_lattices(ways, classifier, s, clock)
    spans = [[span for lattice in way.lattices for span in lattice.spans] for way in ways]
    batch = normalize_spans([span for part in spans for span in part], s.normalize)
    clock.lap("normalize")
    probabilities = classifier.classify(batch).probabilities
    clock.lap("classify")
    ends = np.cumsum([len(part) for part in spans])
    parts = zip(ways, np.split(batch, ends[:-1]), np.split(probabilities, ends[:-1]), strict=True)
    read = [_decide(replace(way, batch=own, scores=DigitScores(rows)), s) for way, own, rows in parts]
    clock.lap("decide")
    return read


def _find_ways(page: Page, s: Settings, clock: Clock) -> list[Stages]:
    """Return the page's text lines, each of the ways that it may have to be turned to run level first, then as it lies.

    Where writing and rulings disagree, and where a page is turned at all, reading decides. A small turn is for the
    rulings alone: where none are found after it, what looked like them was a sheet's edges, and the page stays.
    """
    level = _find_lines(page, s, clock)
    turns = list_turns(level.ink, level.lines, s.skew)
    clock.lap("skew")
    ways = [(skew_deg, _level(page, skew_deg, s, clock)) for skew_deg in turns]
    return [*(way for skew_deg, way in ways if abs(skew_deg) >= s.skew.least_deg or way.cleared is not way.ink), level]


def _level(page: Page, skew_deg: float, s: Settings, clock: Clock) -> Stages:
    """Return the text lines of the page turned level, by what is left of its skew as well.

    Writing may run aslant of the rulings; they can be taken out only while they are level.
    """
    turned = deskew(page, skew_deg)
    page_frac = math.sqrt(page.gray.size / turned.gray.size)  # the sheet grew, its rulings did not
    shorter = replace(
        s.rulings,
        least_length_frac=max(0.05, s.rulings.least_length_frac * page_frac),
        lone_length_frac=max(0.05, s.rulings.lone_length_frac * page_frac),
        whole_page_frac=max(0.2, s.rulings.whole_page_frac * page_frac),
    )
    s = replace(s, rulings=shorter)
    stages = _find_lines(turned, s, clock)
    rest_deg = measure_skew(stages.lines, s.skew)
    least_deg = s.skew.least_ruled_deg if stages.cleared is stages.ink else s.skew.least_deg
    if abs(rest_deg) >= least_deg:
        stages = _find_lines(deskew(page, skew_deg + rest_deg), s, clock)
    return stages


def _build_lattices(ways: list[Stages], classifier: Classifier, s: Settings, clock: Clock) -> list[Stages]:
    """Return the ways with the lattices of their lines, and what the line network, if there is one, says of them."""
    if classifier.line_reader is None:
        ways = [replace(way, lattices=tuple(build_lattice(line, s.segment) for line in way.unread)) for way in ways]
        clock.lap("segment")
        return ways
    strips = [[cut_strips(line, way.darkness) for line in way.unread] for way in ways]
    shown = iter(classifier.line_reader.read([strip for way in strips for line in way for strip in line]))
    clock.lap("read lines")
    built = []
    for way, own in zip(ways, strips, strict=True):
        rows = [[next(shown) for _ in line] for line in own]
        lattices = tuple(
            build_lattice(line, s.segment, find_joints(part, told), part[0].slant)
            for line, part, told in zip(way.unread, own, rows, strict=True)
        )
        evidence = tuple(map(weigh_lattice, lattices, own, rows))
        looked_at, shown_by = tuple(chain(*own)), tuple(chain(*rows))
        built.append(replace(way, lattices=lattices, evidence=evidence, strips=looked_at, shown=shown_by))
    clock.lap("segment")
    return built


def _find_lines(page: Page, s: Settings, clock: Clock) -> Stages:
    """Return the page's ink and text lines: the stages before and after the page is turned upright."""
    paper = estimate_paper(shrink(page.gray, s.illumination), s.illumination)
    clock.lap("light")
    return _find_ink(page, paper, None, s, clock)


def _find_ink(
    page: Page, paper: NDArray[np.uint8], edges: NDArray[np.uint8] | None, s: Settings, clock: Clock
) -> Stages:
    """Return the stages from the brightness of the bare paper on; the page's ink is darker than that."""
    darkness = flatten_light(page.gray, paper)
    clock.lap("light")
    ink = binarize(darkness, s.binarize)
    if edges is not None:
        ink = InkMask(clear_edges(ink.ink, edges))
    clock.lap("binarize")
    ink, darkness = turn_plates(ink, darkness, s.plates)
    clock.lap("plates")
    cleared = remove_rulings(ink, darkness, s.rulings)
    clock.lap("rulings")
    return _group(Stages(page, paper, darkness, ink, cleared), s, clock)


def _lift_shadows(best: Stages, classifier: Classifier, s: Settings, clock: Clock) -> Stages:
    """Return the page read once more with narrow shadows lifted, if there may be any and several more digits show."""
    read = [d.box for r in best.readings for d in r.digits if d.confidence >= s.decode.reject_below]
    patches = find_patches(best.ink.ink, read, s.illumination)
    clock.lap("light")
    if patches is None:
        return best
    small = shrink(best.page.gray, s.illumination)
    paper, edges = lift_shadows(small, best.paper, patches, s.illumination)
    (way,) = _read_ways([_find_ink(best.page, paper, edges, s, clock)], classifier, s, clock)
    gain = measure_merit(way.readings, s.decode) - measure_merit(best.readings, s.decode)
    return way if gain >= _SEVERAL * (1 - s.decode.doubtful) else best


def _keep_rulings(stages: Stages, s: Settings, clock: Clock) -> list[Stages]:
    """Return the page once more with nothing taken out, if anything was: what looked like a ruling may be digits.

    A network without a class for what is no digit is sure of every ruling, and is not asked.
    """
    if stages.cleared is stages.ink:
        return []
    kept = _group(replace(stages, cleared=stages.ink), s, clock)
    usual_px = max((line.height_px for line in stages.lines), default=math.inf)
    if any(c.box.height > _GRID_HEIGHTS * usual_px for line in kept.lines for c in line.components):
        return []  # the writing is one with a grid; cutting that into candidate digits takes long and finds none
    return [kept]


def _group(stages: Stages, s: Settings, clock: Clock) -> Stages:
    """Return the stages with the text lines of the cleared ink."""
    components = join_pieces(find_components(stages.cleared, stages.darkness, s.components), s.pieces)
    clock.lap("components")
    lines = find_lines(components, s.lines)
    clock.lap("lines")
    return replace(stages, lines=lines)


def _decide(stages: Stages, s: Settings) -> Stages:
    """Return the stages with the numbers that their scores make most probable."""
    read = iter(find_paths(stages.lattices, stages.scores, s.decode, stages.evidence))
    paths = tuple(next(read) if path is None else path for path in stages.known)
    readings = form_numbers(paths, [line.number for line in stages.lines], s.decode, s.strays, s.numbers)
    readings = drop_edges(readings, stages.paper, stages.page.gray.shape, s.strays)
    return replace(stages, paths=paths, readings=readings)


def _choose(ways: list[Stages], s: Settings) -> Stages:
    """Return the way that read the page best; of ways to turn it, the first where all read alike.

    With its rulings in, a page counts only where it was read without them, for a ruling alone looks like a 1.
    """
    blank = {id(way.page) for way in ways if way.cleared is not way.ink and not way.readings}
    sure = [way for way in ways if way.cleared is not way.ink or id(way.page) not in blank]
    return max(sure, key=lambda way: measure_merit(way.readings, s.decode))


def _place(readings: Sequence[Reading], page: Page) -> tuple[Reading, ...]:
    """Return the readings with their boxes moved from page px to px of the upright original."""
    boxes = iter(_map_boxes([b for r in readings for b in (r.box, *(d.box for d in r.digits))], page))
    return tuple(
        replace(r, box=next(boxes), digits=tuple(replace(d, box=next(boxes)) for d in r.digits)) for r in readings
    )


def _map_boxes(boxes: Sequence[Box], page: Page) -> list[Box]:
    """Return the upright boxes around the mapped corners, inside the picture and at least one px each way."""
    sides = np.array([box.as_list() for box in boxes], np.float64).reshape(-1, 4)
    corners = np.array([(x, y) for x in (0, 2) for y in (1, 3)])
    points = sides[:, corners] - 0.5  # (boxes, 4, 2), px, whose centers are whole
    mapped = points @ page.to_source[:2, :2].T + page.to_source[:2, 2] + 0.5
    low, high = np.floor(mapped.min(axis=1) + 1e-6), np.ceil(mapped.max(axis=1) - 1e-6)
    low, high = np.clip(low, 0, np.array(page.source_size_px) - 1), np.clip(high, 1, page.source_size_px)
    return [Box(*map(int, side)) for side in np.hstack([low, np.maximum(high, low + 1)])]
