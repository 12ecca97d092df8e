"""What several readings of one number say together: a vote over its digits by calibrated log-probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import move_box
from pipeline.settings.live import TrackSettings
from pipeline.types import N_DIGITS, Digit, Reading

_LEAST = 1e-4
"""Floor of a probability before its logarithm: no frame may forbid a digit on its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Vote:
    """A frame's vote on a number: log-probabilities float64 (digits, 10), how much they count, whether it was whole."""

    reading: Reading
    rows: NDArray[np.float64]
    weight: float
    is_whole: bool = True


def make_vote(reading: Reading, settings: TrackSettings, is_whole: bool = True) -> Vote:
    """Return a reading as a vote: each digit's alternatives as they are, what is left spread over the other digits."""
    rows = np.array([_spread(digit) for digit in reading.digits]).reshape(-1, N_DIGITS)
    weight = 1.0 if reading.status == "accepted" else settings.rejected_weight
    return Vote(reading, np.log(np.maximum(rows, _LEAST)), weight, is_whole)


def _spread(digit: Digit) -> NDArray[np.float64]:
    """Return the probabilities of the ten digits, float64 (10,)."""
    told = {int(text): p for text, p in ((digit.text, digit.confidence), *digit.alternatives)}
    row = np.full(N_DIGITS, max(0.0, 1 - sum(told.values())) / max(1, N_DIGITS - len(told)))
    for at, probability in told.items():
        row[at] = probability
    return row


def count_votes(votes: Sequence[Vote], settings: TrackSettings) -> Reading:
    """Return what the votes, oldest first and at least one, elect: its boxes are the latest frame's.

    Readings of the commonest length vote, digit by digit: their log-probabilities are averaged and count as often as
    there are independent frames, for the frames of a video share their mistakes. The confidence is that of all digits,
    times that of the length, whose share of the votes is raised to odds in the same way.
    """
    weights: dict[int, float] = {}
    for vote in votes:
        n_digits = len(vote.rows)
        weights[n_digits] = weights.get(n_digits, 0.0) + vote.weight
    latest = len(votes[-1].rows)
    length = max(weights, key=lambda n: (weights[n], n == latest))
    voting = [vote for vote in votes if len(vote.rows) == length]
    n_frames = min(settings.independent_frames, weights[length])
    share = weights[length] / max(sum(weights.values()), _LEAST)
    length_confidence = share**n_frames / (share**n_frames + (1 - share) ** n_frames)
    own = np.array([vote.weight for vote in voting]) / max(weights[length], _LEAST)
    rows = n_frames * np.tensordot(own, np.stack([vote.rows for vote in voting]), axes=1)
    rows = np.exp(rows - rows.max(axis=1, keepdims=True))
    return _make_majority(
        rows / rows.sum(axis=1, keepdims=True), length_confidence, voting[-1].reading, votes[-1].reading
    )


def _make_majority(rows: NDArray[np.float64], length_confidence: float, last: Reading, latest: Reading) -> Reading:
    """Return the number of the probabilities float64 (digits, 10), with boxes as `last` of its length had them."""
    shift = latest.box.left - last.box.left, latest.box.top - last.box.top
    digits = []
    for row, digit in zip(rows, last.digits, strict=True):
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
