"""Exact search of a lattice for the numbers that an acceptor allows.

The product of a lattice's cuts and the acceptor's states is followed cut by cut: the Viterbi path gives the best
allowed number, forward and backward sums its share of all readings. Weights are shares from the start: each span's
score relative to the sum over all that the lattice reads up to its end, allowed or not, so that no product leaves the
range of a float, and a state that no reading worth mention passes can be told at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.decoding.constraints.acceptor import Acceptor, accept_one
from pipeline.decoding.lattice_decoder import gather_shares
from pipeline.types import N_DIGITS, Lattice

SKIP = N_DIGITS
"""Label of a span that is passed over."""

_STROKE = 1
"""The digit that a slash, a parenthesis or a dash that stands upright looks like."""

_STROKE_PRICE = 2.0
"""Nats: what a stroke costs that is read as the sign that may stand there, not as the 1 it looks like."""

_LEAST_SHARE = 1e-9
"""Of all readings of a stretch: states with less are left out; what that loses is less by far than any price."""


_Arrived: TypeAlias = tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]
"""States, their shares, the shares of their best paths, and `_Front.back`."""


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Part of a lattice between two of its cuts, and how much each of its spans weighs.

    Attributes
    ----------
    spans : intp (N,), indices of the lattice's spans that lie in it
    firsts, lasts : intp (N,), their cuts, from 0 at its start
    weights : float64 (N, 11), share of the readings up to the span's end that read it as each digit, or pass it over
    n_cuts : number of cuts
    """

    spans: NDArray[np.intp]
    firsts: NDArray[np.intp]
    lasts: NDArray[np.intp]
    weights: NDArray[np.float64]
    n_cuts: int


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The best allowed number of a stretch.

    Attributes
    ----------
    digits : as text
    path : (index of the lattice's span, digit or `SKIP`), left to right
    rows : float32 (len(digits), 10), posterior of each digit among all that is allowed, where the path has one
    share : of the number, of all readings of the stretch
    allowed : share of all that is allowed
    empty : share of passing over everything
    """

    digits: str
    path: tuple[tuple[int, int], ...]
    rows: NDArray[np.float32]
    share: float
    allowed: float
    empty: float


@dataclass(frozen=True, slots=True, eq=False)
class _Front:
    """The states at one cut, sorted: their shares, and the share of the best path to each with its last step.

    `back` is intp (states, 4): cut and index of the state before, span within the stretch, label.
    """

    states: NDArray[np.intp]
    shares: NDArray[np.float64]
    best: NDArray[np.float64]
    back: NDArray[np.intp]

    def find(self, states: NDArray[np.signedinteger]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Return the index of each of some states, and whether it is here at all."""
        if not len(self.states):
            return np.zeros(states.shape, np.intp), np.zeros(states.shape, bool)
        at = np.minimum(np.searchsorted(self.states, states), len(self.states) - 1)
        return at, self.states[at] == states


def cut_stretch(lattice: Lattice, log_scores: NDArray[np.float64], first: int, last: int) -> Stretch:
    """Return the stretch of a lattice between cut `first` and cut `last`.

    Parameters
    ----------
    lattice : N spans
    log_scores : float64 (N, 11), log-scores of the spans as digits and as passed over
    first, last : cuts, first < last
    """
    ends = np.array([(span.first, span.last) for span in lattice.spans])
    spans = np.flatnonzero((ends[:, 0] >= first) & (ends[:, 1] <= last))
    return _weigh(spans, ends[spans] - first, log_scores)


def keep_path(lattice: Lattice, log_scores: NDArray[np.float64], found: Found) -> Stretch:
    """Return the stretch of a number without any other way to cut it than its path; parameters as for `cut_stretch`."""
    spans = np.array([i for i, _ in found.path], np.intp)
    return _weigh(spans, np.column_stack([np.arange(len(spans)), np.arange(1, len(spans) + 1)]), log_scores)


def _weigh(spans: NDArray[np.intp], ends: NDArray[np.intp], log_scores: NDArray[np.float64]) -> Stretch:
    """Return the stretch of some spans, their cuts intp (N, 2) counted from its start."""
    (firsts, lasts), last = ends.T, int(ends.max())
    totals = np.logaddexp.reduce(log_scores[spans], axis=1)
    ahead = np.full(last + 1, -np.inf)
    ahead[0] = 0
    for i in np.argsort(firsts, kind="stable"):
        ahead[lasts[i]] = np.logaddexp(ahead[lasts[i]], ahead[firsts[i]] + totals[i])
    weights = np.exp(log_scores[spans] + (ahead[firsts] - ahead[lasts])[:, None])
    return Stretch(spans, firsts, lasts, weights, len(ahead))


def measure_allowed(stretch: Stretch, acceptor: Acceptor) -> NDArray[np.float64]:
    """Return, for each cut, the share of allowed numbers of all readings from the stretch's start to it, float64."""
    fronts = _sweep(stretch, acceptor)
    return np.array([float(front.shares[acceptor.is_final[front.states]].sum()) for front in fronts])


def find_best_number(stretch: Stretch, acceptor: Acceptor) -> Found | None:
    """Return the best allowed number of a stretch and its share of all readings; None where there is none."""
    fronts = _sweep(stretch, acceptor)
    end = fronts[-1]
    is_final = acceptor.is_final[end.states]
    if not is_final.any():
        return None
    path = _trace(fronts, int(np.where(is_final, end.best, -1).argmax()))
    digits = "".join(str(label) for _, label in path if label != SKIP)
    allowed = float(end.shares[is_final].sum())
    empty = float(end.shares[0]) if end.states[0] == 0 else 0.0
    share = float(measure_allowed(stretch, accept_one(digits, acceptor))[-1])
    rows = _compute_rows(stretch, acceptor, fronts, path) / np.float32(allowed)
    spans = tuple((int(stretch.spans[i]), label) for i, label in path)
    return Found(digits, spans, np.minimum(rows, np.float32(1)), min(share, allowed), allowed, empty)


def _weigh_skip(stretch: Stretch, acceptor: Acceptor, span: int, states: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return what passing over a span weighs in each state; a stroke at a sign's place is that sign."""
    weights = stretch.weights[span]
    stroke = float(weights[SKIP] + np.exp(-_STROKE_PRICE) * weights[_STROKE])
    chosen: NDArray[np.float64] = np.where(acceptor.expects_sign[states], stroke, weights[SKIP])
    return chosen


def _sweep(stretch: Stretch, acceptor: Acceptor) -> list[_Front]:
    """Return the states of the acceptor at each cut."""
    first = (np.zeros(1, np.intp), np.ones(1), np.ones(1), np.full((1, 4), -1, np.intp))
    arriving: list[list[_Arrived]] = [[] for _ in range(stretch.n_cuts)]
    arriving[0].append(first)
    leaving = _list_leaving(stretch)
    fronts = []
    for cut in range(stretch.n_cuts):
        front = _merge(arriving[cut])
        fronts.append(front)
        if not len(front.states):
            continue
        after = acceptor.steps[front.states]
        origins, digits = np.nonzero(after >= 0)
        states = np.concatenate([front.states, after[origins, digits]])
        origins = np.concatenate([np.arange(len(front.states)), origins])
        labels = np.concatenate([np.full(len(front.states), SKIP), digits])
        for span in leaving[cut]:
            weights = stretch.weights[span, labels]
            weights[: len(front.states)] = _weigh_skip(stretch, acceptor, span, front.states)
            shares = front.shares[origins] * weights
            has_room = acceptor.n_left[states] < stretch.n_cuts - stretch.lasts[span]  # a digit takes a cut at least
            kept = np.flatnonzero((shares > _LEAST_SHARE) & (has_room | (states == 0)))
            back = np.empty((len(kept), 4), np.intp)
            back[:, 0], back[:, 1], back[:, 2], back[:, 3] = cut, origins[kept], span, labels[kept]
            best = front.best[origins[kept]] * weights[kept]
            arriving[stretch.lasts[span]].append((states[kept], shares[kept], best, back))
    return fronts


def _merge(arrived: Sequence[_Arrived]) -> _Front:
    """Return the states that arrived at a cut, each once: shares add up, the best step is kept."""
    if not arrived:
        return _Front(np.zeros(0, np.intp), np.zeros(0), np.zeros(0), np.zeros((0, 4), np.intp))
    columns = tuple(zip(*arrived, strict=True))
    states, back = np.concatenate(columns[0]), np.concatenate(columns[3])
    shares, best = np.concatenate(columns[1]), np.concatenate(columns[2])
    order = np.lexsort((-best, states))
    states = states[order]
    starts = np.flatnonzero(np.diff(states, prepend=-1))
    if not len(starts):
        return _Front(states, shares, best, back)
    return _Front(states[starts], np.add.reduceat(shares[order], starts), best[order][starts], back[order][starts])


def _list_leaving(stretch: Stretch) -> list[list[int]]:
    """Return the spans that begin at each cut."""
    leaving: list[list[int]] = [[] for _ in range(stretch.n_cuts)]
    for i, first in enumerate(stretch.firsts.tolist()):
        leaving[first].append(i)
    return leaving


def _trace(fronts: Sequence[_Front], at: int) -> list[tuple[int, int]]:
    """Return the best path to state number `at` of the last cut: (span within the stretch, label), left to right."""
    path, cut = [], len(fronts) - 1
    while cut > 0:
        cut, at, span, label = fronts[cut].back[at].tolist()
        path.append((span, label))
    return path[::-1]


def _compute_rows(
    stretch: Stretch, acceptor: Acceptor, fronts: Sequence[_Front], path: Sequence[tuple[int, int]]
) -> NDArray[np.float32]:
    """Return the share, of all readings, of each digit 0..9 in the places of the path's digits: float32 (digits, 10).

    Readings that cut a little beside agree where they read the same digit, as in `compute_posteriors`.
    """
    behind = [np.zeros(len(front.states)) for front in fronts]
    behind[-1] = acceptor.is_final[fronts[-1].states].astype(float)
    shares = np.zeros((len(stretch.spans), N_DIGITS))
    leaving = _list_leaving(stretch)
    for cut in range(stretch.n_cuts - 2, -1, -1):
        front = fronts[cut]
        after = acceptor.steps[front.states]
        for span in leaving[cut]:
            last = int(stretch.lasts[span])
            at, is_here = fronts[last].find(after)
            onward = np.where(is_here & (after >= 0), behind[last][at] if len(behind[last]) else 0.0, 0.0)
            onward *= stretch.weights[span, :N_DIGITS]
            shares[span] = front.shares @ onward
            at, is_here = fronts[last].find(front.states)
            passed = np.where(is_here, behind[last][at] if len(behind[last]) else 0.0, 0.0)
            behind[cut] += onward.sum(axis=1) + passed * _weigh_skip(stretch, acceptor, span, front.states)
    labels = np.zeros(len(stretch.spans), np.intp)
    read = [(span, label) for span, label in path if label != SKIP]
    for span, label in read:
        labels[span] = label
    rows = gather_shares(stretch.firsts, stretch.lasts, stretch.n_cuts, shares, labels)
    return rows[[span for span, _ in read]]
