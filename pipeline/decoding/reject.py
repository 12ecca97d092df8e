"""The one place where a number is rejected, and how sure it is (Chow 1970, doi 10.1109/TIT.1970.1054406).

The chain of confidences, from the networks to the number:

1. Calibrated scores: the softmax of each network's logits, divided by its temperature (`classify`, `line_network`).
2. Posterior of a digit: its share of all readings of its line (`lattice_decoder.compute_posteriors`).
3. Prior shift: less on a page with much ink that is no digit (`page_confidence.estimate_prior_shift`).
4. Number: the product over its digits.
5. Page: less where the other numbers of its page are doubtful (`page_confidence.shift_by_page`).
6. A lone 1: less where no other number of the page would be accepted, for any stroke looks like it.

A number is rejected where the last is below `reject_below`, with the reason of the first step that fell below it, and
where the page network finds a flaw in it (`compare_with_seen`), whatever its digits say. All numbers of a mirrored page
are: they were not written so.

A rejected number whose digits are on the mean less sure than `report_from` is left out where others are not: of those
of the development sets one in twenty was right, and most were words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.decoding.page_confidence import shift_by_page, shift_prior
from pipeline.settings.decoding import DecodeSettings
from pipeline.types import Reading, Status

_PAGE = "too many numbers on this page are doubtful"
_STROKE = "a stroke alone may be a 1 or anything"
_MIRRORED = "the picture looks mirrored"


def reject_doubtful(
    readings: Sequence[Reading], settings: DecodeSettings, is_mirrored: bool = False
) -> tuple[Reading, ...]:
    """Return a page's numbers with their final confidence, each accepted, or rejected with the reason.

    Parameters
    ----------
    readings : all numbers of a page, each as sure as its digits
    settings : the reject threshold, how sure numbers usually are, the odds of a lone 1
    is_mirrored : whether the page was read with left and right swapped
    """
    alone = np.array([reading.confidence for reading in readings])
    on_page = shift_by_page(alone, settings.usual_right, settings.surest)
    final = on_page.copy()
    is_one = np.array([[digit.text for digit in reading.digits] == ["1"] for reading in readings], bool)
    is_sure = on_page >= settings.reject_below
    if is_sure.any() and is_one[is_sure].all():
        final[is_one] = shift_prior(on_page[is_one], settings.lone_one)
    decided = []
    for reading, shifted, confidence in zip(readings, on_page.tolist(), final.tolist(), strict=True):
        reason = _find_reason(reading, shifted, confidence, settings.reject_below)
        reason = _MIRRORED if is_mirrored else reason
        status: Status = "accepted" if reason is None else "rejected"
        decided.append(replace(reading, confidence=confidence, status=status, reason=reason))
    return tuple(decided)


def leave_out_improbable(readings: Sequence[Reading], settings: DecodeSettings) -> tuple[Reading, ...]:
    """Return a page's decided numbers without the rejected ones that are improbable; all of them where none is left.

    A page on which nothing is sure is not called blank for that.

    Parameters
    ----------
    readings : from `reject_doubtful`
    settings : from how sure a digit, on the geometric mean, a number is reported; at most the reject threshold counts
    """
    least = min(settings.report_from, settings.reject_below)
    kept = [r for r in readings if r.status == "accepted" or r.confidence >= least ** len(r.digits)]
    return tuple(kept or readings)


def _find_reason(reading: Reading, on_page: float, final: float, reject_below: float) -> str | None:
    """Return why a number is rejected: what first made its confidence too low; None if it is accepted."""
    if reading.flaw is not None:
        return reading.flaw
    if reading.confidence >= reject_below:
        return _PAGE if on_page < reject_below else _STROKE if final < reject_below else None
    position, weakest = min(enumerate(reading.digits, start=1), key=lambda numbered: numbered[1].confidence)
    if weakest.confidence >= reject_below:
        return f"its {len(reading.digits)} digits together are only {reading.confidence:.2f} sure"
    return f"digit {position} ({weakest.text}) is uncertain: {weakest.confidence:.2f}"
