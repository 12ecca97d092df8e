"""Best path through a lattice, posteriors of its digits, and the numbers that they form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.decoding.outliers import drop_outliers
from pipeline.decoding.page_confidence import estimate_prior_shift, shift_prior
from pipeline.decoding.pick import Pick
from pipeline.geometry import Box
from pipeline.layout.number_groups import Link, split_numbers
from pipeline.recognition.column_classes import POINTS
from pipeline.settings.decoding import DecodeSettings, OutlierSettings
from pipeline.settings.layout import NumberGroupSettings
from pipeline.types import N_DIGITS, Digit, DigitScores, Lattice, Reading

_LEAST = 1e-6
"""Floor of a probability before its logarithm."""

_DIGIT_ASPECT = 0.7
"""Width over height of a digit with the space beside it."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupedLine:
    """A text line, its digits grouped to numbers.

    Attributes
    ----------
    number : of the line
    picks : its path, digits that do not fit the page passed over
    digits : those of the picks that are digits, left to right
    numbers : indices into the digits
    dropped : those of the picks that were read as digits and do not fit the page
    """

    number: int
    picks: Sequence[Pick]
    digits: Sequence[Pick]
    numbers: Sequence[Sequence[int]]
    dropped: Sequence[Pick]


@dataclass(frozen=True, slots=True, eq=False)
class GroupedPage:
    """The lines of a page, top to bottom, and the prior odds of a digit on it, from `estimate_prior_shift`."""

    lines: tuple[GroupedLine, ...] = ()
    odds: float = 1.0


def find_paths(
    lattices: Sequence[Lattice],
    scores: DigitScores,
    settings: DecodeSettings,
    log_likelihoods: Sequence[NDArray[np.float64]] = (),
) -> list[list[Pick]]:
    """Return what each text line is read as, left to right.

    Each line is read along the path that maximizes the summed log-probability of its spans (Viterbi). A span is either
    read as its best digit or, at a price, passed over as "not a digit".

    With a line network, a digit's confidence is its posterior over all readings of the line. The digit network alone
    gives no such posterior: each half of a digit is plainly no digit, and a path of halves passed over would take its
    share from the plainest digit. Confidences are then its scores.

    Parameters
    ----------
    lattices : one per text line
    scores : float32 (N, K), of the spans of all lattices in their order
    settings : price of passing over, weights of the two networks
    log_likelihoods : float64 (N, 11) per lattice, from `span_scores.score_spans`; empty without a line network
    """
    weighed = combine_page(lattices, scores, settings, log_likelihoods)
    ends = np.cumsum([len(lattice.spans) for lattice in lattices], dtype=int)
    paths = []
    for lattice, end, log_scores in zip(lattices, ends, weighed, strict=True):
        own = scores.digits[end - len(lattice.spans) : end]
        rows = compute_posteriors(lattice, log_scores) if log_likelihoods else own
        paths.append([Pick(lattice.spans[i], rows[i], is_digit) for i, is_digit in find_best_path(lattice, log_scores)])
    return paths


def form_numbers(
    paths: Sequence[Sequence[Pick]],
    line_numbers: Sequence[int],
    settings: DecodeSettings,
    outlier_settings: OutlierSettings,
    number_settings: NumberGroupSettings,
    link: Link | None = None,
) -> tuple[Reading, ...]:
    """Return the numbers of a page in reading order, boxes in page px, each as sure as its digits together.

    None is rejected yet: `reject.reject_doubtful` decides once all of the page is known.

    Parameters
    ----------
    paths : of all text lines, top to bottom, from `find_paths`
    line_numbers : of these lines
    settings : number of alternatives
    outlier_settings : what does not fit the page
    number_settings : where one number ends and the next begins
    link : what the page network says of two neighbors, as in `split_numbers`
    """
    return read_groups(group_digits(paths, line_numbers, outlier_settings, number_settings, link), settings)


def group_digits(
    paths: Sequence[Sequence[Pick]],
    line_numbers: Sequence[int],
    outlier_settings: OutlierSettings,
    number_settings: NumberGroupSettings,
    link: Link | None = None,
) -> GroupedPage:
    """Return the lines of a page, their digits grouped to numbers by the rules of `split_numbers`.

    Parameters
    ----------
    paths, line_numbers, outlier_settings, number_settings, link : as for `form_numbers`
    """
    lines = []
    kept = drop_outliers(paths, outlier_settings)
    for line_number, path, line in zip(line_numbers, paths, kept, strict=True):
        digits = [pick for pick in line if pick.is_digit]
        others = [pick for pick in line if not pick.is_digit]
        signs = [pick.span.box for pick in others if not pick.sign]
        parting = [pick.span.box for pick in others if pick.sign and pick.sign not in POINTS]
        numbers = split_numbers([pick.span.box for pick in digits], signs, number_settings, link, parting)
        dropped = [new for old, new in zip(path, line, strict=True) if old.is_digit and not new.is_digit]
        lines.append(GroupedLine(line_number, line, digits, numbers, dropped))
    return GroupedPage(tuple(lines), estimate_prior_shift(kept))


def read_groups(page: GroupedPage, settings: DecodeSettings) -> tuple[Reading, ...]:
    """Return the numbers of a page in reading order, as grouped."""
    return tuple(
        make_reading(read_digits([line.digits[i] for i in number], page.odds, settings), line.number)
        for line in page.lines
        for number in line.numbers
    )


def read_digits(picks: Sequence[Pick], odds: float, settings: DecodeSettings) -> list[Digit]:
    """Return picks as digits, their probabilities shifted by the prior odds of a digit."""
    return [make_digit(pick.span.box, shift_prior(pick.row, odds), settings) for pick in picks]


def combine_page(
    lattices: Sequence[Lattice],
    scores: DigitScores,
    settings: DecodeSettings,
    log_likelihoods: Sequence[NDArray[np.float64]] = (),
) -> list[NDArray[np.float64]]:
    """Return the log-scores of `combine_scores` for each lattice of a page; parameters as for `find_paths`."""
    ends = np.cumsum([len(lattice.spans) for lattice in lattices], dtype=int)
    return [
        combine_scores(
            lattice,
            DigitScores(scores.probabilities[end - len(lattice.spans) : end]),
            log_likelihoods[at] if log_likelihoods else None,
            settings,
        )
        for at, (lattice, end) in enumerate(zip(lattices, ends, strict=True))
    ]


def combine_scores(
    lattice: Lattice, scores: DigitScores, log_likelihoods: NDArray[np.float64] | None, settings: DecodeSettings
) -> NDArray[np.float64]:
    """Return log-scores float64 (N, 11): that span i is read as digit 0..9, and that it is passed over."""
    log_scores = np.empty((len(lattice.spans), N_DIGITS + 1))
    log_scores[:, :N_DIGITS] = np.log(np.maximum(scores.digits, _LEAST))
    log_scores[:, N_DIGITS] = np.log(np.maximum(scores.not_digit, _LEAST)) - settings.skip_price * _count_places(
        lattice
    )
    if log_likelihoods is None:
        return log_scores
    return settings.digit_weight * log_scores + settings.line_weight * log_likelihoods


def find_best_path(lattice: Lattice, log_scores: NDArray[np.float64]) -> list[tuple[int, bool]]:
    """Return the best path, left to right: (index of the span, whether it is read as a digit or skipped)."""
    as_digit, as_sign = log_scores[:, :N_DIGITS].max(axis=1), log_scores[:, N_DIGITS]
    best = np.full(lattice.n_cuts, -np.inf)
    best[0] = 0
    back = [(-1, False)] * lattice.n_cuts
    for i in sorted(range(len(lattice.spans)), key=lambda i: lattice.spans[i].first):
        span = lattice.spans[i]
        for score, is_digit in ((as_digit[i], True), (as_sign[i], False)):
            if best[span.first] + score > best[span.last]:
                best[span.last] = best[span.first] + score
                back[span.last] = (i, is_digit)
    path, at = [], lattice.n_cuts - 1
    while at > 0:
        path.append(back[at])
        at = lattice.spans[back[at][0]].first
    return path[::-1]


def compute_posteriors(lattice: Lattice, log_scores: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the posterior probability that digit d stands where span i does, float32 (N, 10).

    Forward and backward sums over the lattice (Rabiner 1989, doi 10.1109/5.18626) weigh every path. Paths that cut a
    little beside, or take a speck along, agree where they read the same digit: each stretch between two cuts belongs
    to one span of a path, so their probabilities add up there.

    Parameters
    ----------
    lattice : N spans
    log_scores : float64 (N, 11), log-scores of the spans as digits and as passed over
    """
    firsts = np.array([span.first for span in lattice.spans])
    lasts = np.array([span.last for span in lattice.spans])
    totals = np.logaddexp.reduce(log_scores, axis=1)
    ahead, behind = np.full(lattice.n_cuts, -np.inf), np.full(lattice.n_cuts, -np.inf)
    ahead[0] = behind[-1] = 0
    for i in np.argsort(firsts, kind="stable"):
        ahead[lasts[i]] = np.logaddexp(ahead[lasts[i]], ahead[firsts[i]] + totals[i])
    for i in np.argsort(-lasts, kind="stable"):
        behind[firsts[i]] = np.logaddexp(behind[firsts[i]], behind[lasts[i]] + totals[i])
    shares = np.exp(log_scores[:, :N_DIGITS] + (ahead[firsts] + behind[lasts] - ahead[-1])[:, None])
    return gather_shares(firsts, lasts, lattice.n_cuts, shares, log_scores[:, :N_DIGITS].argmax(axis=1))


def gather_shares(
    firsts: NDArray[np.intp],
    lasts: NDArray[np.intp],
    n_cuts: int,
    shares: NDArray[np.float64],
    digits: NDArray[np.intp],
) -> NDArray[np.float32]:
    """Return the probability of each digit where each span stands, float32 (N, 10), over all spans that agree there.

    Parameters
    ----------
    firsts, lasts : intp (N,), cuts of the spans
    n_cuts : number of cuts
    shares : float64 (N, 10), of the paths that read span i as digit d
    digits : intp (N,), what each span is read as: the place is looked for where that is most probable
    """
    stretches = np.zeros((n_cuts, N_DIGITS))
    np.add.at(stretches, firsts, shares)
    np.subtract.at(stretches, lasts, shares)
    stretches = np.cumsum(stretches, axis=0)
    rows = np.empty((len(firsts), N_DIGITS), np.float32)
    for i, digit in enumerate(digits):
        own = stretches[firsts[i] : lasts[i]]
        rows[i] = np.clip(own[own[:, digit].argmax()], 0, 1)
        others = np.arange(N_DIGITS) != digit  # which the best path's digit stays ahead of
        rows[i, others] = np.minimum(rows[i, others], np.nextafter(rows[i, digit], np.float32(0)))
    return rows


def _count_places(lattice: Lattice) -> NDArray[np.float64]:
    """Return, per span, how many digits would stand in its place, at least 1: passing over wide ink costs as many."""
    sizes = np.array([(span.box.width, span.box.height) for span in lattice.spans], np.float64).reshape(-1, 2)
    return np.maximum(1.0, sizes[:, 0] / (_DIGIT_ASPECT * np.maximum(sizes[:, 1], lattice.line.height_px)))


def make_reading(digits: Sequence[Digit], line: int) -> Reading:
    """Return the number that `digits`, left to right, make on text line `line`: as sure as all of them together."""
    confidence = float(np.prod([d.confidence for d in digits]))
    box = Box.around([digit.box for digit in digits])
    return Reading("".join(d.text for d in digits), confidence, box, tuple(digits), line=line)


def make_digit(box: Box, row: NDArray[np.float32], settings: DecodeSettings) -> Digit:
    """Return the most probable digit of a row of probabilities, float32 (10,), and the next best ones."""
    order = np.argsort(-row, kind="stable")
    others = tuple((str(i), float(row[i])) for i in order[1 : 1 + settings.n_alternatives])
    return Digit(str(order[0]), min(1.0, float(row[order[0]])), box, others)
