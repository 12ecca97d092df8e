"""Suppresses what native libraries print on stderr."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

_lock = threading.RLock()
"""File descriptor 2 belongs to the process: two threads that redirect it at once might not restore it."""


@contextmanager
def silence_native_stderr() -> Iterator[None]:
    """Discard what C and C++ code prints on stderr; what Python writes to `sys.stderr` is still shown.

    libjpeg, libpng, LiteRT and TensorFlow print to file descriptor 2 and have no option to be silent. Wrap only the
    call that prints: crashes, `python -X importtime` and `faulthandler` use the same descriptor.
    """
    with _lock:
        python_stderr = sys.stderr
        try:
            saved = os.dup(2)
        except OSError:  # closed, as for a program without a console
            yield
            return
        moved = _move_to(saved) if _find_descriptor(python_stderr) == 2 else None
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        os.close(null)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            if moved is not None:
                sys.stderr = python_stderr
                with suppress(OSError):
                    moved.close()


def _move_to(descriptor: int) -> TextIO:
    """Point `sys.stderr` to a copy of `descriptor`; return the new stream."""
    old = sys.stderr
    old.flush()
    sys.stderr = os.fdopen(os.dup(descriptor), "w", buffering=1, encoding=old.encoding, errors=old.errors)
    return sys.stderr


def _find_descriptor(stream: object) -> int:
    """Return the stream's file descriptor, or -1 if it has none (a buffer, a notebook, no stderr)."""
    try:
        descriptor: int = stream.fileno()  # type: ignore[attr-defined]
        return descriptor
    except (AttributeError, OSError, ValueError):
        return -1
