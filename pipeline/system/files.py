"""Output files that are replaced as a whole or not at all, and folders that can be written to."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from pipeline.errors import OutputError


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
    is_device = target.exists() and not target.is_file()  # /dev/stdout and the like cannot be replaced
    draft = target if is_device else target.with_name(f".{target.name}.{os.getpid()}.part")
    if target.exists() and not os.access(target, os.W_OK):
        raise OutputError(f"{path}: the file is write-protected")
    with convert_write_errors(path):
        descriptor = _open_at_once(draft)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
            yield stream
        if not is_device:
            with convert_write_errors(path):
                draft.replace(target)
    finally:
        if not is_device:
            draft.unlink(missing_ok=True)


def _open_at_once(path: Path) -> int:
    """Open a file for writing, emptied; raise OSError for a named pipe that no program reads, rather than wait for one.

    Returns
    -------
    file descriptor
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags, 0o666)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "no program reads from this pipe or socket") from error
        raise
    if hasattr(os, "set_blocking") and os.name != "nt":
        os.set_blocking(descriptor, True)
    return descriptor


@contextmanager
def convert_write_errors(path: Path) -> Iterator[None]:
    """Convert an OSError into an OutputError."""
    try:
        yield
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
