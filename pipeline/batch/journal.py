"""The journal of a run: JSON lines, one record per page, each on the disk before its page counts as done.

However a run ends, the pages in its journal are done. A later run with ``--resume`` skips a page if the same program,
model and settings have read it from the same file (path, size, time of change). Lines are only added: a record that a
newer one replaces stays until the end of a run, when the journal is compacted in one step. To make this possible, a
record in the journal has one more key than in the other outputs, ``journal``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.batch.jobs import Identity, Outcome, identify
from pipeline.batch.journal_file import append, choose_old_name, is_at_path, open_locked, read_lines, read_raw, rewrite
from pipeline.batch.journal_lines import KEY, decode_line, encode_line, is_unchecked_record, resembles_record
from pipeline.batch.natural_order import make_natural_key
from pipeline.batch.output_names import find_stem
from pipeline.batch.revisions import Revision, select_kept, select_results, void_outdated
from pipeline.errors import OutputError, UsageError
from pipeline.outputs.records import Record, count_rejected
from pipeline.system.files import convert_write_errors, sync_folder
from pipeline.system.interrupts import delay_interrupt


@dataclass(frozen=True, slots=True)
class DonePages:
    """The pages of a file that have been read, and how many pages it has."""

    n_pages: int
    numbers: frozenset[int]


class Journal:
    """An open journal, locked against other runs; used as a context manager.

    Parameters
    ----------
    path : of the file
    mark : hash of program, model and settings
    is_resumed : go on with an earlier journal; otherwise it is renamed to ``PATH.old``
    has_review : whether crops of rejected numbers are asked for: a page that lacks them is then not done

    Attributes
    ----------
    path : of the file, links resolved
    messages : for the user, about the state of an earlier journal
    stems : the stems of the pictures' names by path of the file, as earlier runs gave them
    n_left : records that are no results, which `finish` left in the journal

    Raises
    ------
    UsageError
        If another run writes to it, or if it is to be resumed and is not a journal.
    OutputError
        If it cannot be read or written.
    """

    def __init__(self, path: Path, mark: str, is_resumed: bool, has_review: bool = False) -> None:
        self.path, self._mark, self._has_review = Path(os.path.realpath(path)), mark, has_review
        self.messages: list[str] = []
        self.stems: dict[str, str] = {}
        self.n_left = 0
        self._revisions: dict[str, list[Revision]] = {}  # by path of the file
        self._begun: set[str] = set()
        self._n_damaged = 0
        with convert_write_errors(path):
            self._file = open_locked(self.path)
            try:
                if is_resumed:
                    self._resume()
                else:
                    self._set_aside()
            except BaseException:
                self._file.close()
                raise
            sync_folder(self.path.parent)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        is_empty = not os.fstat(self._file.fileno()).st_size and is_at_path(self._file, self.path)
        if os.name == "nt":  # it cannot delete an open file
            self._file.close()
        if is_empty:
            self.path.unlink(missing_ok=True)  # while it is locked: nobody else has begun to write to it
        self._file.close()

    def count_read(self) -> int:
        """Return how many pages of the results were read."""
        return sum(one.is_ok for revisions in self._revisions.values() for one in select_results(revisions))

    def find_done(self, path: str, known: Identity | None = None) -> DonePages | None:
        """Return the pages of a file of this run that need not be read; None if there are none or it has changed.

        Parameters
        ----------
        path : of the file
        known : its identity now, where it is known already; None to look at the file
        """
        revisions, is_begun = self._revisions.get(path, []), path in self._begun
        self._begun.add(path)
        if not revisions:  # nothing is asked over the network for what is new
            return None
        identity = known or identify(path)
        if not is_begun:
            void_outdated(revisions, identity)
        done = [
            one
            for one in select_results(revisions)
            if one.is_ok and one.identity == identity and (one.has_crops or not self._has_review)
        ]
        if identity is None or not done:
            return None
        return DonePages(done[-1].n_pages, frozenset(one.page for one in done))

    def add(self, outcome: Outcome) -> None:
        """Write the record of one page; on return it is on the disk. Ctrl-C is delayed until then.

        Raises
        ------
        OutputError
            If it cannot be written; the journal then ends with the previous record.
        """
        n_bytes, mtime_ns = outcome.identity or (None, None)
        origin: dict[str, object] = {
            "bytes": n_bytes,
            "mtime_ns": mtime_ns,
            "pages": outcome.n_pages,
            "mark": self._mark,
            "name": outcome.name,
        }
        if outcome.crops is not None:
            origin["crops"] = outcome.crops
        with delay_interrupt(), convert_write_errors(self.path):
            if not is_at_path(self._file, self.path):
                self._restore()
            self._note({**outcome.record, KEY: origin}, append(self._file, encode_line(outcome.record, origin)))

    def finish(self) -> None:
        """Compact the journal in one step: leave out damaged lines and the records that newer ones have replaced."""
        kept = {path: select_kept(revisions) for path, revisions in self._revisions.items()}
        n_kept = sum(map(len, kept.values()))
        self.n_left = n_kept - sum(len(select_results(revisions)) for revisions in kept.values())
        if not self._n_damaged and n_kept == sum(map(len, self._revisions.values())):
            return
        ordered = sorted((one for revisions in kept.values() for one in revisions), key=lambda one: one.at)
        with delay_interrupt(), convert_write_errors(self.path):
            offsets = self._rewrite(read_raw(self._file, [one.at for one in ordered]))
        for one, at in zip(ordered, offsets, strict=True):
            one.at = at
        self._revisions, self._n_damaged = kept, 0

    def read_sorted(self) -> Iterator[Record]:
        """Yield the results by path, in natural order, and page, with their key ``journal``.

        Raises
        ------
        OutputError
            If a record has been damaged since it was written.
        """
        ordered = sorted(self._revisions.items(), key=lambda item: make_natural_key(item[0]))
        offsets = [one.at for _, revisions in ordered for one in select_results(revisions)]
        for raw in read_raw(self._file, offsets):
            record = decode_line(raw)
            if record is None:
                raise OutputError(f"{self.path}: a record was damaged during the run", "run it again with --resume")
            yield record

    def _set_aside(self) -> None:
        """Rename an earlier journal, which stays locked until a new one is in its place."""
        if not os.fstat(self._file.fileno()).st_size:
            return
        old = choose_old_name(self._file, self.path)
        self.messages.append(f"an earlier journal is kept as {old.name}; --resume would have gone on with it")
        earlier = self._file
        if os.name == "nt":  # it cannot rename an open file
            earlier.close()
        self.path.replace(old)
        self._file = open_locked(self.path)
        earlier.close()

    def _resume(self) -> None:
        """Index the records of an earlier journal; skip and report what is damaged."""
        has_resembling = has_unchecked = False
        for at, raw in read_lines(self._file):
            record = decode_line(raw)
            if record is None:
                self._n_damaged += 1
                has_unchecked |= is_unchecked_record(raw)
                has_resembling |= resembles_record(raw)
                continue
            self._note(record, at)
        if not self._revisions and has_unchecked:
            hint = "run without --resume, which keeps it under another name"
            raise UsageError(f"{self.path}: this journal of an earlier version has no checksums", hint)
        if self._n_damaged and not (self._revisions or has_resembling):
            raise UsageError(f"{self.path} is no journal of this program", "name another file with --output")
        self._report_state()

    def _report_state(self) -> None:
        found = [one for revisions in self._revisions.values() for one in revisions]
        for one in found:
            one.is_void = not one.is_ok and one.identity is None  # what was missing then, and is not asked for now
        if n := self._n_damaged:
            what = "a line is damaged or cut short" if n == 1 else f"{n:,} lines are damaged or cut short"
            self.messages.append(f"{self.path.name}: {what}; what was on it is read again")
        if n := sum(one.is_ok and not one.is_current for one in found):
            what = "a page was" if n == 1 else f"{n:,} pages were"
            how = "read with other settings, another model or another version"
            self.messages.append(f"{self.path.name}: {what} {how}; each record stays until its page is read again")

    def _note(self, record: Record, at: int) -> None:
        """Index a record."""
        path, number, origin = record["file"], record["page"] or 0, record[KEY]
        identity: Identity | None = None if origin["bytes"] is None else (origin["bytes"], origin["mtime_ns"])
        n_pages = origin["pages"] or 0
        is_ok, is_current = record["status"] == "ok", origin["mark"] == self._mark
        has_crops = "crops" in origin or not count_rejected(record)
        revision = Revision(at, number, is_ok, is_current, identity, n_pages, has_crops)
        self._revisions.setdefault(path, []).append(revision)
        if origin["name"]:
            self.stems.setdefault(path, find_stem(origin["name"], number, n_pages))

    def _restore(self) -> None:
        """Write the journal again from the open file: its path was deleted or moved during the run."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lines = (raw for _, raw in read_lines(self._file))
        if not self.path.exists():
            self._rewrite(lines)
            return
        rescued = choose_old_name(self._file, self.path)
        self._file, _ = rewrite(self._file, rescued, lines)
        raise OutputError(f"{self.path}: another file has taken its place", f"the records are in {rescued}")

    def _rewrite(self, lines: Iterable[bytes]) -> Sequence[int]:
        self._file, offsets = rewrite(self._file, self.path, lines)
        return offsets
