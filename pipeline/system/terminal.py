"""Text for people on a terminal: no file name can forge a line of it, and no closed stream ends the run."""

from __future__ import annotations

import os
import sys
import unicodedata
from contextlib import suppress
from typing import TextIO

_UNSAFE = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode categories: control characters, bidi and other invisible ones, lone surrogates, line and paragraph ends."""

_JOINERS = "\u200c\u200d"
"""Part of words in some scripts, and of emoji; they move nothing."""


def escape_text(text: str) -> str:
    r"""Return the text with each character that a terminal would obey, or not show, as an escape: ``\n``, ``\x1b``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_escape_character, text))


def _escape_character(character: str) -> str:
    if unicodedata.category(character) not in _UNSAFE or character in _JOINERS:
        return character
    return character.encode("unicode_escape").decode("ascii")


def print_message(*lines: str) -> None:
    """Print lines on stderr, escaped; where stderr is closed or full, nothing is printed, and nothing is raised."""
    if sys.stderr is None:
        return
    try:
        for line in lines:
            print(escape_text(line), file=sys.stderr)
    except (OSError, ValueError):
        abandon(sys.stderr)


def abandon(stream: TextIO) -> None:
    """Point a stream that cannot be written to at the null device: Python's flush at exit would fail."""
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def open_closed_descriptors() -> None:
    """Open the null device as stdin, stdout or stderr where they are closed.

    Otherwise the next file that is opened gets the number 1 or 2, and what native libraries print is written into it.
    `sys.stdin` and `sys.stdout` stay None, so that a closed stream is told from an empty one.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)
            if null != descriptor:
                os.dup2(null, descriptor)
                os.close(null)
            os.set_inheritable(descriptor, True)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - it stays open
