"""The one place where a number is rejected, and how sure it is (Chow 1970, doi 10.1109/TIT.1970.1054406).

The chain of confidences, from the networks to the number:

1. Calibrated scores: the softmax of each network's logits, divided by its temperature (`classify`, `line_network`).
2. Posterior of a digit: its share of all readings of its line (`lattice_decoder.compute_posteriors`).
3. Prior shift: less on a page with much ink that is no digit (`page_confidence.estimate_prior_shift`).
4. Number: the product over its digits.
5. Page: less where the other numbers of its page are doubtful (`page_confidence.shift_by_page`).
6. A lone 1: less where nothing else but 1s was read on the page, for a stroke looks like it.

A number is rejected where the last is below `reject_below`, with the reason of the first step that fell below it.
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


def reject_doubtful(readings: Sequence[Reading], settings: DecodeSettings) -> tuple[Reading, ...]:
    """Return a page's numbers with their final confidence, each accepted, or rejected with the reason.

    Parameters
    ----------
    readings : all numbers of a page, each as sure as its digits
    settings : the reject threshold, how sure numbers usually are, the odds of a lone 1
    """
    alone = np.array([reading.confidence for reading in readings])
    on_page = shift_by_page(alone, settings.usual_right, settings.surest)
    final = on_page.copy()
    if {r.text for r, p in zip(readings, on_page, strict=True) if p >= settings.reject_below} == {"1"}:
        is_one = np.array([reading.text == "1" for reading in readings])
        final[is_one] = shift_prior(on_page[is_one], settings.lone_one)
    reasons = [
        (alone, [_name_weakest(reading) for reading in readings]),
        (on_page, [_PAGE] * len(readings)),
        (final, [_STROKE] * len(readings)),
    ]
    decided = []
    for i, reading in enumerate(readings):
        reason = next((texts[i] for sure, texts in reasons if sure[i] < settings.reject_below), None)
        status: Status = "accepted" if reason is None else "rejected"
        decided.append(replace(reading, confidence=float(final[i]), status=status, reason=reason))
    return tuple(decided)


def _name_weakest(reading: Reading) -> str:
    position, weakest = min(enumerate(reading.digits, start=1), key=lambda numbered: numbered[1].confidence)
    return f"digit {position} ({weakest.text}) is uncertain: {weakest.confidence:.2f}"
