"""A field's lattice -> the texts that it may hold, each with its probability.

The lattice and what is known of the number are searched together: a state is a cut and a state of the automaton of the
constraint, and keeps its most probable texts. Paths that read the same text add up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.decoding.constraints.constraint import Constraint, keep_digits
from pipeline.decoding.constraints.rules import Product, follow
from pipeline.types import N_DIGITS, Lattice

_MOST_TEXTS, _MOST_CANDIDATES = 8, 40
"""Texts that a state keeps, and that are returned."""

_LEAST_NATS = 25.0
"""What is so much less probable than the best at its cut is dropped."""

_MOST_BEHIND_NATS = 14.0
"""What a span is so much less probably than the most probable is not tried."""

_BROKEN = 0.01
"""Numbers that are written against what is known of their field."""

Place = tuple[int, int]
"""Index of a span, and the digit that it is read as."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A text that a field may hold: its digits, its probability 0..1, and the span and digit of each place."""

    text: str
    confidence: float
    places: tuple[Place, ...] = ()


@dataclass(slots=True)
class _Entry:
    """A text up to a cut: log of the sum over its paths, its best path's log and places."""

    total: float
    best: float
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """The texts of a field that what is known allows, the most probable first, and the most probable of all texts.

    The probability of the allowed ones is theirs if the number was written as is known; it is less the more the writing
    itself speaks for a number that is not allowed.
    """

    allowed: tuple[Candidate, ...]
    freest: Candidate
    blank: float = 0.0


def list_candidates(lattice: Lattice, log_scores: NDArray[np.float64], constraint: Constraint | None) -> Candidates:
    """Return what a field may hold.

    Parameters
    ----------
    lattice : of the field's line
    log_scores : float64 (N, 11), of its spans as digits and as passed over, from `lattice_decoder.combine_scores`
    constraint : what is known of the number; None for nothing
    """
    whole = measure_total(lattice, log_scores)
    free = _search(lattice, log_scores, _accept_all())
    freest = next(iter(_rank(free, whole)), Candidate("", 1.0))
    blank = math.exp(min(0.0, free[""].total - whole)) if "" in free else 0.0
    if constraint is None:
        return Candidates(tuple(_rank(free, whole)), freest, blank)
    found = _search(lattice, log_scores, make_product(constraint))
    found.pop("", None)
    if not found:
        return Candidates((), freest, blank)
    fitting = float(np.logaddexp.reduce([entry.total for entry in found.values()]))
    scale = np.logaddexp(math.log(1 - _BROKEN) + fitting, math.log(_BROKEN) + max(whole, fitting))
    return Candidates(tuple(_rank(found, float(scale))), freest, blank)


def measure_total(lattice: Lattice, log_scores: NDArray[np.float64]) -> float:
    """Return the log of the sum over all paths of a lattice."""
    totals = np.logaddexp.reduce(log_scores, axis=1)
    ahead = np.full(lattice.n_cuts, -np.inf)
    ahead[0] = 0
    for i in sorted(range(len(lattice.spans)), key=lambda i: lattice.spans[i].first):
        span = lattice.spans[i]
        ahead[span.last] = np.logaddexp(ahead[span.last], ahead[span.first] + totals[i])
    return float(ahead[-1])


def make_product(constraint: Constraint) -> Product:
    """Return the automaton of a constraint: that of its rules, or of its values as a tree of their digits."""
    if constraint.values is None:
        return follow(constraint.rules)
    product = Product([[-1] * N_DIGITS], [False], [False])
    for value in constraint.list_allowed_values():
        at = 0
        for digit in map(int, keep_digits(value)):
            if product.steps[at][digit] < 0:
                product.steps[at][digit] = len(product.steps)
                product.steps.append([-1] * N_DIGITS)
                product.finals.append(False)
                product.signs.append(False)
            at = product.steps[at][digit]
        product.finals[at] = True
    return product


def _accept_all() -> Product:
    return Product([[0] * N_DIGITS], [True], [False])


def _rank(entries: dict[str, _Entry], whole: float) -> list[Candidate]:
    """Return the texts as candidates, the most probable first, their logs against that of the whole."""
    order = sorted(entries.items(), key=lambda item: -item[1].total)[:_MOST_CANDIDATES]
    return [Candidate(text, math.exp(min(0.0, one.total - whole)), one.places) for text, one in order]


def _search(lattice: Lattice, log_scores: NDArray[np.float64], product: Product) -> dict[str, _Entry]:
    """Return the most probable texts that an automaton accepts."""
    leaving: list[list[int]] = [[] for _ in range(lattice.n_cuts)]
    for i, span in enumerate(lattice.spans):
        leaving[span.first].append(i)
    readings = [_list_readings(row) for row in log_scores]
    cuts: list[dict[int, dict[str, _Entry]]] = [{} for _ in range(lattice.n_cuts)]
    cuts[0][0] = {"": _Entry(0.0, 0.0)}
    for at in range(lattice.n_cuts - 1):
        _prune(cuts[at])
        for state, entries in cuts[at].items():
            for text, entry in entries.items():
                for i in leaving[at]:
                    _extend(cuts[lattice.spans[i].last], (state, text, entry), i, readings[i], product)
    _prune(cuts[-1])
    found: dict[str, _Entry] = {}
    for state, entries in cuts[-1].items():
        if product.finals[state] or state == 0:
            found.update(entries)
    return found


def _list_readings(row: NDArray[np.float64]) -> list[tuple[int, float]]:
    """Return the digits that a span is worth reading as, `N_DIGITS` for passed over, with their logs."""
    least = float(row.max()) - _MOST_BEHIND_NATS
    return [(digit, float(score)) for digit, score in enumerate(row) if score >= least or digit == N_DIGITS]


def _extend(
    ahead: dict[int, dict[str, _Entry]],
    start: tuple[int, str, _Entry],
    span: int,
    readings: Sequence[tuple[int, float]],
    product: Product,
) -> None:
    """Add a text, longer by what a span is read as, to the states of the cut ahead."""
    state, text, entry = start
    for digit, score in readings:
        is_digit = digit < N_DIGITS
        after = product.steps[state][digit] if is_digit else state
        if after < 0:
            continue
        own = f"{text}{digit}" if is_digit else text
        total, best = entry.total + score, entry.best + score
        there = ahead.setdefault(after, {})
        known = there.get(own)
        if known is None:
            there[own] = _Entry(total, best, (*entry.places, (span, digit)) if is_digit else entry.places)
            continue
        if best > known.best:
            known.best = best
            known.places = (*entry.places, (span, digit)) if is_digit else entry.places
        known.total = float(np.logaddexp(known.total, total))


def _prune(states: dict[int, dict[str, _Entry]]) -> None:
    """Keep the most probable texts of each state, and no state that is far less probable than the best."""
    best = max((entry.total for entries in states.values() for entry in entries.values()), default=0.0)
    for state in list(states):
        kept = [item for item in states[state].items() if item[1].total >= best - _LEAST_NATS]
        kept.sort(key=lambda item: -item[1].total)
        if kept:
            states[state] = dict(kept[: _MOST_TEXTS if len(states) > 1 else 4 * _MOST_TEXTS])
        else:
            del states[state]
