"""Chooses the text lines of a frame to read; the others are recalled from earlier frames, which bounds the work.

No picture and no clock is used: from the same lines the same ones are always chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.decoding.pick import Pick
from pipeline.geometry import Box, measure_overlap, move_box
from pipeline.robust_stats import median
from pipeline.types import TextLine

_SAME_OVERLAP = 0.3
"""Boxes of two frames that overlap this much may hold the same line, which may gain or lose specks at its ends."""

_LEAST_MATCHED_FRAC, _REACH_HEIGHTS = 0.6, 0.25
"""The fraction of its components that must be at their shifted places, within this many heights."""

_URGENT_FRAMES = 15
"""A line that was read this often with nothing confirmed is no longer urgent."""

_URGENT_FACTOR = 3
"""An urgent line has the priority of another one that has waited this many times longer."""

_LENGTH_COST = 0.1
"""Cost, in digits, of a part of a line that is as long as it is high."""

_SETTLED_FRAC = 1 / 3
"""Fraction of the work for a frame that lines which are not urgent may take."""


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """A line of the latest frame.

    Attributes
    ----------
    place : its box, px of the page
    centers : of its components, float64 (N, 2), px of the page
    path : its reading; None before the first one
    n_waited : frames since then
    n_urgent : how often it was read while a number on it was unconfirmed
    """

    place: Box
    centers: NDArray[np.float64]
    path: Sequence[Pick] | None
    n_waited: int
    n_urgent: int


class LineScheduler:
    """Chooses in each frame which lines to read: new and unconfirmed ones first, the others in turn.

    Each frame must be read under one hypothesis only, as with the settings of live reading.

    Parameters
    ----------
    most_digits : work per frame, in digits; a single line may exceed it

    Attributes
    ----------
    unsettled : boxes of the unconfirmed numbers, px of the page; to be set before each frame
    recalled : numbers of the lines that were not read in the latest frame
    """

    def __init__(self, most_digits: float) -> None:
        self._most_digits = most_digits
        self._lines: list[_Line] = []
        self._before: list[_Line | None] = []  # of each line of the present frame, the same line in the last one
        self._n_frames = 0
        self.unsettled: Sequence[Box] = ()
        self.recalled: frozenset[int] = frozenset()

    def recall(self, lines: Sequence[TextLine]) -> list[Sequence[Pick] | None]:
        """Return the known reading of each line of a frame, moved to its present place; None for lines to be read."""
        known = self._before = self._find(lines)
        is_urgent = [self._is_urgent(line, before) for line, before in zip(lines, known, strict=True)]
        priority = [_measure_priority(before, urgent) for before, urgent in zip(known, is_urgent, strict=True)]
        in_turn = [(i - self._n_frames) % len(lines) for i in range(len(lines))]
        paths: list[Sequence[Pick] | None] = [
            _move(before, line) if before else [] for line, before in zip(lines, known, strict=True)
        ]
        total = 0.0
        for i in sorted(range(len(lines)), key=lambda i: (-priority[i], in_turn[i])):
            most, cost = self._most_digits * (1 if is_urgent[i] else _SETTLED_FRAC), estimate_cost(lines[i])
            if total == 0 or total + cost <= most:
                paths[i] = None
                total += cost
        return paths

    def _is_urgent(self, line: TextLine, before: _Line | None) -> bool:
        """Return whether the line may hold an unconfirmed number and has not been read for it too often."""
        if before is None or before.path is None:
            return True
        return before.n_urgent < _URGENT_FRAMES and self._is_unsettled(line)

    def keep(self, lines: Sequence[TextLine], known: Sequence[object], paths: Sequence[Sequence[Pick]]) -> None:
        """Keep the lines of a frame.

        Parameters
        ----------
        lines : of the frame
        known : what `recall` returned for them
        paths : their readings
        """
        self._n_frames += 1
        self.recalled = frozenset(line.number for line, path in zip(lines, known, strict=True) if path is not None)
        kept = []
        for line, before, path in zip(lines, self._before, paths, strict=True):
            is_read, is_unsettled = line.number not in self.recalled, self._is_unsettled(line)
            n_waited = 0 if is_read else 1 + (before.n_waited if before else 0)
            n_urgent = (before.n_urgent if before else 0) + is_read if is_unsettled else 0
            reading = path if is_read or (before and before.path is not None) else None
            kept.append(_Line(line.box, _list_centers(line), reading, n_waited, n_urgent))
        self._lines = kept

    def _find(self, lines: Sequence[TextLine]) -> list[_Line | None]:
        """Return for each line the same line of the last frame, if it was there; each is assigned once."""
        shared = [
            (overlap, i, j)
            for i, place in enumerate([line.box for line in lines])
            for j, other in enumerate(self._lines)
            if (overlap := measure_overlap(place, other.place)) >= _SAME_OVERLAP
        ]
        found: list[_Line | None] = [None] * len(lines)
        assigned: set[int] = set()
        for _, i, j in sorted(shared, reverse=True):
            if found[i] is None and j not in assigned and _is_there(self._lines[j], lines[i]):
                found[i] = self._lines[j]
                assigned.add(j)
        return found

    def _is_unsettled(self, line: TextLine) -> bool:
        own = line.box
        return any(own.measure_shared(place) for place in self.unsettled)


def _measure_priority(before: _Line | None, is_urgent: bool) -> int:
    """Return the priority of a line: it grows with the wait, and is a little higher before the first reading."""
    is_new, n_waited = before is None or before.path is None, before.n_waited if before else 0
    return (n_waited + 1) * (_URGENT_FACTOR if is_urgent else 1) + is_new


def estimate_cost(line: TextLine) -> float:
    """Return the cost of reading a line, in digits: one per component, and a little for its length."""
    return len(line.components) + _LENGTH_COST * line.box.width / line.height_px


def _list_centers(line: TextLine) -> NDArray[np.float64]:
    return np.array([component.box.center for component in line.components], np.float64)


def _measure_steps(before: _Line, line: TextLine) -> NDArray[np.float64]:
    """Return the step from each earlier component to the nearest present one, float64 (N, 2), px (x, y)."""
    steps = _list_centers(line)[None] - before.centers[:, None]
    nearest = np.hypot(steps[..., 0], steps[..., 1]).argmin(axis=1)
    found: NDArray[np.float64] = steps[np.arange(len(steps)), nearest]
    return found


def _find_shift(steps: NDArray[np.float64]) -> tuple[float, float]:
    return median(steps[:, 0]), median(steps[:, 1])


def _is_there(before: _Line, line: TextLine) -> bool:
    """Return whether most components of a line are still there, moved by the same short shift."""
    steps, reach = _measure_steps(before, line), _REACH_HEIGHTS * line.height_px
    shift = _find_shift(steps)
    errors = np.hypot(*(steps - shift).T)
    return bool(np.hypot(*shift) <= 2 * reach and np.mean(errors <= reach) >= _LEAST_MATCHED_FRAC)


def _move(before: _Line, line: TextLine) -> list[Pick]:
    """Return the reading of a line, moved by the median step of its components."""
    dx, dy = _find_shift(_measure_steps(before, line))
    return [replace(p, span=replace(p.span, box=move_box(p.span.box, dx, dy))) for p in before.path or ()]
