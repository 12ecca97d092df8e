"""Page numbers as a user lists them: ``1-3,7,20-``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageRanges:
    """Ranges of page numbers, from 1, both ends included; an end of None is the last page of the file."""

    ranges: tuple[tuple[int, int | None], ...] = ((1, None),)

    @classmethod
    def parse(cls, text: str) -> PageRanges:
        """Return the ranges that a text like ``1-3,7,20-`` lists.

        Raises
        ------
        ValueError
            If it is not such a list.
        """
        ranges = []
        for part in text.split(","):
            found = re.fullmatch(r"\s*(\d{1,9})\s*(?:(-)\s*(\d{1,9})?)?\s*", part)
            low = int(found[1]) if found else 0
            high = low if found and not found[2] else int(found[3]) if found and found[3] else None
            if low < 1 or (high is not None and high < low):
                raise ValueError(f"expected pages like 1-3,7,20-, received {text!r}")
            ranges.append((low, high))
        return cls(tuple(ranges))

    @property
    def first(self) -> int:
        """The lowest page."""
        return min(low for low, _ in self.ranges)

    def choose(self, n_pages: int) -> Sequence[int]:
        """Return the pages in these ranges of a file that has `n_pages`, ascending."""
        if self.ranges == ((1, None),):
            return range(1, n_pages + 1)
        chosen = {n for low, high in self.ranges for n in range(low, min(high or n_pages, n_pages) + 1)}
        return sorted(chosen)
