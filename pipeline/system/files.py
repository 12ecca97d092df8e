"""Output files that are replaced as a whole or not at all, folders that can be written to, model files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from pipeline.errors import ModelError, OutputError


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
        stream = draft.open("w", encoding="utf-8", errors="surrogateescape", newline="")
    try:
        try:
            with convert_write_errors(path):
                yield stream
        except BaseException:
            with suppress(OSError):  # of what the buffer still holds; the error of the block goes first
                stream.close()
            raise
        with convert_write_errors(path):
            stream.close()  # a network disk may only now say that it is full
            if not is_device:
                draft.replace(target)
    finally:
        if not is_device:
            draft.unlink(missing_ok=True)


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
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from error
