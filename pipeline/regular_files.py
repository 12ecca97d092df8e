"""Regular files, opened without ever waiting: a FIFO without a writer, a terminal or a device may block for good."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader

_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def open_regular(path: str | os.PathLike[str]) -> BufferedReader:
    """Return the file, open for reading in binary.

    Raises
    ------
    OSError
        If it is no regular file, which is found out before it is opened, or cannot be opened.
    """
    _check_kind(os.stat(path).st_mode)  # noqa: PTH116 - Path would normalize the name
    file = open(path, "rb", opener=_open_at_once)  # noqa: SIM115, PTH123 - the caller closes it
    try:
        _check_kind(os.fstat(file.fileno()).st_mode)  # it may have been replaced
    except OSError:
        file.close()
        raise
    return file


def read_regular(path: str | os.PathLike[str], most_bytes: int) -> bytes:
    """Return the bytes of a file; a size of 0, as that of the files in /proc, is believed.

    Raises
    ------
    OSError
        If it is no regular file, has more than `most_bytes`, or cannot be read.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > most_bytes:
            raise OSError(errno.EFBIG, f"it is larger than {most_bytes >> 20} MB")
        return file.read(size)


def _check_kind(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, f"it is {_KINDS.get(stat.S_IFMT(mode), 'of an unknown kind')}, not a regular file")


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
