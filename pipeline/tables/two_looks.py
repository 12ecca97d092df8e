"""A ruled table is read twice: on its page with its lines, and flat without them; what the two looks say of a cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.decoding.compare_with_seen import OTHER, UNSEEN
from pipeline.reading.hypotheses import measure_score
from pipeline.types import Reading

_DOUBTFUL = 0.5
"""Confidence under which a digit speaks against the look that read it."""

ONLY_FLAT = "with the lines of its table nothing is read in its cell"
NOT_SURE_ON_PAGE = "with the lines of its table it is not sure"

Cells = Mapping[int, Sequence[Reading]]
"""Numbers by the index of their cell, from left to right."""


def merge_looks(flat: Cells, on_page: Cells) -> tuple[dict[int, list[Reading]], dict[int, str]]:
    """Return the numbers of each cell by the look that is surer of them, and why a cell is doubtful.

    Reading errs alike on a page with lines and without, but not always: what only one look says, or says otherwise, is
    wrong four times as often. A number that only the page's look sees stays as sure as it was: without its lines, a row
    of joined digits looks like a word.

    Parameters
    ----------
    flat : read from the flat table
    on_page : read from its page; numbers that go over a wall are parted
    """
    merged: dict[int, list[Reading]] = {}
    doubts: dict[int, str] = {}
    for at in sorted(flat.keys() | on_page.keys()):
        own, other = list(flat.get(at, ())), keep_numbers(on_page.get(at, ()))
        text, other_text = _join(keep_numbers(own)), _join(other)
        if text and other_text and text != other_text:
            is_other = measure_score(other, _DOUBTFUL) > measure_score(keep_numbers(own), _DOUBTFUL)
            doubts[at] = f"without the lines of its table it reads {text}" if is_other else tell_other(other_text)
            merged[at] = other if is_other else own
        elif other_text and not text:
            merged[at] = other
        elif own:
            merged[at] = own
            if text and not other_text:
                doubts[at] = ONLY_FLAT
            elif any(reading.status == "rejected" for reading in other):
                doubts[at] = NOT_SURE_ON_PAGE
    return merged, doubts


def tell_other(text: str) -> str:
    """Return the doubt about a number that the page's look reads as `text`."""
    return f"with the lines of its table it reads {text}"


def keep_numbers(readings: Sequence[Reading]) -> list[Reading]:
    """Return the readings without those that the page network takes for anything else."""
    return [reading for reading in readings if reading.flaw not in (OTHER, UNSEEN)]


def _join(readings: Sequence[Reading]) -> str:
    return "".join(reading.text for reading in readings)
