"""Votes of several frames on one number: a majority per digit, by calibrated log-probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import move_box
from pipeline.settings.live import TrackSettings
from pipeline.types import N_DIGITS, Digit, Reading

_LEAST = 1e-4
"""Floor of a probability before its logarithm, so that no single frame can rule a digit out."""


@dataclass(frozen=True, slots=True, eq=False)
class Vote:
    """A frame's vote on a number.

    Attributes
    ----------
    reading : of the frame
    log_probabilities : float64 (digits, 10)
    weight : of the vote; that of an accepted reading is 1
    is_whole : whether the frame read the number as one, not in fragments
    """

    reading: Reading
    log_probabilities: NDArray[np.float64]
    weight: float
    is_whole: bool = True


def make_vote(reading: Reading, settings: TrackSettings, is_whole: bool = True) -> Vote:
    """Return the vote of a reading: the rest of each digit's probability is spread evenly over digits without one."""
    probabilities = np.array([_spread(digit) for digit in reading.digits]).reshape(-1, N_DIGITS)
    weight = 1.0 if reading.status == "accepted" else settings.rejected_weight
    return Vote(reading, np.log(np.maximum(probabilities, _LEAST)), weight, is_whole)


def _spread(digit: Digit) -> NDArray[np.float64]:
    """Return the probabilities of the ten digits, float64 (10,)."""
    known = {int(text): p for text, p in ((digit.text, digit.confidence), *digit.alternatives)}
    row = np.full(N_DIGITS, max(0.0, 1 - sum(known.values())) / max(1, N_DIGITS - len(known)))
    for value, probability in known.items():
        row[value] = probability
    return row


def count_votes(votes: Sequence[Vote], settings: TrackSettings) -> Reading:
    """Return the majority of the votes, oldest first and at least one, as a reading with the boxes of the latest.

    The readings of the most frequent length vote digit by digit. Their log-probabilities are averaged and multiplied by
    the number of independent frames: the frames of a video share their mistakes. The confidence is the product of those
    of the digits and of the length; that of the length is its fraction f of the votes, as f^n / (f^n + (1 - f)^n) for n
    independent frames.
    """
    weights: dict[int, float] = {}
    for vote in votes:
        n_digits = len(vote.log_probabilities)
        weights[n_digits] = weights.get(n_digits, 0.0) + vote.weight
    latest = len(votes[-1].log_probabilities)
    length = max(weights, key=lambda n: (weights[n], n == latest))
    voting = [vote for vote in votes if len(vote.log_probabilities) == length]
    n_frames = min(settings.independent_frames, weights[length])
    fraction = weights[length] / max(sum(weights.values()), _LEAST)
    length_confidence = fraction**n_frames / (fraction**n_frames + (1 - fraction) ** n_frames)
    shares = np.array([vote.weight for vote in voting]) / max(weights[length], _LEAST)
    stacked = np.stack([vote.log_probabilities for vote in voting])
    log_probabilities = n_frames * np.tensordot(shares, stacked, axes=1)
    probabilities = np.exp(log_probabilities - log_probabilities.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return _make_majority(probabilities, length_confidence, voting[-1].reading, votes[-1].reading)


def _make_majority(
    probabilities: NDArray[np.float64], length_confidence: float, last: Reading, latest: Reading
) -> Reading:
    """Return the most probable number, its boxes those of `last`, of its length, moved to `latest`.

    Parameters
    ----------
    probabilities : float64 (digits, 10)
    length_confidence : that the number has so many digits
    last, latest : the last reading of that length, and the last reading
    """
    shift = latest.box.left - last.box.left, latest.box.top - last.box.top
    digits = []
    for row, digit in zip(probabilities, last.digits, strict=True):
        order = np.argsort(-row, kind="stable")
        others = tuple((str(i), float(row[i])) for i in order[1 : 1 + len(digit.alternatives)])
        digits.append(Digit(str(order[0]), float(min(1, row[order[0]])), move_box(digit.box, *shift), others))
    confidence = length_confidence * float(np.prod([digit.confidence for digit in digits]))
    text = "".join(digit.text for digit in digits)
    voted = replace(latest, text=text, confidence=min(1.0, confidence), digits=tuple(digits))
    return replace(voted, status="accepted", reason=None)


def move_reading(reading: Reading, dx: float, dy: float) -> Reading:
    """Return the reading with all its boxes moved by whole pixels."""
    digits = tuple(replace(digit, box=move_box(digit.box, dx, dy)) for digit in reading.digits)
    return replace(reading, box=move_box(reading.box, dx, dy), digits=digits)
