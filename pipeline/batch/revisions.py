"""The records of one file in the journal, oldest first: which of them are results, and which have been replaced.

A record is replaced by a newer one of its page, and by any newer one of the file if the file has changed in between. A
failure never replaces a page that was read, unless the file has changed: its folder may be away for a moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.batch.jobs import Identity


@dataclass(slots=True, eq=False)
class Revision:
    """One record of the journal.

    Attributes
    ----------
    at : byte offset of its line
    page : from 1; 0 for a file that could not be opened
    is_ok : whether the page was read
    is_current : whether program, model and settings were those of this run
    identity : of the file when it was read; None for stdin and for a missing file
    n_pages : of the file; 0 if it is unknown
    has_crops : whether crops of its rejected numbers were written, or it has none
    is_void : whether it is an earlier run's and does not count: it failed, or the file has changed since
    """

    at: int
    page: int
    is_ok: bool
    is_current: bool
    identity: Identity | None
    n_pages: int
    has_crops: bool
    is_void: bool = False


def void_outdated(revisions: Sequence[Revision], identity: Identity | None) -> None:
    """Mark what an earlier run left of a file that is to be read now: failures, and pages of other contents.

    Parameters
    ----------
    revisions : of the file, all of them from earlier runs
    identity : of the file now; None if it is away, which is no reason to give up what was read of it
    """
    for revision in revisions:
        has_changed = identity is not None and revision.identity != identity
        revision.is_void = not revision.is_ok or revision.identity is None or has_changed


def select_results(revisions: Sequence[Revision]) -> list[Revision]:
    """Return the records that are results, by page: of this run's settings, of the file's newest contents."""
    current = [revision for revision in revisions if revision.is_current and not revision.is_void]
    identity = next((revision.identity for revision in reversed(current) if revision.identity), None)
    newest: dict[int, Revision] = {}
    for revision in current:
        if revision.identity not in (identity, None):
            continue
        before = newest.get(revision.page)
        if before and before.is_ok and not revision.is_ok and revision.identity is None:
            continue
        if revision.page:
            newest.pop(0, None)  # the file could be opened after all
        newest[revision.page] = revision
    return [newest[page] for page in sorted(newest)]


def select_kept(revisions: Sequence[Revision]) -> list[Revision]:
    """Return the records that must stay in the journal, oldest first: results, and pages that nothing has replaced."""
    results = set(map(id, select_results(revisions)))
    identity: Identity | None = None
    read_again: set[int] = set()
    kept: list[Revision] = []
    for revision in reversed(revisions):
        if id(revision) in results or (revision.is_ok and not _is_replaced(revision, identity, read_again)):
            kept.append(revision)
        if revision.is_ok:
            identity = identity or revision.identity
            read_again.add(revision.page)
    return kept[::-1]


def _is_replaced(revision: Revision, identity: Identity | None, read_again: set[int]) -> bool:
    """Return whether the page has been read again, or the file from other contents: `identity` is that of the last."""
    if revision.page in read_again:
        return True
    has_changed = revision.is_void if revision.identity is None else revision.identity != identity
    return bool(read_again) and has_changed
