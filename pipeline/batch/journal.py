"""The journal of a run: JSON lines, one record per page, each on the disk before its page counts as done.

However a run ends, the pages in its journal are done. A later run with ``--resume`` skips a page if the same program,
model and settings have read it from the same file (path, size, time of change). Pages that failed are read again; their
old records are removed first, so that no page has two. To make this possible, a record in the journal has one more key
than in the other outputs, ``journal``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import BinaryIO

import portalocker

from pipeline.batch.jobs import Identity, Outcome, identify
from pipeline.batch.natural_order import make_natural_key
from pipeline.errors import UsageError
from pipeline.outputs.records import Record
from pipeline.system.files import convert_write_errors
from pipeline.system.interrupts import delay_interrupt

KEY = "journal"
_RECORD_START = b'{"schema": '
OLD = ".old"
"""Suffix of the journal of an earlier run that was not resumed."""


@dataclass(slots=True)
class DonePages:
    """The pages of a file that have been read, and how many pages it has."""

    identity: Identity
    n_pages: int
    numbers: set[int] = field(default_factory=set)


class Journal:
    """An open journal, locked against other runs; used as a context manager.

    Parameters
    ----------
    path : of the file
    mark : hash of program, model and settings
    paths : of the files to be read, to resume an earlier journal; None renames an earlier one to ``PATH.old``

    Attributes
    ----------
    path : of the file, links resolved
    messages : for the user, about the state of an earlier journal

    Raises
    ------
    UsageError
        If another run writes to it, or if it is not a journal.
    OutputError
        If it cannot be read or written.
    """

    def __init__(self, path: Path, mark: str, paths: Collection[str] | None) -> None:
        self.path, self._mark = Path(os.path.realpath(path)), mark
        self.messages: list[str] = []
        self._done: dict[str, DonePages] = {}
        self._offsets: dict[
            tuple[str, int], int
        ] = {}  # byte offset of each page's record; page 0 is a file that could not be opened
        self._known: dict[
            str, tuple[tuple[int | None, int | None], int]
        ] = {}  # by path: (identity, number of pages) as last read
        self._n_replaced = 0
        with convert_write_errors(path):
            self._file = _open_locked(self.path)
            try:
                if paths is None:
                    self._rename_old()
                else:
                    self._resume(paths)
            except BaseException:
                self._file.close()
                raise

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        if not self._offsets:
            self.path.unlink(missing_ok=True)

    def __len__(self) -> int:
        return len(self._offsets)

    def find_done(self, path: str) -> DonePages | None:
        """Return the pages of a file that need not be read again; None if there are none or the file has changed."""
        done = self._done.get(path)
        return done if done and done.identity == identify(path) else None

    def add(self, outcome: Outcome) -> None:
        """Write the record of one page; on return it is on the disk. Ctrl-C is delayed until then.

        Raises
        ------
        OutputError
            If it cannot be written; the journal then ends with the previous record.
        """
        n_bytes, mtime_ns = outcome.identity or (None, None)
        read_from = {"bytes": n_bytes, "mtime_ns": mtime_ns, "pages": outcome.n_pages}
        origin = {**read_from, "mark": self._mark, "name": outcome.name}
        record = {**outcome.record, KEY: origin}
        with delay_interrupt(), convert_write_errors(self.path):
            if not self._is_at_path():
                self._restore()
            at = _append(self._file, json.dumps(record).encode() + b"\n")
            self._note(record, at)

    def finish(self) -> None:
        """Remove the records that later ones have replaced: those of files that changed in a watched folder."""
        if self._n_replaced:
            with convert_write_errors(self.path):
                self._rewrite(set(self._offsets.values()))

    def read_sorted(self) -> Iterator[Record]:
        """Yield the records by path, in natural order, and page, with their key ``journal``."""
        with _open_reader(self._file) as stream:
            for _, at in sorted(self._offsets.items(), key=lambda item: (make_natural_key(item[0][0]), item[0][1])):
                stream.seek(at)
                yield json.loads(stream.readline())

    def _rename_old(self) -> None:
        if os.fstat(self._file.fileno()).st_size:
            old = self.path.with_name(self.path.name + OLD)
            self.messages.append(f"an earlier journal is kept as {old.name}; --resume would have gone on with it")
            self._reopen_after(lambda: self.path.replace(old))

    def _resume(self, paths: Collection[str]) -> None:
        """Index the pages that are done; remove truncated records, and those of pages that are to be read again."""
        to_read, kept, n_truncated, n_lines, is_journal = set(paths), set[int](), 0, 0, False
        for at, raw in _read_lines(self._file):
            n_lines += 1
            record = _decode(raw)
            is_journal |= record is not None or _is_truncated(raw)
            if record is None:
                n_truncated += 1
            elif record["file"] not in to_read or self._note_done(record):
                kept.add(at)
        if n_lines and not is_journal:
            raise UsageError(f"{self.path} is no journal of this program", "name another file with --output")
        if n_truncated:
            self.messages.append(f"{self.path.name}: a record was cut short; it is removed, and its page read again")
        if len(kept) < n_lines:
            self._rewrite(kept)
        else:
            self._index()

    def _note_done(self, record: Record) -> bool:
        """Note the page if it is done: read, with this mark, from the file as it is now; return whether it is."""
        origin = record[KEY]
        path, identity = record["file"], (origin["bytes"], origin["mtime_ns"])
        if record["status"] != "ok" or origin["mark"] != self._mark or identity != identify(path):
            return False
        self._done.setdefault(path, DonePages(identity, origin["pages"])).numbers.add(record["page"])
        return True

    def _note(self, record: Record, at: int) -> None:
        """Index a record and drop those it replaces: the page's old one, and pages that a changed file has lost."""
        path, number, origin = record["file"], record["page"] or 0, record[KEY]
        identity = (origin["bytes"], origin["mtime_ns"])
        known, n_known = self._known.get(path, (identity, 0))
        n_pages = origin["pages"] or n_known
        self._known[path] = (identity, n_pages)
        replaced = {number}
        if number and identity != known:
            replaced |= {0, *range(n_pages + 1, n_known + 1)}
        self._n_replaced += sum(self._offsets.pop((path, n), None) is not None for n in replaced)
        self._offsets[path, number] = at

    def _is_at_path(self) -> bool:
        try:
            return os.path.samestat(self.path.stat(), os.fstat(self._file.fileno()))
        except FileNotFoundError:
            return False

    def _restore(self) -> None:
        """Write the journal again from the open file: its path was deleted or moved during the run."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._rewrite({at for at, _ in _read_lines(self._file)})

    def _rewrite(self, kept: Collection[int]) -> None:
        """Replace the journal by the lines that start at these byte offsets."""
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        try:
            with draft.open("wb") as stream:
                stream.writelines(raw for at, raw in _read_lines(self._file) if at in kept)
                stream.flush()
                os.fsync(stream.fileno())
            self._reopen_after(lambda: draft.replace(self.path))
        finally:
            draft.unlink(missing_ok=True)
        self._index()

    def _reopen_after(self, move: Callable[[], object]) -> None:
        """Close the journal, move files, and open it again: Windows cannot move an open file."""
        self._file.close()
        try:
            move()
        finally:
            self._file = _open_locked(self.path)

    def _index(self) -> None:
        self._offsets, self._known, self._n_replaced = {}, {}, 0
        for at, raw in _read_lines(self._file):
            self._note(json.loads(raw), at)


def _open_locked(path: Path) -> FileIO:
    """Return the file, opened to append, unbuffered: a buffer would keep what could not be written."""
    file = FileIO(path, "ab+")
    try:
        portalocker.lock(file, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
    except portalocker.LockException as error:
        file.close()
        raise UsageError(f"{path}: another run is writing to it", "wait for its end, or name another file") from error
    return file


def _append(file: FileIO, line: bytes) -> int:
    """Write a line to the disk, all of it or nothing; return its byte offset."""
    at = file.seek(0, os.SEEK_END)
    try:
        rest = memoryview(line)
        while rest:
            rest = rest[file.write(rest) :]
        os.fsync(file.fileno())
    except OSError:
        file.truncate(at)
        raise
    return at


def _read_lines(file: FileIO) -> Iterator[tuple[int, bytes]]:
    """Yield (byte offset, line) of the whole file."""
    at = 0
    with _open_reader(file) as stream:
        for raw in stream:
            yield at, raw
            at += len(raw)


def _open_reader(file: FileIO) -> BinaryIO:
    """Return a buffered stream over an open file, at its start; its path may be locked or deleted."""
    stream = os.fdopen(os.dup(file.fileno()), "rb")
    stream.seek(0)
    return stream


def _is_truncated(raw: bytes) -> bool:
    """Return whether a line is the start of a record without its end."""
    return raw[: len(_RECORD_START)] == _RECORD_START[: len(raw)] and not raw.endswith(b"\n")


def _decode(raw: bytes) -> Record | None:
    """Return the record in a line; None if it is truncated or not a record."""
    try:
        record = json.loads(raw) if raw.endswith(b"\n") else None
    except ValueError:
        return None
    return record if isinstance(record, dict) and isinstance(record.get(KEY), dict) else None
