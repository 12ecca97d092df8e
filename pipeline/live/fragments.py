"""Numbers that fall apart: in some frames a gap between two digits is taken for the space between two numbers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from pipeline.geometry import Box, is_within
from pipeline.live.association import Place, count_edits
from pipeline.types import Reading

_MOST_EDITS = 1
"""Edits by which the parts' text may differ from the whole's."""

_ROW_SHARE = 0.5
"""Neighbors in a row share so much of their height, and less than that of their width."""


def find_fragments(whole: Place, places: Sequence[Place]) -> list[int]:
    """Return which of the places, left to right, are parts of a number; none unless several together read like it."""
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
    return level >= _ROW_SHARE * min(left.height, right.height) and left.right - right.left < _ROW_SHARE * narrower


def join_fragments(parts: Sequence[Reading]) -> Reading:
    """Return parts, left to right and at least one, as one number; rejected, for the reason of the first that is."""
    rejected = next((part for part in parts if part.status == "rejected"), parts[0])
    return Reading(
        "".join(part.text for part in parts),
        float(np.prod([part.confidence for part in parts])),
        Box.around([part.box for part in parts]),
        tuple(digit for part in parts for digit in part.digits),
        rejected.status,
        rejected.reason,
        parts[0].line,
    )
