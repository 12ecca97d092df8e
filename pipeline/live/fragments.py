"""Numbers read in fragments: in some frames a gap between two digits is taken for the space between two numbers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from pipeline.geometry import Box, is_within
from pipeline.live.association import Place, count_edits
from pipeline.types import Reading

_MOST_EDITS = 1
"""Largest edit distance between the joined text of the fragments and the text of the number."""

_ROW_FRAC = 0.5
"""Neighbors in a row overlap by at least this fraction of their height, and by less than it of their width."""


def find_fragments(whole: Place, places: Sequence[Place]) -> list[int]:
    """Return the indices of the fragments of a number, left to right; none unless their joined text matches it."""
    within = [i for i, place in enumerate(places) if is_within(place.box, whole.box)]
    inside = [i for i in within if not any(is_within(places[i].box, places[j].box) for j in within if j != i)]
    inside.sort(key=lambda i: places[i].box.left)
    in_row = all(_stand_in_row(places[i].box, places[j].box) for i, j in pairwise(inside))
    together = "".join(places[i].text for i in inside)
    return inside if len(inside) > 1 and in_row and count_edits(together, whole.text) <= _MOST_EDITS else []


def _stand_in_row(left: Box, right: Box) -> bool:
    """Return whether two boxes stand side by side on one line."""
    level = min(left.bottom, right.bottom) - max(left.top, right.top)
    narrower = min(left.width, right.width)
    return level >= _ROW_FRAC * min(left.height, right.height) and left.right - right.left < _ROW_FRAC * narrower


def join_fragments(fragments: Sequence[Reading]) -> Reading:
    """Return fragments, left to right and at least one, as one number; it is rejected if one of them is."""
    rejected = next((fragment for fragment in fragments if fragment.status == "rejected"), fragments[0])
    return Reading(
        "".join(fragment.text for fragment in fragments),
        float(np.prod([fragment.confidence for fragment in fragments])),
        Box.around([fragment.box for fragment in fragments]),
        tuple(digit for fragment in fragments for digit in fragment.digits),
        rejected.status,
        rejected.reason,
        fragments[0].line,
    )
