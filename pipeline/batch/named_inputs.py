"""Inputs as a person writes them -> paths: lists, patterns that no shell has expanded, addresses that are no files."""

from __future__ import annotations

import codecs
import glob
import os
import re

from pipeline.batch.natural_order import make_natural_key
from pipeline.errors import EmptyInputError, Failure, InputError, MissingInputError
from pipeline.regular_files import read_regular
from pipeline.remote.addresses import find_scheme, has_password, is_address
from pipeline.remote.fetch import fetch

STDIN = "-"
LIST_MARK = "@"
_MOST_LIST_BYTES = 100 << 20
"""Of a list: a million paths of a hundred characters."""

_LIST_S = 60.0
"""That a list on the network may take."""

_PATTERN = re.compile(r"[*?[]")
_STREAMS = ("rtsp", "rtmp", "rtp", "udp", "tcp", "srt")


def expand_input(text: str) -> list[str | Failure]:
    """Return the paths that an input stands for.

    A file or folder of exactly that name goes first, so that a name that a shell has put in, such as ``@a.png``, ``-``
    or ``a[1].png``, means that file.

    Parameters
    ----------
    text : a path, "-" for stdin, "@" and the path of a list, or a pattern with ``*``, ``?``, ``[...]`` or ``**``
    """
    if not text:
        hint = "a variable of the shell may be empty; the folder you are in is '.'"
        return [Failure.of(MissingInputError("the name of this input is empty", hint), '""')]
    if os.path.exists(text):  # noqa: PTH110 - Path raises on a name too long
        return ["./-"] if text == STDIN else [text]
    if text.startswith(LIST_MARK):
        return _read_list(text)
    if scheme := find_scheme(text):
        refusal = _find_refusal(text, scheme)
        return [Failure.of(refusal, _hide_password(text)) if refusal else text]
    if _PATTERN.search(text):
        paths: list[str | Failure] = [*sorted(glob.glob(text, recursive=True), key=make_natural_key)]  # noqa: PTH207
        return paths or [Failure.of(MissingInputError("there is no such file, and none matches it as a pattern"), text)]
    return [text]


def _find_refusal(text: str, scheme: str) -> MissingInputError | None:
    """Return the error that says what to do with an address that is not read from; None for one that is."""
    if is_address(text):
        if not has_password(text):
            return None
        return MissingInputError(
            "an address with a password is not read", "it would stand in all results: leave it out"
        )
    if scheme == "file":
        hint = "give its path, without file://"
    elif scheme in _STREAMS:
        hint = f"read it live: --webcam {text}"
    else:
        hint = "http, https, s3, gs and az are read; copy it to this computer first"
    return MissingInputError("this is an address, not a file", hint)


def _hide_password(text: str) -> str:
    return re.sub(r"://[^/]*@", "://...@", text) if is_address(text) else text


def _read_list(text: str) -> list[str | Failure]:
    """Return the paths in a list."""
    place = text.removeprefix(LIST_MARK)
    try:
        raw = fetch(place, _LIST_S)[0] if is_address(place) else read_regular(place, _MOST_LIST_BYTES)
    except InputError as error:
        return [Failure.of(error, text)]
    except FileNotFoundError:
        return [Failure.of(MissingInputError("there is no such list"), text)]
    except (OSError, ValueError) as error:
        return [Failure.of(InputError(f"this list cannot be read ({format_error(error)})", "check the list"), text)]
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # as PowerShell writes
        content = raw.decode("utf-16", "replace")
    else:
        content = raw.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")
    if "\0" in content:
        return [Failure.of(InputError("this list is no text", "write one path on each line"), text)]
    lines = [line.rstrip("\r") for line in content.split("\n")]
    named = [line for line in lines if line.strip() and not line.startswith("#")]
    paths = [entry for line in named for entry in (expand_input(line) if find_scheme(line) else [line])]
    return paths or [Failure.of(EmptyInputError("this list names no file", "write one path on each line"), text)]


def format_error(error: Exception) -> str:
    """Return what the system says of an error, without its number and path."""
    return getattr(error, "strerror", None) or str(error)
