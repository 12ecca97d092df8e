"""Best path through a lattice, and the reject option."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.knobs import DecodeSettings, NumberSettings, StraySettings
from pipeline.numbers import split_numbers
from pipeline.strays import Pick, drop_strays
from pipeline.types import N_DIGITS, Box, Digit, DigitScores, Lattice, Reading

_LEAST = 1e-6
"""Floor of a probability before its logarithm."""

_DIGIT_ASPECT = 0.7
"""Width over height of a digit with the space beside it."""


def decode(
    lattices: Sequence[Lattice],
    scores: DigitScores,
    settings: DecodeSettings,
    stray_settings: StraySettings,
    number_settings: NumberSettings,
    evidence: Sequence[NDArray[np.float64]] = (),
) -> tuple[Reading, ...]:
    """Return the numbers of a page in reading order, boxes in page px.

    Each line is read along the path that maximizes the summed log-probability of its spans (Viterbi). A span is either
    read as its best digit or, at a price, passed over as "not a digit". A number is rejected when it is less probable
    than `reject_below` (Chow, "On optimum recognition error and reject tradeoff", 1970, doi 10.1109/TIT.1970.1054406).

    Where a line network looked, digits and numbers are as sure as their share of all ways to read the line. The digit
    network alone tells nothing of that: every half of a digit is plainly no digit, and a way of halves passed over
    would take its share from the plainest digit. Digits are then as sure as it says.

    Parameters
    ----------
    lattices : one per text line, top to bottom
    scores : float32 (N, K), of the spans of all lattices in their order
    settings : price of passing over, reject threshold, number of alternatives
    stray_settings : what does not fit the page
    number_settings : where one number ends and the next begins
    evidence : float64 (N, 11) per lattice, from `evidence.weigh_lattice`; none where no line network looked
    """
    ends = np.cumsum([len(lattice.spans) for lattice in lattices], dtype=int)
    beliefs, paths, lines = [], [], []
    for at, (lattice, end) in enumerate(zip(lattices, ends, strict=True)):
        own = DigitScores(scores.probabilities[end - len(lattice.spans) : end])
        gains = weigh(lattice, own, evidence[at] if evidence else None, settings)
        belief = share_out(lattice, gains) if evidence else None
        path = find_best_path(lattice, gains)
        rows = own.digits if belief is None else belief.digits
        beliefs.append(belief)
        paths.append(path)
        lines.append([Pick(lattice.spans[i], rows[i], is_digit) for i, is_digit in path])
    readings: list[Reading] = []
    for lattice, belief, path, line in zip(lattices, beliefs, paths, drop_strays(lines, stray_settings), strict=True):
        at_digits = [at for at, pick in enumerate(line) if pick.is_digit]
        digits = [line[at] for at in at_digits]
        signs = [pick.span.box for pick in line if not pick.is_digit]
        for number in split_numbers([pick.span.box for pick in digits], signs, number_settings):
            members = [_digit(digits[i].span.box, digits[i].row, settings) for i in number]
            run = path[at_digits[number[0]] : at_digits[number[-1]] + 1]
            sure = None if belief is None else belief.measure_run(run)
            readings.append(make_reading(members, lattice.line.number, settings, sure))
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


@dataclass(frozen=True, slots=True, eq=False)
class Belief:
    """How probable each way to read a line is, of all ways that its lattice allows.

    Attributes
    ----------
    gains : float64 (N, 11), log-scores of the spans as digits and as passed over
    ahead, behind : float64 (cuts,), log-sums of the scores of all ways from the line's start, and to its end
    firsts, lasts : int64 (N,), cuts at which the spans begin and end
    """

    gains: NDArray[np.float64]
    ahead: NDArray[np.float64]
    behind: NDArray[np.float64]
    firsts: NDArray[np.int64]
    lasts: NDArray[np.int64]

    @property
    def digits(self) -> NDArray[np.float32]:
        """Probability that span i is cut so and is digit d, float32 (N, 10)."""
        around = self.ahead[self.firsts] + self.behind[self.lasts] - self.ahead[-1]
        return np.exp(np.minimum(self.gains[:, :N_DIGITS] + around[:, None], 0)).astype(np.float32)

    def measure_run(self, run: Sequence[tuple[int, bool]]) -> float:
        """Return the probability of a run of neighboring spans (index, whether read as its best digit or skipped)."""
        gain = sum(self.gains[i, :N_DIGITS].max() if is_digit else self.gains[i, N_DIGITS] for i, is_digit in run)
        around = self.ahead[self.firsts[run[0][0]]] + self.behind[self.lasts[run[-1][0]]] - self.ahead[-1]
        return float(np.exp(min(0.0, gain + around)))


def share_out(lattice: Lattice, gains: NDArray[np.float64]) -> Belief:
    """Return the belief in all ways to read a line, from the log-scores of its spans, float64 (N, 11).

    Forward and backward sums over the lattice (Rabiner 1989, doi 10.1109/5.18626): a digit is as sure as its class and
    its cuts are, and a number as all of its digits together.
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
    return Belief(gains, ahead, behind, firsts, lasts)


def _count_places(lattice: Lattice) -> NDArray[np.float64]:
    """Return, per span, how many digits would stand in its place, at least 1: passing over wide ink costs as many."""
    sizes = np.array([(span.box.width, span.box.height) for span in lattice.spans], np.float64).reshape(-1, 2)
    return np.maximum(1.0, sizes[:, 0] / (_DIGIT_ASPECT * np.maximum(sizes[:, 1], lattice.line.height_px)))


def make_reading(
    digits: Sequence[Digit], line: int, settings: DecodeSettings, confidence: float | None = None
) -> Reading:
    """Return the number that `digits`, left to right, make on text line `line`; rejected where it is too doubtful.

    Its confidence is the product of theirs where none is told.
    """
    if confidence is None:
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
