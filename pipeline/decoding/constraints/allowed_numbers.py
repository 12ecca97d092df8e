"""The numbers of a page under a constraint: each the best that is allowed, or rejected because nothing allowed fits.

Where what the rules made of a line's digits does not fit, other divisions of the line are tried: neighbors joined that
only fit together, a number divided at a wide gap or a sign. The best is the one whose parts are allowed with the
greatest share of what their ink may be read as, less what it costs to group otherwise than the rules do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.decoding.constraints.acceptor import Acceptor, compile_acceptor
from pipeline.decoding.constraints.constrained_search import SKIP, Found, cut_stretch, find_best_number, keep_path
from pipeline.decoding.constraints.constraint import Constraint
from pipeline.decoding.constraints.divisions import choose_division
from pipeline.decoding.constraints.joints import MeasureLink, find_joints
from pipeline.decoding.lattice_decoder import GroupedLine, GroupedPage, make_digit, make_reading, read_digits
from pipeline.settings.decoding import DecodeSettings
from pipeline.settings.layout import NumberGroupSettings
from pipeline.types import N_DIGITS, Lattice, Reading


def form_allowed_numbers(
    page: GroupedPage,
    lattices: Sequence[Lattice],
    log_scores: Sequence[NDArray[np.float64]],
    constraint: Constraint,
    settings: DecodeSettings,
    number_settings: NumberGroupSettings,
    measure_link: MeasureLink | None = None,
    has_posteriors: bool = True,
) -> tuple[Reading, ...]:
    """Return the numbers of a page in reading order, boxes in page px, each as sure as it is among all allowed.

    A number that nothing allowed fits stays what it was read as, and has that for a flaw.

    Parameters
    ----------
    page : its text lines, their digits grouped by the rules
    lattices : of the lines
    log_scores : float64 (N, 11) per lattice, from `combine_scores`
    constraint : what all numbers obey
    settings : how often a number breaks the constraint
    number_settings, measure_link : as for `find_joints`
    has_posteriors : whether a line network took part; without one a number is as sure as its digits alone are, cut as
        on its best path (the reason: `find_paths`)
    """
    acceptor = compile_acceptor(constraint)
    flaw = f"nothing that is allowed fits it ({constraint})"
    readings = []
    for line, lattice, scores in zip(page.lines, lattices, log_scores, strict=True):
        if not line.digits:
            continue
        scores = _bar_dropped(line, lattice, scores)
        joints = find_joints(line, lattice, number_settings, measure_link, acceptor.is_parted)
        for i, j, posterior in choose_division(lattice, scores, joints, acceptor, settings.broken_rules):
            found = find_best_number(cut_stretch(lattice, scores, joints[i].start, joints[j].end), acceptor)
            if found and not has_posteriors:
                found = find_best_number(keep_path(lattice, scores, found), acceptor)
            if found is None or found.allowed < settings.broken_rules:
                misfit = make_reading(read_digits(line.digits[i:j], page.odds, settings), line.number)
                readings.append(replace(misfit, flaw=flaw))
            else:
                readings.append(_write(found, line, lattice, acceptor, page.odds, posterior, settings))
    return tuple(readings)


def keep_allowed(numbers: Sequence[Reading], written: Sequence[Reading]) -> tuple[Reading, ...]:
    """Return the numbers under a constraint, with the signs of those that signs did not join or part.

    Parameters
    ----------
    numbers : of a page, from `form_allowed_numbers`
    written : the same page's numbers once signs have been written into them
    """
    by_digits = {tuple(map(id, number.digits)): number for number in written}
    kept = []
    for number in numbers:
        has_own_signs = len(number.text) > len(number.digits)
        kept.append(number if has_own_signs else by_digits.get(tuple(map(id, number.digits)), number))
    return tuple(kept)


def _bar_dropped(line: GroupedLine, lattice: Lattice, log_scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the log-scores, those of digits barred where a digit was dropped that does not fit the page."""
    if not line.dropped:
        return log_scores
    barred = log_scores.copy()
    for i, span in enumerate(lattice.spans):
        if any(span.first < pick.span.last and pick.span.first < span.last for pick in line.dropped):
            barred[i, :N_DIGITS] = -np.inf
    return barred


def _write(
    found: Found,
    line: GroupedLine,
    lattice: Lattice,
    acceptor: Acceptor,
    odds: float,
    posterior: float,
    settings: DecodeSettings,
) -> Reading:
    """Return the allowed number as a reading: its share of all that is allowed, of no number, and of a broken rule."""
    rest = (found.empty + settings.broken_rules) / max(odds, np.finfo(float).tiny)
    is_any = posterior * found.allowed / (found.allowed + rest)
    boxes = [lattice.spans[i].box for i, label in found.path if label != SKIP]
    rows = found.rows * np.float32(is_any)
    digits = [make_digit(box, row, settings) for box, row in zip(boxes, rows, strict=True)]
    confidence = min(1.0, is_any * found.share / found.allowed)
    text = acceptor.write(found.digits)
    return replace(make_reading(digits, line.number), text=text, confidence=confidence)
