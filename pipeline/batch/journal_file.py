"""The file of a journal: locked, appended to, and replaced as a whole; at no moment is it without its lines."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from io import FileIO
from itertools import count
from pathlib import Path
from typing import BinaryIO

import portalocker

from pipeline.batch.journal_lines import decode_line
from pipeline.errors import UsageError
from pipeline.system.files import sync_folder

OLD = ".old"
"""Suffix of the journal of an earlier run that was not resumed."""

_MOST_TRIES = 100


def open_locked(path: Path) -> FileIO:
    """Return the file at a path, opened to append, and locked. A buffer would keep what could not be written.

    Between opening and locking, another run may have put another file there: then that one is opened.

    Raises
    ------
    UsageError
        If another run has locked it.
    """
    for _ in range(_MOST_TRIES):
        file = FileIO(path, "ab+")
        try:
            portalocker.lock(file, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
        except portalocker.LockException:
            file.close()
            break
        if is_at_path(file, path):
            return file
        file.close()
    raise UsageError(f"{path}: another run is writing to it", "wait for its end, or name another file")


def is_at_path(file: FileIO, path: Path) -> bool:
    """Return whether an open file is the one at a path: neither deleted nor moved nor replaced."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def append(file: FileIO, line: bytes) -> int:
    """Write a line to the disk, all of it or nothing; return its byte offset. A last line cut short is ended first."""
    end = file.seek(0, os.SEEK_END)
    is_cut = end > 0 and _read_last_byte(file, end) != b"\n"
    try:
        _write(file, b"\n" + line if is_cut else line)
        os.fsync(file.fileno())
    except OSError:
        file.truncate(end)
        raise
    return end + is_cut


def _read_last_byte(file: FileIO, end: int) -> bytes:
    file.seek(end - 1)
    return file.read(1) or b""


def rewrite(file: FileIO, path: Path, lines: Iterable[bytes]) -> tuple[FileIO, Sequence[int]]:
    """Put a new file of these lines at a path, in one step; close the old one.

    Returns
    -------
    the new file, locked, and the byte offset of each line
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    new = open_locked(draft)
    try:
        new.truncate(0)
        offsets = [_write(new, raw if raw.endswith(b"\n") else raw + b"\n") for raw in lines]
        os.fsync(new.fileno())
        if os.name == "nt":  # it cannot rename an open file, nor replace one
            new.close()
            file.close()
            draft.replace(path)
            new = open_locked(path)
        else:
            draft.replace(path)
            file.close()
    except BaseException:
        new.close()
        raise
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)
    return new, offsets


def choose_old_name(file: FileIO, path: Path) -> Path:
    """Return the name to put a journal aside under: ``PATH.old``, or ``PATH.old2`` and so on if that is taken.

    A journal there is replaced only if the one to put aside has each page that it has.
    """
    pages: set[tuple[str, int | None]] | None = None
    for n in count(1):
        old = path.with_name(path.name + OLD + (str(n) if n > 1 else ""))
        if not os.path.lexists(old):
            return old
        if not old.is_file():
            continue
        pages = _list_pages(file) if pages is None else pages
        with FileIO(old) as other:
            earlier = _list_pages(other)
        if earlier and earlier <= pages:
            return old
    raise AssertionError("count() has no end")


def _list_pages(file: FileIO) -> set[tuple[str, int | None]]:
    """Return the pages, as (file, number), that a journal has read."""
    records = (decode_line(raw) for _, raw in read_lines(file))
    return {(record["file"], record["page"]) for record in records if record and record["status"] == "ok"}


def read_lines(file: FileIO) -> Iterator[tuple[int, bytes]]:
    """Yield (byte offset, line) of the whole file."""
    at = 0
    with _open_reader(file) as stream:
        for raw in stream:
            yield at, raw
            at += len(raw)


def read_raw(file: FileIO, offsets: Iterable[int]) -> Iterator[bytes]:
    """Yield the lines at these byte offsets."""
    with _open_reader(file) as stream:
        for at in offsets:
            stream.seek(at)
            yield stream.readline()


def _write(file: FileIO, raw: bytes) -> int:
    """Write all bytes at the end of a file; return their byte offset."""
    at = file.seek(0, os.SEEK_END)
    rest = memoryview(raw)
    while rest:
        rest = rest[file.write(rest) :]
    return at


def _open_reader(file: FileIO) -> BinaryIO:
    """Return a buffered stream over an open file, at its start; its path may be locked or deleted."""
    stream = os.fdopen(os.dup(file.fileno()), "rb")
    stream.seek(0)
    return stream
