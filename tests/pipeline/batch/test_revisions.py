"""Which records of a file are results, and which stay in the journal, each case with the answer beside it."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.batch.revisions import Revision, select_kept, select_results, void_outdated

A, B = (7, 1), (8, 2)
"""Two contents of a file."""


def revise(page: int, identity: tuple[int, int] | None = A, **others: Any) -> dict[str, Any]:
    return {"page": page, "identity": identity, **others}


FAILED, OTHER, VOID = {"is_ok": False}, {"is_current": False}, {"is_void": True}
CASES: dict[str, tuple[list[dict[str, Any]], list[int], list[int]]] = {
    "none": ([], [], []),
    "pages": ([revise(2), revise(1)], [1, 0], [0, 1]),
    "read again": ([revise(1), revise(1)], [1], [1]),
    "failed, then read": ([revise(1, **FAILED), revise(1)], [1], [1]),
    "not opened, then read": ([revise(0, **FAILED), revise(1)], [1], [1]),
    "read, then away": ([revise(1), revise(0, None, **FAILED)], [1, 0], [0, 1]),
    "read, then lost while it was read": ([revise(1), revise(1, None, **FAILED)], [0], [0]),
    "changed": ([revise(1), revise(2), revise(1, B)], [2], [2]),
    "changed and damaged": ([revise(1), revise(0, B, **FAILED)], [1], [0, 1]),
    "changed there and back": ([revise(1, A), revise(1, B), revise(1, A)], [2], [2]),
    "other settings": ([revise(1, **OTHER), revise(2, **OTHER), revise(1)], [2], [1, 2]),
    "other settings, newer": ([revise(1), revise(1, **OTHER)], [0], [0, 1]),
    "other settings, failed": ([revise(1, **OTHER, **FAILED)], [], []),
    "other settings, now failed": ([revise(1, **OTHER), revise(1, **FAILED)], [1], [0, 1]),
    "other settings, then changed": ([revise(1, **OTHER), revise(2, **OTHER), revise(1, B)], [2], [2]),
    "outdated and not yet read": ([revise(1, **VOID)], [], [0]),
    "outdated failure": ([revise(1, **FAILED, **VOID)], [], []),
    "stdin": ([revise(1, None), revise(2, None)], [0, 1], [0, 1]),
    "stdin of other settings": ([revise(1, None, **OTHER), revise(2, None, **OTHER)], [], [0, 1]),
    "stdin again": ([revise(1, None, **VOID), revise(2, None, **VOID), revise(1, None)], [2], [2]),
}


def make(rows: list[dict[str, Any]]) -> list[Revision]:
    plain = {"is_ok": True, "is_current": True, "n_pages": 3, "has_crops": True}
    return [Revision(at, **{**plain, **row}) for at, row in enumerate(rows)]


@pytest.mark.parametrize(("rows", "results", "kept"), CASES.values(), ids=CASES)
def test_results_and_what_is_kept(rows: list[dict[str, Any]], results: list[int], kept: list[int]) -> None:
    revisions = make(rows)
    assert [one.at for one in select_results(revisions)] == results
    assert [one.at for one in select_kept(revisions)] == kept


@pytest.mark.parametrize(
    ("identity", "expected"),
    [(A, [False, True, True, True]), (B, [True, False, True, True]), (None, [False, False, True, True])],
    ids=["as it was", "changed", "away"],
)
def test_what_is_outdated(identity: tuple[int, int] | None, expected: list[bool]) -> None:
    revisions = make([revise(1, A), revise(1, B), revise(1, A, **FAILED), revise(1, None)])
    void_outdated(revisions, identity)
    assert [one.is_void for one in revisions] == expected
