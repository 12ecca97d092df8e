"""The results of an earlier run, read from its JSON, its JSON lines or its journal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.batch.journal_lines import KEY, decode_line, is_page
from pipeline.batch.natural_order import make_natural_key
from pipeline.batch.results import choose_journal
from pipeline.batch.revisions import Revision, select_results
from pipeline.errors import UsageError
from pipeline.outputs.records import Record
from pipeline.regular_files import read_regular

_MOST_BYTES = 1 << 32
_JSON_SUFFIXES = (".json", ".jsonl")
_HINT = "name the .json or .jsonl file of the run, or a file that has its journal beside it"


def find_results(path: Path) -> Path:
    """Return the file with the records of the results in `path`: itself, or the journal beside a table or a report.

    Raises
    ------
    UsageError
        If there is none.
    """
    journal = path if path.suffix.lower() in _JSON_SUFFIXES else choose_journal([path], None)
    if not journal.is_file():
        what = (
            "there is no such file" if journal == path or not path.exists() else f"there is no {journal.name} beside it"
        )
        raise UsageError(f"{path}: {what}", _HINT)
    return journal


def read_results(path: Path) -> list[tuple[Record, Sequence[str]]]:
    """Return the records of a run, each with the names of its crops for review, () where they are not known.

    Of a journal these are the records of the newest run, sorted by path, in natural order, and page.

    Raises
    ------
    UsageError
        If the file cannot be read, or holds anything else.
    """
    try:
        raw = read_regular(path, _MOST_BYTES).removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})", _HINT) from error
    lines = [line for line in raw.splitlines() if line.strip()]
    if lines and b'"journal": {' in lines[0]:
        return [(record, record.pop(KEY).get("crops", ())) for record in _select(path, lines)]
    try:
        records = json.loads(raw) if raw.lstrip().startswith(b"[") else [*map(json.loads, lines)]
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: these are no results of this program ({error})", _HINT) from error
    if not all(map(is_page, records)):
        raise UsageError(f"{path}: these are no results of this program", _HINT)
    return [(record, ()) for record in records]


def _select(path: Path, lines: Sequence[bytes]) -> Iterator[Record]:
    """Yield the records of a journal that are results of its newest run."""
    records = [decode_line(line) for line in lines]
    if None in records:
        at = 1 + records.index(None)
        raise UsageError(f"{path}: line {at} of the journal is damaged", "run the batch again with --resume")
    whole = [record for record in records if record is not None]
    mark = whole[-1][KEY]["mark"]
    by_file: dict[str, list[Revision]] = {}
    for at, record in enumerate(whole):
        origin = record[KEY]
        identity = None if origin["bytes"] is None else (origin["bytes"], origin["mtime_ns"])
        is_ok, is_current = record["status"] == "ok", origin["mark"] == mark
        own = Revision(at, record["page"] or 0, is_ok, is_current, identity, origin["pages"] or 0, "crops" in origin)
        by_file.setdefault(record["file"], []).append(own)
    for _, revisions in sorted(by_file.items(), key=lambda item: make_natural_key(item[0])):
        yield from (whole[revision.at] for revision in select_results(revisions))
