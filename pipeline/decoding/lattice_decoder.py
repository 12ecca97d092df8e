"""Best path through a lattice, and the reject option."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.decoding.outliers import drop_strays
from pipeline.decoding.page_confidence import measure_odds, shift_prior
from pipeline.geometry import Box
from pipeline.layout.number_groups import split_numbers
from pipeline.settings.decoding import DecodeSettings, StraySettings
from pipeline.settings.layout import NumberSettings
from pipeline.types import N_DIGITS, Digit, DigitScores, Lattice, Pick, Reading

_LEAST = 1e-6
"""Floor of a probability before its logarithm."""

_DIGIT_ASPECT = 0.7
"""Width over height of a digit with the space beside it."""


def find_paths(
    lattices: Sequence[Lattice],
    scores: DigitScores,
    settings: DecodeSettings,
    evidence: Sequence[NDArray[np.float64]] = (),
) -> list[list[Pick]]:
    """Return what each text line is read as, left to right.

    Each line is read along the path that maximizes the summed log-probability of its spans (Viterbi). A span is either
    read as its best digit or, at a price, passed over as "not a digit".

    Where a line network looked, digits are as sure as their share of all ways to read the line. The digit network alone
    tells nothing of that: every half of a digit is plainly no digit, and a way of halves passed over would take its
    share from the plainest digit. Digits are then as sure as it says.

    Parameters
    ----------
    lattices : one per text line
    scores : float32 (N, K), of the spans of all lattices in their order
    settings : price of passing over, weights of the two networks
    evidence : float64 (N, 11) per lattice, from `evidence.weigh_lattice`; none where no line network looked
    """
    ends = np.cumsum([len(lattice.spans) for lattice in lattices], dtype=int)
    paths = []
    for at, (lattice, end) in enumerate(zip(lattices, ends, strict=True)):
        own = DigitScores(scores.probabilities[end - len(lattice.spans) : end])
        gains = weigh(lattice, own, evidence[at] if evidence else None, settings)
        rows = share_out(lattice, gains) if evidence else own.digits
        paths.append([Pick(lattice.spans[i], rows[i], is_digit) for i, is_digit in find_best_path(lattice, gains)])
    return paths


def form_numbers(
    paths: Sequence[Sequence[Pick]],
    line_numbers: Sequence[int],
    settings: DecodeSettings,
    stray_settings: StraySettings,
    number_settings: NumberSettings,
) -> tuple[Reading, ...]:
    """Return the numbers of a page in reading order, boxes in page px.

    A number is rejected when it is less probable than `reject_below` (Chow, "On optimum recognition error and reject
    tradeoff", 1970, doi 10.1109/TIT.1970.1054406).

    Parameters
    ----------
    paths : of all text lines, top to bottom, from `find_paths`
    line_numbers : of these lines
    settings : reject threshold, number of alternatives
    stray_settings : what does not fit the page
    number_settings : where one number ends and the next begins
    """
    readings: list[Reading] = []
    kept = drop_strays(paths, stray_settings)
    odds = measure_odds(kept)
    for line_number, line in zip(line_numbers, kept, strict=True):
        digits = [pick for pick in line if pick.is_digit]
        signs = [pick.span.box for pick in line if not pick.is_digit]
        for number in split_numbers([pick.span.box for pick in digits], signs, number_settings):
            members = [_digit(digits[i].span.box, shift_prior(digits[i].row, odds), settings) for i in number]
            readings.append(make_reading(members, line_number, settings))
    return tuple(readings)


def measure_merit(readings: Sequence[Reading], settings: DecodeSettings) -> float:
    """Return how much a way of reading a page found: by how much each digit is surer than doubtful, summed up.

    Of two ways, more digits win only when they are sure ones, and surer ones only when not too few.
    """
    return sum(digit.confidence - settings.doubtful for reading in readings for digit in reading.digits)


def weigh(
    lattice: Lattice, scores: DigitScores, evidence: NDArray[np.float64] | None, settings: DecodeSettings
) -> NDArray[np.float64]:
    """Return log-scores float64 (N, 11): that span i is read as digit 0..9, and that it is passed over."""
    gains = np.empty((len(lattice.spans), N_DIGITS + 1))
    gains[:, :N_DIGITS] = np.log(np.maximum(scores.digits, _LEAST))
    gains[:, N_DIGITS] = np.log(np.maximum(scores.not_digit, _LEAST)) - settings.skip_price * _count_places(lattice)
    if evidence is None:
        return gains
    return settings.digit_weight * gains + settings.line_weight * evidence


def find_best_path(lattice: Lattice, gains: NDArray[np.float64]) -> list[tuple[int, bool]]:
    """Return the best path, left to right: (index of the span, whether it is read as a digit or skipped)."""
    as_digit, as_sign = gains[:, :N_DIGITS].max(axis=1), gains[:, N_DIGITS]
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


def share_out(lattice: Lattice, gains: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the probability, of all ways to read the line, that digit d stands where span i does, float32 (N, 10).

    Forward and backward sums over the lattice (Rabiner 1989, doi 10.1109/5.18626) weigh every way to cut and read the
    line. Ways that cut a little beside, or take a speck along, say the same where they read the same digit: each
    stretch between two cuts belongs to one span of a way, so their probabilities add up there.

    Parameters
    ----------
    lattice : N spans
    gains : float64 (N, 11), log-scores of the spans as digits and as passed over
    """
    firsts = np.array([span.first for span in lattice.spans])
    lasts = np.array([span.last for span in lattice.spans])
    totals = np.logaddexp.reduce(gains, axis=1)
    ahead, behind = np.full(lattice.n_cuts, -np.inf), np.full(lattice.n_cuts, -np.inf)
    ahead[0] = behind[-1] = 0
    for i in np.argsort(firsts, kind="stable"):
        ahead[lasts[i]] = np.logaddexp(ahead[lasts[i]], ahead[firsts[i]] + totals[i])
    for i in np.argsort(-lasts, kind="stable"):
        behind[firsts[i]] = np.logaddexp(behind[firsts[i]], behind[lasts[i]] + totals[i])
    shares = np.exp(gains[:, :N_DIGITS] + (ahead[firsts] + behind[lasts] - ahead[-1])[:, None])
    stretches = np.zeros((lattice.n_cuts, N_DIGITS))
    np.add.at(stretches, firsts, shares)
    np.subtract.at(stretches, lasts, shares)
    stretches = np.cumsum(stretches, axis=0)
    rows = np.empty((len(firsts), N_DIGITS), np.float32)
    for i, digit in enumerate(gains[:, :N_DIGITS].argmax(axis=1)):
        own = stretches[firsts[i] : lasts[i]]
        rows[i] = np.clip(own[own[:, digit].argmax()], 0, 1)
        others = np.arange(N_DIGITS) != digit  # which the best way's digit stays ahead of
        rows[i, others] = np.minimum(rows[i, others], np.nextafter(rows[i, digit], np.float32(0)))
    return rows


def _count_places(lattice: Lattice) -> NDArray[np.float64]:
    """Return, per span, how many digits would stand in its place, at least 1: passing over wide ink costs as many."""
    sizes = np.array([(span.box.width, span.box.height) for span in lattice.spans], np.float64).reshape(-1, 2)
    return np.maximum(1.0, sizes[:, 0] / (_DIGIT_ASPECT * np.maximum(sizes[:, 1], lattice.line.height_px)))


def make_reading(digits: Sequence[Digit], line: int, settings: DecodeSettings) -> Reading:
    """Return the number that `digits`, left to right, make on text line `line`; rejected where it is too doubtful."""
    confidence = float(np.prod([d.confidence for d in digits]))
    box = Box.around([digit.box for digit in digits])
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
