"""Counts of one page's numbers, read by anything, against its truth; `score_pages` reads folders and adds them up."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.types import Reading


@dataclass(frozen=True, slots=True)
class PageScore:
    """Counts of one page; they add up over pages."""

    n_pages: int = 0
    n_right_pages: int = 0
    n_digits: int = 0
    n_edits: int = 0
    n_numbers: int = 0
    n_read: int = 0
    n_hits: int = 0
    n_accepted: int = 0
    n_accepted_wrong: int = 0

    def __add__(self, other: PageScore) -> PageScore:
        return PageScore(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def figures(self) -> dict[str, float]:
        """Percentages.

        digits: 1 - edit distance / digits written · pages: read without any error · numbers: F1 of exactly right
        numbers · coverage: share of the numbers read that were accepted · risk: share of the accepted that are wrong.
        The last three over grouped pages.
        """
        return {
            "digits": _percent(max(0, self.n_digits - self.n_edits), self.n_digits),
            "pages": _percent(self.n_right_pages, self.n_pages),
            "numbers": _percent(2 * self.n_hits, self.n_numbers + self.n_read),
            "coverage": _percent(self.n_accepted, self.n_read),
            "risk": _percent(self.n_accepted_wrong, self.n_accepted),
        }


def score_page(truth: dict[str, Any], readings: Sequence[Reading]) -> PageScore:
    """Return the counts of one page: its truth against what was read, in reading order."""
    want, got = "".join(truth["numbers"]), "".join(r.text for r in readings)
    if truth.get("ordered", True):
        edits = edit_distance(want, got)
    else:
        want, got = "".join(sorted(want)), "".join(sorted(got))
        edits = max(len(want), len(got)) - (Counter(want) & Counter(got)).total()
    page = PageScore(1, int(want == got), len(want), edits)
    if not truth.get("grouped", True):
        return page
    left = Counter(truth["numbers"])
    hits = (left & Counter(r.text for r in readings)).total()
    accepted = accepted_wrong = 0
    for reading in readings:
        is_right = left[reading.text] > 0
        left[reading.text] -= is_right
        accepted += reading.status == "accepted"
        accepted_wrong += reading.status == "accepted" and not is_right
    return page + PageScore(0, 0, 0, 0, len(truth["numbers"]), len(readings), hits, accepted, accepted_wrong)


def edit_distance(a: str, b: str) -> int:
    """Return the least number of insertions, deletions and substitutions that turn `a` into `b` (Levenshtein 1966)."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        previous, row[0] = row[0], i
        for j, y in enumerate(b, start=1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return row[-1]


def load_truth(folder: Path) -> list[dict[str, Any]]:
    """Return the pages in a folder's truth.json, in its order.

    Raises
    ------
    InputError
        If it is missing or damaged.
    """
    try:
        return json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(
            f"{folder / 'truth.json'}: cannot be read ({why})", "a folder to score holds pictures and a truth.json"
        ) from error


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else float("nan")
