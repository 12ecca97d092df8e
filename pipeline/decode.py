"""Best path through a lattice, and the reject option."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.settings import DecodeSettings
from pipeline.types import Box, Digit, DigitScores, Lattice, Reading, Span

_LEAST = 1e-6
"""Floor of a probability before its logarithm."""


def decode(lattice: Lattice, scores: DigitScores, settings: DecodeSettings) -> Reading | None:
    """Return the number that a lattice most probably holds, or None if it holds no digit.

    The path that maximizes the summed log-probability of its spans (Viterbi). A span is either read as its best digit
    or, at a price, skipped as "not a digit". The reading is rejected when it is less probable than `reject_below`
    (Chow, "On optimum recognition error and reject tradeoff", 1970, doi 10.1109/TIT.1970.1054406).

    Parameters
    ----------
    lattice : cuts and spans of one number group
    scores : (len(lattice.spans), K), in the order of the spans
    settings : price of skipping, reject threshold, number of alternatives
    """
    path = find_best_path(lattice, scores, settings)
    digits = tuple(_digit(span, row, settings) for span, row in path)
    if not digits:
        return None
    confidence = float(np.prod([d.confidence for d in digits]))
    box = _bounds([d.box for d in digits])
    text = "".join(d.text for d in digits)
    doubt = _find_doubt(digits, confidence, settings)
    status = "rejected" if doubt else "accepted"
    return Reading(text, confidence, box, digits, status, doubt, lattice.group.line)


def find_best_path(
    lattice: Lattice, scores: DigitScores, settings: DecodeSettings
) -> list[tuple[Span, NDArray[np.float32]]]:
    """Return the spans read as digits on the best path, left to right, each with its row of probabilities (10,)."""
    best = np.full(lattice.n_cuts, -np.inf)
    best[0] = 0
    back: list[tuple[int, bool]] = [(-1, False)] * lattice.n_cuts
    as_digit = np.log(np.maximum(scores.digits.max(axis=1), _LEAST)) if lattice.spans else np.zeros(0)
    as_junk = np.log(np.maximum(scores.not_digit, _LEAST)) - settings.skip_price
    for i in sorted(range(len(lattice.spans)), key=lambda i: lattice.spans[i].first):
        span = lattice.spans[i]
        for gain, is_digit in ((as_digit[i], True), (as_junk[i], False)):
            if best[span.first] + gain > best[span.last]:
                best[span.last] = best[span.first] + gain
                back[span.last] = (i, is_digit)
    path, at = [], lattice.n_cuts - 1
    while at > 0:
        i, is_digit = back[at]
        if is_digit:
            path.append((lattice.spans[i], scores.digits[i]))
        at = lattice.spans[i].first
    return path[::-1]


def _digit(span: Span, row: NDArray[np.float32], settings: DecodeSettings) -> Digit:
    order = np.argsort(-row, kind="stable")
    others = tuple((str(i), float(row[i])) for i in order[1 : 1 + settings.n_alternatives])
    return Digit(str(order[0]), min(1.0, float(row[order[0]])), span.box, others)


def _find_doubt(digits: tuple[Digit, ...], confidence: float, settings: DecodeSettings) -> str | None:
    """Return why the number is rejected, or None if it is accepted."""
    if confidence >= settings.reject_below:
        return None
    worst = min(digits, key=lambda d: d.confidence)
    return f"digit {digits.index(worst) + 1} ({worst.text}) is uncertain: {worst.confidence:.2f}"


def _bounds(boxes: list[Box]) -> Box:
    box = boxes[0]
    for other in boxes[1:]:
        box = box.union(other)
    return box
