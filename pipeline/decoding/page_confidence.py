"""Prior shift and page confidence: where most of a page is doubtful, what looks sure is less sure as well.

(Saerens, Latinne & Decaestecker 2002, doi 10.1162/089976602753284446.)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.decoding.pick import Pick
from pipeline.page_scale import measure_digit_height

_ALIKE = 2.5
"""Refused ink this many times lower or taller than the digits is not what they might be taken for."""

_ROUNDS = 10
"""Of the expectation maximization; the odds then move by less than a hundredth."""

_N_USUAL = 2
"""Numbers as sure as usual that are counted beside those of the page."""

_LEAST = 1e-6
"""Floor of a confidence that others are shared out by."""


def estimate_prior_shift(lines: Sequence[Sequence[Pick]]) -> float:
    """Return the prior odds that ink as tall as the page's digits is a digit, over those of training; at most 1.

    Digits among much that was refused or is doubtful, on a page of prose or a photo of a lawn, are more often what the
    network has not learned to refuse. The odds are those that agree with the digits' probabilities once these are
    shifted by them (expectation maximization); one digit more is counted, and where nothing is refused the odds are 1.
    """
    digits = [pick for line in lines for pick in line if pick.is_digit]
    if not digits:
        return 1.0
    height = measure_digit_height([pick.span.box for pick in digits])
    least, most = height / _ALIKE, height * _ALIKE
    refused = [p for line in lines for p in line if not (p.is_digit or p.sign) and least <= p.span.box.height <= most]
    if not refused:
        return 1.0
    rows, odds = np.array([pick.row.max() for pick in digits]), 1.0
    for _ in range(_ROUNDS):
        n_digits = float(shift_prior(rows, odds).sum())
        odds = min(1.0, (1 + n_digits) / (len(refused) + len(digits) - n_digits))
    return odds


def shift_prior(probabilities: NDArray[np.floating], odds: float) -> NDArray[np.float32]:
    """Return the probabilities, of any shape, of what is `odds` times as usual as in training; `odds` at most 1."""
    if odds >= 1:
        return probabilities.astype(np.float32)
    return (probabilities * odds / (probabilities * odds + 1 - probabilities)).astype(np.float32)


def shift_by_page(confidences: NDArray[np.float64], usual_right: float, surest: float) -> NDArray[np.float64]:
    """Return a page's numbers' confidences, each less where the others are doubtful more often than usual; none rises.

    Networks trained on numbers are too sure of some letter on a page of prose, of some blade on a lawn; that hardly
    anything else there looks like a number shows it. The share of the others that is right is the one that agrees with
    their confidences once these are shifted in the same way (expectation maximization, as in `estimate_prior_shift`);
    a few numbers more, as sure as usual, are counted.

    Parameters
    ----------
    confidences : (N,), of all numbers of a page
    usual_right : share of the numbers that is usually right
    surest : so sure at most is a number on its own
    """
    alone = np.clip(confidences, _LEAST, surest)
    together = alone
    for _ in range(_ROUNDS):
        others = (_N_USUAL * usual_right + together.sum() - together) / (_N_USUAL + len(alone) - 1)
        odds = np.minimum(1.0, others / (1 - others) * (1 - usual_right) / usual_right)
        together = alone * odds / (alone * odds + 1 - alone)
    return confidences * np.minimum(1.0, together / alone)
