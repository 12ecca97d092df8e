"""Which text lines of a frame are read in it, and which are recalled from frames before: the work for each is bounded.

Nothing here looks at a picture or a clock: from the same lines the same ones are always read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box, measure_overlap, move_box
from pipeline.robust_stats import median
from pipeline.types import Pick, TextLine

_SAME_OVERLAP = 0.3
"""Boxes of two frames that share so much hold the same line: specks at its ends come and go."""

_LEAST_THERE, _REACH_HEIGHTS = 0.6, 0.25
"""Of its components, the share that must be where it has moved to, give or take so much of its height."""

_HASTE_FRAMES = 15
"""A line that has been read so often with nothing confirmed is in no hurry any more."""

_URGENT = 3
"""A line in a hurry is as urgent as another that waits so many times longer."""

_LENGTH_PRICE = 0.1
"""Price, in digits, of a stretch of line as long as it is high."""

_SETTLED_SHARE = 1 / 3
"""Of what is read in a frame, how much may be lines that are in no hurry."""


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """A line of the latest frame.

    Attributes
    ----------
    place : where it was, px of the page
    centers : of its components, float64 (N, 2), px of the page
    path : what it was read as, there; None before it is read for the first time
    n_waited : frames since then
    n_hasty : how often it was read while something on it had yet to be confirmed
    """

    place: Box
    centers: NDArray[np.float64]
    path: Sequence[Pick] | None
    n_waited: int
    n_hasty: int


class LineScheduler:
    """Lets lines take turns: what is new, or has yet to be confirmed, is read before what is known.

    Frames are to be read in one way each, as with the settings of live reading.

    Parameters
    ----------
    most_digits : read in one frame, unless a single line has room for more

    Attributes
    ----------
    unsettled : set before each frame: where numbers are that have yet to be confirmed, px of the page
    recalled : numbers of the lines that the latest frame did not read
    """

    def __init__(self, most_digits: float) -> None:
        self._most_digits = most_digits
        self._lines: list[_Line] = []
        self._before: list[_Line | None] = []  # of each line that was asked for, the one in the latest frame
        self._n_frames = 0
        self.unsettled: Sequence[Box] = ()
        self.recalled: frozenset[int] = frozenset()

    def recall(self, lines: Sequence[TextLine]) -> list[Sequence[Pick] | None]:
        """Return what each line of a frame is known to show, moved to where it is now; None for those to be read."""
        known = self._before = self._find(lines)
        is_hasty = [self._is_hasty(line, before) for line, before in zip(lines, known, strict=True)]
        urgency = [_measure_urgency(before, hasty) for before, hasty in zip(known, is_hasty, strict=True)]
        in_turn = [(i - self._n_frames) % len(lines) for i in range(len(lines))]
        paths: list[Sequence[Pick] | None] = [
            _move(before, line) if before else [] for line, before in zip(lines, known, strict=True)
        ]
        total = 0.0
        for i in sorted(range(len(lines)), key=lambda i: (-urgency[i], in_turn[i])):
            most, cost = self._most_digits * (1 if is_hasty[i] else _SETTLED_SHARE), estimate_cost(lines[i])
            if total == 0 or total + cost <= most:
                paths[i] = None
                total += cost
        return paths

    def _is_hasty(self, line: TextLine, before: _Line | None) -> bool:
        """Return whether the line may show what has yet to be confirmed, and has not been read for that in vain."""
        if before is None or before.path is None:
            return True
        return before.n_hasty < _HASTE_FRAMES and self._is_unsettled(line)

    def keep(self, lines: Sequence[TextLine], known: Sequence[object], paths: Sequence[Sequence[Pick]]) -> None:
        """Remember the lines of a frame: what was known of them before it was read, and what is now."""
        self._n_frames += 1
        self.recalled = frozenset(line.number for line, path in zip(lines, known, strict=True) if path is not None)
        kept = []
        for line, before, path in zip(lines, self._before, paths, strict=True):
            is_read, is_unsettled = line.number not in self.recalled, self._is_unsettled(line)
            n_waited = 0 if is_read else 1 + (before.n_waited if before else 0)
            n_hasty = (before.n_hasty if before else 0) + is_read if is_unsettled else 0
            shown = path if is_read or (before and before.path is not None) else None
            kept.append(_Line(line.box, _list_centers(line), shown, n_waited, n_hasty))
        self._lines = kept

    def _find(self, lines: Sequence[TextLine]) -> list[_Line | None]:
        """Return for each line the one that was there in the latest frame; none is taken for two."""
        shared = [
            (overlap, i, j)
            for i, place in enumerate([line.box for line in lines])
            for j, other in enumerate(self._lines)
            if (overlap := measure_overlap(place, other.place)) >= _SAME_OVERLAP
        ]
        found: list[_Line | None] = [None] * len(lines)
        taken: set[int] = set()
        for _, i, j in sorted(shared, reverse=True):
            if found[i] is None and j not in taken and _is_there(self._lines[j], lines[i]):
                found[i] = self._lines[j]
                taken.add(j)
        return found

    def _is_unsettled(self, line: TextLine) -> bool:
        own = line.box
        return any(own.measure_shared(place) for place in self.unsettled)


def _measure_urgency(before: _Line | None, is_hasty: bool) -> int:
    """Return how urgent a line is: the longer it has waited, the more, and a little more before it was ever read."""
    is_new, n_waited = before is None or before.path is None, before.n_waited if before else 0
    return (n_waited + 1) * (_URGENT if is_hasty else 1) + is_new


def estimate_cost(line: TextLine) -> float:
    """Return what it costs to read a line, in digits: as many as it has components, and a little for its length."""
    return len(line.components) + _LENGTH_PRICE * line.box.width / line.height_px


def _list_centers(line: TextLine) -> NDArray[np.float64]:
    return np.array([component.box.center for component in line.components], np.float64)


def _measure_steps(before: _Line, line: TextLine) -> NDArray[np.float64]:
    """Return how far the nearest component of now is from each of before, float64 (N, 2), px (x, y)."""
    steps = _list_centers(line)[None] - before.centers[:, None]
    nearest = np.hypot(steps[..., 0], steps[..., 1]).argmin(axis=1)
    found: NDArray[np.float64] = steps[np.arange(len(steps)), nearest]
    return found


def _find_shift(steps: NDArray[np.float64]) -> tuple[float, float]:
    return median(steps[:, 0]), median(steps[:, 1])


def _is_there(before: _Line, line: TextLine) -> bool:
    """Return whether most components of a line are there still, all moved alike and not far."""
    steps, reach = _measure_steps(before, line), _REACH_HEIGHTS * line.height_px
    shift = _find_shift(steps)
    stray = np.hypot(*(steps - shift).T)
    return bool(np.hypot(*shift) <= 2 * reach and np.mean(stray <= reach) >= _LEAST_THERE)


def _move(before: _Line, line: TextLine) -> list[Pick]:
    """Return what a line was read as, moved as most of its components have."""
    dx, dy = _find_shift(_measure_steps(before, line))
    return [replace(p, span=replace(p.span, box=move_box(p.span.box, dx, dy))) for p in before.path or ()]
