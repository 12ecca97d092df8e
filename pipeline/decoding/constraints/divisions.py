"""The best division of a line's digits into numbers, each allowed or not, and how sure each number's ends are.

A division's score adds up the logarithm of each number's allowed share, or of the share of numbers that break the rule
where that is greater, and the costs of grouping otherwise than the rules. Its posterior is its share of the sum over
all divisions.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, log

import numpy as np
from numpy.typing import NDArray

from pipeline.decoding.constraints.acceptor import Acceptor
from pipeline.decoding.constraints.constrained_search import cut_stretch, measure_allowed
from pipeline.decoding.constraints.joints import Joint
from pipeline.types import Lattice

_MOST_SKIPPED = 2
"""Neighbors are not joined to more digits than are allowed and these, which may be passed over."""


def choose_division(
    lattice: Lattice,
    log_scores: NDArray[np.float64],
    joints: Sequence[Joint],
    acceptor: Acceptor,
    broken_rules: float,
) -> list[tuple[int, int, float]]:
    """Return the numbers of a line, left to right: (first joint, last joint, posterior that it begins and ends there).

    Parameters
    ----------
    lattice : of the line, N spans
    log_scores : float64 (N, 11), of its spans
    joints : places where numbers may begin or end
    acceptor : what is allowed
    broken_rules : share of the numbers that break the rule
    """
    ends = [at for at, joint in enumerate(joints) if joint.is_end]
    by_rules = [(i, j, 1.0) for i, j in zip(ends[:-1], ends[1:], strict=True)]
    cheapest = min(joint.cost for joint in joints)
    shares = [_measure(lattice, log_scores, joints[i], [joints[j]], acceptor)[0] for i, j, _ in by_rules]
    if -sum(log(max(share, broken_rules)) for share in shares) <= cheapest:  # no other division can be better
        return by_rules
    scores = np.full((len(joints), len(joints)), -inf)
    for i in range(len(joints) - 1):
        lasts, costs, cost = [], [], 0.0
        for j in range(i + 1, len(joints)):
            lasts.append(j)
            costs.append(cost + (0.0 if joints[j].is_end else joints[j].cost))
            cost += joints[j].cost if joints[j].is_end else 0.0
            if cost == inf or (joints[j].is_end and j - i >= acceptor.most_digits + _MOST_SKIPPED):
                break
        allowed = _measure(lattice, log_scores, joints[i], [joints[j] for j in lasts], acceptor)
        is_one = [not any(joint.is_end for joint in joints[i + 1 : j]) for j in lasts]  # by the rules
        least = np.where(is_one, broken_rules, 0.0)
        with np.errstate(divide="ignore"):
            scores[i, lasts] = np.log(np.where(allowed < broken_rules, least, allowed)) - costs
    return _find_best_chain(scores)


def _measure(
    lattice: Lattice, log_scores: NDArray[np.float64], first: Joint, lasts: Sequence[Joint], acceptor: Acceptor
) -> NDArray[np.float64]:
    """Return the share of what is allowed, of all readings, between one joint and each of some others."""
    stretch = cut_stretch(lattice, log_scores, first.start, lasts[-1].end)
    return measure_allowed(stretch, acceptor)[[last.end - first.start for last in lasts]]


def _find_best_chain(scores: NDArray[np.float64]) -> list[tuple[int, int, float]]:
    """Return the links of the best chain from the first place to the last, each with its posterior over all chains.

    Parameters
    ----------
    scores : float64 (P, P), log-score of a link from one place to a later one
    """
    n = len(scores)
    best, back, ahead, behind = np.full(n, -inf), [0] * n, np.full(n, -inf), np.full(n, -inf)
    best[0] = ahead[0] = behind[-1] = 0.0
    for j in range(1, n):
        totals = best[:j] + scores[:j, j]
        back[j] = int(totals.argmax())
        best[j] = totals[back[j]]
        ahead[j] = np.logaddexp.reduce(ahead[:j] + scores[:j, j])
    for i in range(n - 2, -1, -1):
        behind[i] = np.logaddexp.reduce(scores[i, i + 1 :] + behind[i + 1 :])
    chain, j = [], n - 1
    while j > 0:
        i = back[j]
        chain.append((i, j, float(np.exp(ahead[i] + scores[i, j] + behind[j] - ahead[-1]))))
        j = i
    return chain[::-1]
