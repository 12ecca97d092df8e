"""Best path through a lattice, and the reject option."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.numbers import split_numbers
from pipeline.settings import DecodeSettings, NumberSettings
from pipeline.types import Box, Digit, DigitScores, Lattice, Reading

_LEAST = 1e-6
"""Floor of a probability before its logarithm."""


def decode(
    lattices: Sequence[Lattice], scores: DigitScores, settings: DecodeSettings, number_settings: NumberSettings
) -> tuple[Reading, ...]:
    """Return the numbers of a page in reading order, boxes in page px.

    Parameters
    ----------
    lattices : one per text line, top to bottom
    scores : float32 (N, K), of the spans of all lattices in their order
    settings : price of skipping, reject threshold, number of alternatives
    number_settings : where one number ends and the next begins
    """
    readings: list[Reading] = []
    start = 0
    for lattice in lattices:
        end = start + len(lattice.spans)
        readings += decode_line(lattice, DigitScores(scores.probabilities[start:end]), settings, number_settings)
        start = end
    return _drop_strays(readings, settings)


def decode_line(
    lattice: Lattice, scores: DigitScores, settings: DecodeSettings, number_settings: NumberSettings
) -> list[Reading]:
    """Return the numbers on a line, left to right; none where it holds no digit.

    The path that maximizes the summed log-probability of its spans (Viterbi). A span is either read as its best digit
    or, at a price, skipped as "not a digit". A number is rejected when it is less probable than `reject_below`
    (Chow, "On optimum recognition error and reject tradeoff", 1970, doi 10.1109/TIT.1970.1054406).

    `scores` are float32 (len(lattice.spans), K), in the order of the spans.
    """
    path = find_best_path(lattice, scores, settings)
    digits = [_digit(lattice.spans[i].box, scores.digits[i], settings) for i, is_digit in path if is_digit]
    signs = [lattice.spans[i].box for i, is_digit in path if not is_digit]
    numbers = split_numbers([d.box for d in digits], signs, number_settings)
    return [_reading([digits[i] for i in number], lattice.line.number, settings) for number in numbers]


def _drop_strays(readings: Sequence[Reading], settings: DecodeSettings) -> tuple[Reading, ...]:
    """Return the readings without those much smaller than the page's digits (dust) or much larger (a sheet's edge).

    The page's digit height is a median, each digit weighted by its height and its confidence, so that one large digit
    outweighs the dust around it.
    """
    digits = [d for reading in readings for d in reading.digits]
    if not digits:
        return ()
    heights = np.array([d.box.height for d in digits], float)
    weights = heights * np.array([d.confidence for d in digits]) ** 2
    order = np.argsort(heights)
    typical = heights[order][np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)]
    least, most = settings.least_height_frac * typical, settings.most_height_ratio * typical
    return tuple(r for r in readings if least <= max(d.box.height for d in r.digits) <= most)


def find_best_path(lattice: Lattice, scores: DigitScores, settings: DecodeSettings) -> list[tuple[int, bool]]:
    """Return the best path, left to right: (index of the span, whether it is read as a digit or skipped)."""
    as_digit = np.log(np.maximum(scores.digits.max(axis=1), _LEAST))
    as_sign = np.log(np.maximum(scores.not_digit, _LEAST)) - settings.skip_price
    best = np.full(lattice.n_cuts, -np.inf)
    best[0] = 0
    back = [(-1, False)] * lattice.n_cuts
    for i in sorted(range(len(lattice.spans)), key=lambda i: lattice.spans[i].first):
        span = lattice.spans[i]
        for gain, is_digit in ((as_digit[i], True), (as_sign[i], False)):
            if best[span.first] + gain > best[span.last]:
                best[span.last] = best[span.first] + gain
                back[span.last] = (i, is_digit)
    path, at = [], lattice.n_cuts - 1
    while at > 0:
        path.append(back[at])
        at = lattice.spans[back[at][0]].first
    return path[::-1]


def _reading(digits: Sequence[Digit], line: int, settings: DecodeSettings) -> Reading:
    confidence = float(np.prod([d.confidence for d in digits]))
    box = digits[0].box
    for digit in digits[1:]:
        box = box.union(digit.box)
    doubt = _find_doubt(digits, confidence, settings)
    text = "".join(d.text for d in digits)
    return Reading(text, confidence, box, tuple(digits), "rejected" if doubt else "accepted", doubt, line)


def _digit(box: Box, row: NDArray[np.float32], settings: DecodeSettings) -> Digit:
    order = np.argsort(-row, kind="stable")
    others = tuple((str(i), float(row[i])) for i in order[1 : 1 + settings.n_alternatives])
    return Digit(str(order[0]), min(1.0, float(row[order[0]])), box, others)


def _find_doubt(digits: Sequence[Digit], confidence: float, settings: DecodeSettings) -> str | None:
    """Return why the number is rejected, or None if it is accepted."""
    if confidence >= settings.reject_below:
        return None
    position, worst = min(enumerate(digits, start=1), key=lambda numbered: numbered[1].confidence)
    return f"digit {position} ({worst.text}) is uncertain: {worst.confidence:.2f}"
