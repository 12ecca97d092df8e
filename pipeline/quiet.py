"""Native libraries' own words on stderr, kept from mixing with ours."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def silence_native_stderr() -> Iterator[None]:
    """Send to nowhere what C and C++ code prints on stderr; what Python writes to `sys.stderr` still gets through.

    libjpeg, libpng, LiteRT and TensorFlow print straight to file descriptor 2, with no switch to ask them not to.
    Python's stderr moves to a copy of the descriptor meanwhile, so nothing is lost that this project says itself.
    """
    ours = sys.stderr
    try:
        saved = os.dup(2)
    except OSError:  # no stderr at all, as under pythonw
        yield
        return
    is_real = getattr(ours, "fileno", None) is not None and _fileno(ours) == 2
    if is_real:
        ours.flush()
        sys.stderr = os.fdopen(os.dup(saved), "w", buffering=1, encoding=ours.encoding, errors=ours.errors)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        if is_real:
            with suppress(OSError):
                sys.stderr.close()
            sys.stderr = ours
        os.dup2(saved, 2)
        os.close(saved)


def _fileno(stream: object) -> int:
    """Return the stream's file descriptor, or -1 where it has none (a test's buffer, a notebook's cell)."""
    try:
        return stream.fileno()  # type: ignore[attr-defined]
    except (OSError, ValueError):
        return -1
