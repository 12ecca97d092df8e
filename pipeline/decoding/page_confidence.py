"""How usual digits are on this page, and right numbers: where most is doubtful, what looks sure is doubted as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.robust_stats import median
from pipeline.settings.decoding import DecodeSettings
from pipeline.types import Pick, Reading

_ALIKE = 2.5
"""Refused ink this many times lower or taller than the digits is not what they might be taken for."""

_ROUNDS = 10
"""Of the expectation maximization; the odds then move by less than a hundredth."""

_DOUBTFUL = "too many numbers on this page are doubtful"
_STROKE = "a stroke alone may be a 1 or anything"

_N_USUAL = 2
"""Numbers as sure as usual that are counted beside those of the page."""

_LEAST = 1e-6
"""Floor of a confidence that others are shared out by."""


def measure_odds(lines: Sequence[Sequence[Pick]]) -> float:
    """Return the odds that ink as tall as the page's digits is a digit, at most 1.

    Digits among much that was refused or is doubtful, on a page of prose or a photo of a lawn, are more often what the
    network has not learned to refuse. The odds are those that agree with the digits' probabilities once these are
    shifted by them (expectation maximization, as in the paper that `shift_prior` names); one digit more is counted, and
    nothing refused is no doubt.
    """
    digits = [pick for line in lines for pick in line if pick.is_digit]
    if not digits:
        return 1.0
    height = median([pick.span.box.height for pick in digits])
    least, most = height / _ALIKE, height * _ALIKE
    refused = [p for line in lines for p in line if not p.is_digit and least <= p.span.box.height <= most]
    if not refused:
        return 1.0
    rows, odds = np.array([pick.row.max() for pick in digits]), 1.0
    for _ in range(_ROUNDS):
        n_digits = float(shift_prior(rows, odds).sum())
        odds = min(1.0, (1 + n_digits) / (len(refused) + len(digits) - n_digits))
    return odds


def shift_prior(row: NDArray[np.float32], odds: float) -> NDArray[np.float32]:
    """Return the probabilities of a digit, float32 (10,), where digits are `odds` times as usual as in training.

    (Saerens, Latinne & Decaestecker 2002, doi 10.1162/089976602753284446.)
    """
    return (row * odds / (row * odds + 1 - row)).astype(np.float32) if odds < 1 else row


def doubt_together(readings: Sequence[Reading], settings: DecodeSettings) -> tuple[Reading, ...]:
    """Return a page's numbers, each less sure where the others are doubtful more often than usual; none gets surer.

    Networks trained on numbers are too sure of some letter on a page of prose, of some blade on a lawn; that hardly
    anything else there looks like a number tells. What share of the others is right is what agrees with their
    confidences once these are shifted in the same way (expectation maximization, as in `measure_odds`); a few numbers
    more, as sure as usual, are counted.

    A 1 that is all that was found is seldom one: it is what pens, cracks and shadows look like.

    Parameters
    ----------
    readings : all numbers of a page
    settings : the usual share, how sure a number may be on its own, below what confidence one is rejected
    """
    told, usual = np.array([reading.confidence for reading in readings]), settings.usual_right
    alone = np.clip(told, _LEAST, settings.surest)
    together = alone
    for _ in range(_ROUNDS):
        others = (_N_USUAL * usual + together.sum() - together) / (_N_USUAL + len(told) - 1)
        odds = np.minimum(1.0, others / (1 - others) * (1 - usual) / usual)
        together = alone * odds / (alone * odds + 1 - alone)
    confidences = (told * np.minimum(1.0, together / alone)).tolist()
    doubted = [
        _doubt(reading, confidence, settings, _DOUBTFUL)
        for reading, confidence in zip(readings, confidences, strict=True)
    ]
    if {reading.text for reading in doubted if reading.status == "accepted"} == {"1"}:
        lone = shift_prior(np.array([reading.confidence for reading in doubted]), settings.lone_one).tolist()
        doubted = [
            _doubt(reading, confidence if reading.text == "1" else reading.confidence, settings, _STROKE)
            for reading, confidence in zip(doubted, lone, strict=True)
        ]
    return tuple(doubted)


def _doubt(reading: Reading, confidence: float, settings: DecodeSettings, reason: str) -> Reading:
    """Return the number with this confidence; rejected where it was accepted and is too low now."""
    if reading.status == "rejected" or confidence >= settings.reject_below:
        return replace(reading, confidence=confidence)
    return replace(reading, confidence=confidence, status="rejected", reason=reason)
