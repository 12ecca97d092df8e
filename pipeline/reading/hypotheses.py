"""Second looks at a page: each a hypothesis about how it is to be read, all judged by one score.

A page is read as it lies first. Each hypothesis says of the best reading so far whether it is worth trying, reads the
page under it, and wins if its score is higher by `least_gain`. The score adds up by how much each digit is surer than
doubtful, in sure digits: more digits win only if they are sure ones, and surer digits only if there are not too few.
Reading nothing scores 0, so that what scores less never wins.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from pipeline.decoding.compare_with_seen import OTHER
from pipeline.detection.page_network import Channel
from pipeline.ink.illumination import invert, measure_polarity_of_digits
from pipeline.layout.orientation import mirror_page, turn_page
from pipeline.layout.skew import deskew, list_turns, measure_skew
from pipeline.reading.run_stages import StageRunner
from pipeline.reading.stages import LineMemory, Stages, Trial
from pipeline.settings.tree import Settings
from pipeline.types import N_DIGITS, Digit, Page, PageInk, Reading, TextLine

AS_IT_LIES, MIRRORED = "as it lies", "mirrored"

_LEAST_TURNED = 0.85
"""Share of the digits seen before a turn that must be seen after it, each counted as far as it is sure."""

_GRID_HEIGHTS = 8
"""Ink so many times taller than the digits without rulings is a grid, no digit."""


_WAYS: tuple[tuple[tuple[str, Callable[[Page], Page]], ...], ...] = (
    tuple((f"turned by {90 * n} degrees", partial(turn_page, n_quarters=n)) for n in (1, 3)),
    (("turned by 180 degrees", partial(turn_page, n_quarters=2)),),
    ((MIRRORED, mirror_page),),
)
"""How a page may be held, and the page made so; those that are one another on its head stand together."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A second look at a page.

    Attributes
    ----------
    name : of the kind; what `read` yields names itself, as the trace and the page's reading have it
    is_worth_trying : whether the best stages so far leave room for it
    read : yields the page's stages for each way to try it; none where nothing would change
    least_gain : of the settings and the score to beat: by how much the page's score must be higher
    """

    name: str
    is_worth_trying: Callable[[Stages, StageRunner], bool]
    read: Callable[[Stages, StageRunner], Iterable[Stages]]
    least_gain: Callable[[Settings, float], float]


def read_best(page: Page, runner: StageRunner, memory: LineMemory | None = None) -> Stages:
    """Return the stages of the hypothesis that reads the page best."""
    return _try(_read_upright(page, runner, memory), PAGE_HYPOTHESES, runner)


def is_mirrored(hypothesis: str) -> bool:
    """Return whether a page was read with left and right swapped."""
    return hypothesis.startswith(MIRRORED)


def measure_score(readings: Sequence[Reading], doubtful: float) -> float:
    """Return by how much the digits are surer than `doubtful`, 0..1, summed up: 1 for each that is quite sure.

    Those of numbers that the page network takes for anything else tell nothing.
    """
    return sum(digit.confidence - doubtful for digit in _list_digits(readings)) / (1 - doubtful)


def _list_digits(readings: Sequence[Reading]) -> list[Digit]:
    """Return the digits of the numbers that the page network does not take for anything else."""
    return [digit for reading in readings if reading.flaw != OTHER for digit in reading.digits]


def _read_upright(page: Page, runner: StageRunner, memory: LineMemory | None = None) -> Stages:
    """Return the best stages of a page whose writing runs more or less from left to right."""
    ink = runner.find_ink(page)
    first = runner.read(ink, runner.find_lines(ink), memory)
    score = measure_score(first.readings, runner.settings.decode.doubtful)
    first = replace(first, hypothesis=AS_IT_LIES, trials=(Trial(AS_IT_LIES, score),))
    return replace(_try(first, LINE_HYPOTHESES, runner), unleveled=page)


def _try(best: Stages, hypotheses: Sequence[Hypothesis], runner: StageRunner) -> Stages:
    """Return the best stages after each hypothesis that is worth trying."""
    doubtful = runner.settings.decode.doubtful
    for hypothesis in hypotheses:
        if not (hypothesis.is_worth_trying(best, runner) and runner.allow_more()):
            continue
        score = max(0.0, measure_score(best.readings, doubtful))
        least = score + hypothesis.least_gain(runner.settings, score)
        tried = [(measure_score(stages.readings, doubtful), stages) for stages in hypothesis.read(best, runner)]
        trials = (*best.trials, *(Trial(stages.hypothesis, own) for own, stages in tried))
        highest, stages = max(tried, key=lambda one: one[0], default=(-math.inf, best))
        best = replace(stages if highest > least else best, trials=trials)
    return best


def _can_refuse(runner: StageRunner) -> bool:
    """Return whether the network has a class for what is no digit.

    One without is sure of every ruling and digit on its side, and its score says nothing of those.
    """
    return runner.classifier.n_classes > N_DIGITS


def _is_skewed(best: Stages, runner: StageRunner) -> bool:
    return runner.settings.skew.is_enabled and bool(best.lines)


def _read_leveled(best: Stages, runner: StageRunner) -> Iterator[Stages]:
    """Yield the page turned level by the skew of its rulings, and by that of its writing where they differ.

    A small turn is for the rulings alone: where none are found after it, what looked like them was a sheet's edge.
    """
    s = runner.settings.skew
    turns = list_turns(best.ink.ink, best.lines, s)
    runner.timer.lap("skew")
    for skew_deg in turns:
        if not runner.allow_more():
            return
        ink, lines = _level(best, skew_deg, runner)
        if abs(skew_deg) >= s.least_deg or ink.has_rulings:
            yield replace(runner.read(ink, lines), hypothesis=f"leveled by {skew_deg:.1f} degrees")


def _level(best: Stages, skew_deg: float, runner: StageRunner) -> tuple[PageInk, tuple[TextLine, ...]]:
    """Return ink and text lines of a page turned level, by what is left of its skew as well.

    Writing may run aslant of the rulings; they can be taken out only while they are level.
    """
    s, page = runner.settings, best.ink.page
    turned = _turn_level(best, skew_deg, runner)
    page_frac = math.sqrt(page.gray.size / turned.gray.size)  # the sheet grew, its rulings did not
    shorter = replace(
        s.rulings,
        least_length_frac=max(0.05, s.rulings.least_length_frac * page_frac),
        lone_length_frac=max(0.05, s.rulings.lone_length_frac * page_frac),
        whole_page_frac=max(0.2, s.rulings.whole_page_frac * page_frac),
    )
    settings = replace(s, rulings=shorter)
    ink = runner.find_ink(turned, settings=settings)
    lines = runner.find_lines(ink)
    rest_deg = measure_skew(lines, s.skew)
    if abs(rest_deg) >= (s.skew.least_deg if ink.has_rulings else s.skew.least_ruled_deg):
        ink = runner.find_ink(_turn_level(best, skew_deg + rest_deg, runner), settings=settings)
        lines = runner.find_lines(ink)
    return ink, lines


def _turn_level(best: Stages, skew_deg: float, runner: StageRunner) -> Page:
    """Return the page turned level; what was seen on it is turned with it."""
    page = best.ink.page
    turned = deskew(page, skew_deg)
    if best.detection is not None:
        to_turned = np.linalg.inv(turned.to_source) @ page.to_source
        runner.remember(turned, best.detection.turn(to_turned[:2], turned.gray.shape))
    return turned


def _has_rulings(best: Stages, runner: StageRunner) -> bool:
    """Return whether rulings were taken out beside what was read; a ruling alone looks like a 1."""
    is_tried = runner.settings.rulings.is_kept_tried and _can_refuse(runner)
    return is_tried and best.ink.has_rulings and bool(best.readings)


def _read_with_rulings(best: Stages, runner: StageRunner) -> Iterator[Stages]:
    """Yield the page with its rulings left in, unless the writing is one with a grid."""
    ink = runner.find_components(replace(best.ink, cleared=runner.keep_digits(best.ink.page, best.ink.ink)))
    lines = runner.find_lines(ink)
    most_px = _GRID_HEIGHTS * best.scale.digit_height_px
    if all(c.box.height <= most_px for line in lines for c in line.components):
        yield replace(runner.read(ink, lines), hypothesis="rulings kept")


def _may_be_bright(best: Stages, runner: StageRunner) -> bool:
    """Return whether what is thin where digits are seen is bright; without a page network, whether nothing was read."""
    s = runner.settings.illumination
    if s.inverse != 1:
        return False
    seen = best.detection
    if seen is None:
        return not best.readings
    if not len(seen.scores):
        return False
    return not measure_polarity_of_digits(best.ink.page.gray, seen.maps[Channel.AREA], seen.digit_height_px, s)


def _read_inverted(best: Stages, runner: StageRunner) -> Iterator[Stages]:
    """Yield the page with black for white: what was taken for ink may be a dark card, and its numbers bright."""
    page = invert(best.unleveled or best.ink.page)
    runner.look_at_scale_of(page, best.detection)
    yield _name_outer("black for white", _read_upright(page, runner))


def _is_doubtful(best: Stages, runner: StageRunner) -> bool:
    """Return whether the page may lie on its side or head: it has ink, and digits that are not sure, or none."""
    s = runner.settings.orientation
    confidences = [digit.confidence for digit in _list_digits(best.readings)]
    if best.detection is not None and best.detection.is_upright:
        return False
    is_sure = bool(confidences) and float(np.mean(confidences)) >= s.doubt_below
    return s.is_enabled and _can_refuse(runner) and bool(best.paths) and not is_sure


def _read_turned(best: Stages, runner: StageRunner) -> Iterator[Stages]:
    """Yield the page turned by one, three and two quarters, and with left and right swapped, each if it may lie so.

    Cameras may mirror what they see, and writing shines through from the back of a sheet. What reads best tells such a
    page from one on its head, which may seem sure as well: nothing else is tried once a page and the same on its head
    were, and one of them leaves no doubt.
    """
    page = best.unleveled or best.ink.page
    for ways in _WAYS:
        is_beyond_doubt = False
        for name, make in ways:
            other = make(page)
            if _may_lie(other, best, runner) and runner.allow_more():
                stages = _name_outer(name, _read_upright(other, runner))
                yield stages
                is_beyond_doubt |= not _is_doubtful(stages, runner)
        if is_beyond_doubt:
            return


def _may_lie(page: Page, best: Stages, runner: StageRunner) -> bool:
    """Return whether a turned or mirrored page is worth reading: digits that lie upright are seen as well as any."""
    before = best.detection
    if before is None:
        return True
    runner.look_at_scale_of(page, before)
    seen = runner.detect(page)
    return seen is None or (seen.seems_upright and seen.scores.sum() >= _LEAST_TURNED * before.scores.sum())


def _name_outer(name: str, stages: Stages) -> Stages:
    """Return the stages of a whole page under a hypothesis, named with the one for its lines that won, if one did."""
    inner = "" if stages.hypothesis == AS_IT_LIES else f", {stages.hypothesis}"
    return replace(stages, hypothesis=name + inner)


LINE_HYPOTHESES = (
    Hypothesis("leveled", _is_skewed, _read_leveled, lambda s, _: s.skew.least_gain),
    Hypothesis("rulings kept", _has_rulings, _read_with_rulings, lambda s, _: s.rulings.least_gain),
)
"""Second looks at a page as it is held."""

PAGE_HYPOTHESES = (
    Hypothesis("black for white", _may_be_bright, _read_inverted, lambda s, _: s.illumination.least_gain),
    Hypothesis("turned or mirrored", _is_doubtful, _read_turned, lambda s, score: max(s.orientation.least_gain, score)),
)
"""Second looks at the whole page; black for white and each turn are read under the hypotheses for lines as well."""
