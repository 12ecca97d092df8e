"""Output files that are replaced as a whole or not at all, folders that can be written to, model files."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from pipeline.errors import ModelError, OutputError
from pipeline.regular_files import read_regular

_OPEN_FILE = re.compile(r"/dev/(stdout|stderr|fd/\d+)|/proc/(self|\d+)/fd/\d+")
_MOST_MODEL_BYTES = (1 << 31) - 1
"""LiteRT's file format has 32-bit offsets."""

_LONGEST_NAME = 60
"""Characters of a file's name that its draft has too: no name may exceed 255 bytes."""


@contextmanager
def open_output(path: Path) -> Iterator[TextIO]:
    """Yield a stream whose content becomes the file `path` on success; until then an old file stays unchanged.

    Raises
    ------
    OutputError
        If the file cannot be written; raised on entering if it can be known then.
    """
    target = Path(os.path.realpath(path))  # a link stays a link
    if target.is_dir():
        raise OutputError(f"{path}: this is a folder", "name a file")
    is_in_place = is_device(path)
    draft = path if is_in_place else _name_draft(target)
    if target.exists() and not os.access(target, os.W_OK):
        raise OutputError(f"{path}: the file is write-protected")
    with convert_write_errors(path):
        descriptor = open_at_once(draft)
        stream = os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape", newline="")
    try:
        try:
            with convert_write_errors(path):
                yield stream
                if not is_in_place:
                    stream.flush()
                    os.fsync(stream.fileno())
        except BaseException:
            with suppress(OSError):  # of what the buffer still holds; the error of the block goes first
                stream.close()
            raise
        with convert_write_errors(path):
            stream.close()  # a network disk may only now say that it is full
            if not is_in_place:
                draft.replace(target)
    finally:
        if not is_in_place:
            draft.unlink(missing_ok=True)


def open_at_once(path: Path) -> int:
    """Open a file for writing, emptied, or a device or pipe, which is added to; return the descriptor.

    Raises
    ------
    OSError
        If it cannot be opened, or is a named pipe that no program reads, rather than wait for one.
    """
    flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags | (os.O_APPEND if is_device(path) else os.O_TRUNC), 0o666)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "no program reads from this pipe or socket") from error
        raise
    if hasattr(os, "set_blocking") and os.name != "nt":
        os.set_blocking(descriptor, True)
    return descriptor


def write_file(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all; one that is there is replaced, not written to, nor what it links to.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    draft = _name_draft(path)
    try:
        with convert_write_errors(path):
            draft.write_bytes(content)
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def is_device(path: Path) -> bool:
    """Return whether a path is that of a device or a pipe, or of an open file such as /dev/stdout: none is replaced."""
    if _OPEN_FILE.fullmatch(str(path)):
        return True
    return path.exists() and not (path.is_file() or path.is_dir())


def sync_folder(path: Path) -> None:
    """Have the names of new and replaced files in a folder on the disk, where the system can do so."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:  # some network file systems cannot
        pass
    finally:
        os.close(descriptor)


def _name_draft(path: Path) -> Path:
    return path.with_name(f".{path.name[:_LONGEST_NAME]}.{os.getpid()}.part")


@contextmanager
def convert_write_errors(path: Path | str) -> Iterator[None]:
    """Convert an OSError into an OutputError; a BrokenPipeError is none: the reader has seen enough."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from error


def make_folder(path: Path) -> Path:
    """Make a folder, if it does not exist, and return its path.

    Raises
    ------
    OutputError
        If it cannot be made or written to.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: the folder cannot be made ({error.strerror})") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise OutputError(f"{path}: the folder is write-protected")
    return path


def read_model_file(path: Path) -> bytes:
    """Return the bytes of a network's file.

    Raises
    ------
    ModelError
        If it cannot be read.
    """
    try:
        return read_regular(path, _MOST_MODEL_BYTES)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from error
