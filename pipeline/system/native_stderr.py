"""Native libraries' own words on stderr, kept from mixing with ours."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

_one_at_a_time = threading.RLock()
"""There is one file descriptor 2: were two threads to move it at once, it could stay where the first had put it."""


@contextmanager
def silence_native_stderr() -> Iterator[None]:
    """Send to nowhere what C and C++ code prints on stderr; what Python writes to `sys.stderr` still gets through.

    libjpeg, libpng, LiteRT and TensorFlow print straight to file descriptor 2, with no switch to ask them not to. Wrap
    only the call that prints: a crash, `python -X importtime` and `faulthandler` speak through the same descriptor.
    """
    with _one_at_a_time:
        ours = sys.stderr
        try:
            saved = os.dup(2)
        except OSError:  # closed, as for a program without a console
            yield
            return
        moved = _move_to(saved) if _find_descriptor(ours) == 2 else None
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            if moved is not None:
                sys.stderr = ours
                with suppress(OSError):
                    moved.close()


def _move_to(descriptor: int) -> TextIO:
    """Let `sys.stderr` write to a copy of `descriptor`; return the new stream."""
    ours = sys.stderr
    ours.flush()
    sys.stderr = os.fdopen(os.dup(descriptor), "w", buffering=1, encoding=ours.encoding, errors=ours.errors)
    return sys.stderr


def _find_descriptor(stream: object) -> int:
    """Return the stream's file descriptor, or -1 where it has none (a test's buffer, a notebook's cell, no stderr)."""
    try:
        descriptor: int = stream.fileno()  # type: ignore[attr-defined]
        return descriptor
    except (AttributeError, OSError, ValueError):
        return -1
