"""The journal of a run: a file of JSON lines, a record a page, each on the disk before the page counts as done.

However a run ends, what its journal holds is done. A later run with ``--resume`` skips it: the page of the same file
(path, bytes, time of change) that the same program, model and settings have read. Pages that failed are read again, and
their old records go first, so that no page ever has two. To say all this, a record of the journal has one key more than
one of the other outputs, ``journal``.
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
from pipeline.errors import UsageError
from pipeline.outputs.records import Record
from pipeline.system.files import telling
from pipeline.system.interrupts import delay_interrupt

KEY = "journal"
_BEGINS = b'{"schema": '
OLD = ".old"
"""Ends the name of an earlier run's journal that was not resumed."""


@dataclass(slots=True)
class Done:
    """The pages of a file that have been read, and how many it has."""

    identity: Identity
    n_pages: int
    numbers: set[int] = field(default_factory=set)


class Journal:
    """An open journal, which one run at a time may hold; used as a context manager.

    Parameters
    ----------
    path : of the file
    mark : stands for program, model and settings
    paths : of the files to be read; None puts an earlier journal aside, as ``PATH.old``, where others resume it

    Attributes
    ----------
    path : of the file, links resolved
    told : what a person should know about how the journal was found, a line each

    Raises
    ------
    UsageError
        If another run writes to it, or it is something else than a journal.
    OutputError
        If it cannot be read or written.
    """

    def __init__(self, path: Path, mark: str, paths: Collection[str] | None) -> None:
        self.path, self._mark = Path(os.path.realpath(path)), mark
        self.told: list[str] = []
        self._done: dict[str, Done] = {}
        self._places: dict[tuple[str, int], int] = {}  # of each page's last record; 0 is an unopened file's
        self._known: dict[str, tuple[tuple[int | None, int | None], int]] = {}  # (bytes, time), pages; as last read
        self._n_replaced = 0
        with telling(path):
            self._file = _open_locked(self.path)
            try:
                if paths is None:
                    self._put_aside()
                else:
                    self._resume(paths)
            except BaseException:
                self._file.close()
                raise

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        if not self._places:
            self.path.unlink(missing_ok=True)

    def __len__(self) -> int:
        return len(self._places)

    def find_done(self, path: str) -> Done | None:
        """Return which pages of a file, as it is now, need not be read again; None for none."""
        done = self._done.get(path)
        return done if done and done.identity == identify(path) else None

    def add(self, outcome: Outcome) -> None:
        """Write one page's record; when this returns, it is on the disk. Ctrl-C waits until then.

        Raises
        ------
        OutputError
            If it cannot be written; the journal then ends with the record before.
        """
        n_bytes, mtime_ns = outcome.identity or (None, None)
        read_from = {"bytes": n_bytes, "mtime_ns": mtime_ns, "pages": outcome.n_pages}
        origin = {**read_from, "mark": self._mark, "name": outcome.name}
        record = {**outcome.record, KEY: origin}
        with delay_interrupt(), telling(self.path):
            if not self._is_in_place():
                self._restore()
            at = _append(self._file, json.dumps(record).encode() + b"\n")
            self._note(record, at)

    def finish(self) -> None:
        """Take out the records that later ones have replaced: of files that changed while their folder was watched."""
        if self._n_replaced:
            with telling(self.path):
                self._rewrite(set(self._places.values()))

    def read_sorted(self) -> Iterator[Record]:
        """Yield the records by path and page, each as it stands in the journal."""
        with _open_reader(self._file) as stream:
            for _, at in sorted(self._places.items()):
                stream.seek(at)
                yield json.loads(stream.readline())

    def _put_aside(self) -> None:
        if os.fstat(self._file.fileno()).st_size:
            old = self.path.with_name(self.path.name + OLD)
            self.told.append(f"an earlier journal is kept as {old.name}; --resume would have gone on with it")
            self._reopen_after(lambda: self.path.replace(old))

    def _resume(self, paths: Collection[str]) -> None:
        """Note what is done, having taken out what is torn, and of the files to be read what is not."""
        given, kept, n_torn, n_lines, is_ours = set(paths), set[int](), 0, 0, False
        for at, raw in _read_lines(self._file):
            n_lines += 1
            record = _decode(raw)
            is_ours |= record is not None or _is_torn_off(raw)
            if record is None:
                n_torn += 1
            elif record["file"] not in given or self._note_done(record):
                kept.add(at)
        if n_lines and not is_ours:
            raise UsageError(f"{self.path} is no journal of this program", "name another file with --output")
        if n_torn:
            self.told.append(f"{self.path.name}: a record was torn off; it is taken out, and its page read again")
        if len(kept) < n_lines:
            self._rewrite(kept)
        else:
            self._index()

    def _note_done(self, record: Record) -> bool:
        """Note a page as done; return whether it is: read, by this program, from the file as it still is."""
        origin = record[KEY]
        path, identity = record["file"], (origin["bytes"], origin["mtime_ns"])
        if record["status"] != "ok" or origin["mark"] != self._mark or identity != identify(path):
            return False
        self._done.setdefault(path, Done(identity, origin["pages"])).numbers.add(record["page"])
        return True

    def _note(self, record: Record, at: int) -> None:
        """Note where a page's record is, and that it replaces others: of a changed file, those of no page it has."""
        path, number, origin = record["file"], record["page"] or 0, record[KEY]
        identity = (origin["bytes"], origin["mtime_ns"])
        known, n_known = self._known.get(path, (identity, 0))
        n_pages = origin["pages"] or n_known
        self._known[path] = (identity, n_pages)
        replaced = {number}
        if number and identity != known:
            replaced |= {0, *range(n_pages + 1, n_known + 1)}
        self._n_replaced += sum(self._places.pop((path, n), None) is not None for n in replaced)
        self._places[path, number] = at

    def _is_in_place(self) -> bool:
        try:
            return os.path.samestat(self.path.stat(), os.fstat(self._file.fileno()))
        except FileNotFoundError:
            return False

    def _restore(self) -> None:
        """Put the journal back: somebody has taken it or its folder away, but what is open is not lost."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._rewrite({at for at, _ in _read_lines(self._file)})

    def _rewrite(self, kept: Collection[int]) -> None:
        """Leave only the lines that begin at these bytes, all at once."""
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
        """Move what is, or becomes, the journal; Windows moves no open file."""
        self._file.close()
        try:
            move()
        finally:
            self._file = _open_locked(self.path)

    def _index(self) -> None:
        self._places, self._known, self._n_replaced = {}, {}, 0
        for at, raw in _read_lines(self._file):
            self._note(json.loads(raw), at)


def _open_locked(path: Path) -> FileIO:
    """Return the file, to append to; without a buffer, as what could not be written would stay in it."""
    file = FileIO(path, "ab+")
    try:
        portalocker.lock(file, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
    except portalocker.LockException as error:
        file.close()
        raise UsageError(f"{path}: another run is writing to it", "wait for its end, or name another file") from error
    return file


def _append(file: FileIO, line: bytes) -> int:
    """Write a line to the disk, all of it or nothing; return where it begins."""
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
    """Yield (byte at which it begins, line) of the whole file."""
    at = 0
    with _open_reader(file) as stream:
        for raw in stream:
            yield at, raw
            at += len(raw)


def _open_reader(file: FileIO) -> BinaryIO:
    """Return a buffered stream over an open file, at its start; the path may be gone, or locked for others."""
    stream = os.fdopen(os.dup(file.fileno()), "rb")
    stream.seek(0)
    return stream


def _is_torn_off(raw: bytes) -> bool:
    """Return whether a line is the beginning of a record, and no more."""
    return raw[: len(_BEGINS)] == _BEGINS[: len(raw)] and not raw.endswith(b"\n")


def _decode(raw: bytes) -> Record | None:
    """Return the record in a line; None where it is torn or something else."""
    try:
        record = json.loads(raw) if raw.endswith(b"\n") else None
    except ValueError:
        return None
    return record if isinstance(record, dict) and isinstance(record.get(KEY), dict) else None
