"""What an output may overwrite: nothing that the run reads, and without ``--force`` only results of this program."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.outputs.csv_writer import CSV_COLUMNS
from pipeline.outputs.form_csv_writer import FORM_COLUMNS
from pipeline.outputs.grid_writer import resembles_grid
from pipeline.outputs.parquet_tables import is_own_parquet
from pipeline.outputs.workbook import is_own_workbook
from pipeline.system.files import is_device

VIDEO_MARK = b"handwritten-digits"
"""What a recording ends with."""

_ZIP = b"PK\x03\x04"
_PARQUET = b"PAR1"
_HEAD_BYTES = 2**16
_HEADERS = tuple(",".join(columns).encode() for columns in (CSV_COLUMNS[:6], FORM_COLUMNS))
_RECORD = re.compile(rb'^(\[\s*)?\{"schema": \d+, "(file|source)": ', re.MULTILINE)
_NO_RECORDS = re.compile(rb"\[\s*\]\s*")
_TEXT_LINE = re.compile(rb".+: (\(no numbers\)|\(failed: .*\)|[-0-9.,?| ]+|(\w[-\w]*=\d*\??( |$))+)")
_REPORT = re.compile(rb"<!DOCTYPE html>.{,2000}?default-src 'none'; img-src data:", re.DOTALL)


def check_sources_are_kept(outputs: Sequence[tuple[str, Path]], sources: Iterable[tuple[str, str | Path]]) -> None:
    """Raise UsageError if a file to write is one of those that are read, under this name, another one or a link.

    Parameters
    ----------
    outputs : (flag, path) of each file to write; devices and pipes are not replaced
    sources : (what it is, path) of each file that is read
    """
    files = {os.path.realpath(path): (flag, path) for flag, path in outputs if not is_device(path)}
    existing = {key: output for path, output in files.items() if (key := _identify(path))}
    for what, source in sources:
        key = _identify(source) if existing else None
        if output := (key and existing.get(key)) or files.get(str(source)):
            raise UsageError(f"{output[0]} {output[1]} is {what}", "choose another name")


def check_replaceable(outputs: Iterable[tuple[str, Path]], grids: Iterable[Path] = ()) -> None:
    """Raise UsageError if there is a file where one is to be written, and it is no result of this program.

    Parameters
    ----------
    outputs : (flag, path) of each file to write
    grids : those of them that were written as grids, if they look like it: a grid has no columns by which it is known
    """
    known = set(grids)
    for flag, path in outputs:
        if not path.is_file() or is_device(path):  # opening a pipe would wait for its other end
            continue
        if not is_own_result(path) and not (path in known and resembles_grid(_read_ends(path)[0])):
            hint = "choose another name, or give --force to replace it"
            raise UsageError(f"{flag} {path}: this file is no result of this program", hint)


def is_own_result(path: Path) -> bool:
    """Return whether a file was written by this program, as far as it can be told, or is empty.

    CSV is known by its columns, JSON and journals by the begin of a record, a report by its policy, a workbook by its
    creator, a Parquet table by its metadata, a video by its end, text by its first lines.
    A file that cannot be read is none.
    """
    try:
        head, tail = _read_ends(path)
    except OSError:
        return False
    if tail == VIDEO_MARK or (head.startswith(_ZIP) and is_own_workbook(path)):
        return True
    if head.startswith(_PARQUET):
        return is_own_parquet(path)
    head = head.removeprefix(b"\xef\xbb\xbf")
    is_known = head.startswith(_HEADERS) or _RECORD.search(head) or _NO_RECORDS.fullmatch(head) or _REPORT.match(head)
    return bool(is_known) or _is_text(head)


def _read_ends(path: Path) -> tuple[bytes, bytes]:
    """Return the begin of a file, and its end, as long as the mark of a video."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        file.seek(max(0, path.stat().st_size - len(VIDEO_MARK)))
        return head, file.read()


def _is_text(head: bytes) -> bool:
    lines = head.splitlines()
    return all(map(_TEXT_LINE.fullmatch, lines[:-1] if len(head) == _HEAD_BYTES else lines))


def _identify(path: str | Path) -> tuple[int, int] | None:
    """Return what identifies a file on this machine, by whatever name; None if there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - Path would normalize the name
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino
