"""Parsers of bytes that come from outside, each with whole inputs to begin with: for `tests.bench.fuzz`.

A target may raise the project's own errors and no other.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

TOP = Path(__file__).resolve().parents[2]
MOST_PAGES = 50
MARK = "mark"


@dataclass(frozen=True, slots=True)
class Target:
    """A parser under attack.

    Attributes
    ----------
    modules : that are watched, so that inputs which reach new branches are kept and changed further
    prepare : takes an empty folder, imports what is needed and returns the function to call with bytes
    make_seeds : returns whole inputs
    longest : bytes of an input
    """

    modules: tuple[str, ...]
    prepare: Callable[[Path], Callable[[bytes], object]]
    make_seeds: Callable[[], list[bytes]]
    longest: int


def _prepare_headers(folder: Path) -> Callable[[bytes], object]:
    from pipeline.images.headers import read_header

    return lambda raw: read_header(raw, MOST_PAGES)


def _make_pictures() -> list[bytes]:
    from tests.bench.mutate import make_originals

    return [raw for _, raw in make_originals()]


def _prepare_journal(folder: Path) -> Callable[[bytes], object]:
    """Read lines as they are, with the right checksum, and with a strange value; then resume a journal of them.

    What the run writes in the end, the results, must come out of it, too.
    """
    from pipeline.batch.journal import Journal
    from pipeline.batch.journal_lines import decode_line, encode_line
    from pipeline.errors import UsageError
    from pipeline.outputs.csv_writer import make_rows

    path = folder / "out.csv.journal.jsonl"

    def resume(raw: bytes) -> None:
        whole = raw.split(b"\n")
        lines = [*whole, *map(_right_checksum, whole), *(_right_checksum(_change_value(line)) for line in whole)]
        for line in lines:
            record = decode_line(line)
            if record is not None:
                del record["journal"]["crc32"]
                again = decode_line(encode_line(record, record["journal"])) or {}
                del again["journal"]["crc32"]
                assert repr(again) == repr(record)  # of NaN, too
        path.write_bytes(b"\n".join(lines))
        for old in folder.glob("*.old*"):
            old.unlink()
        try:
            with Journal(path, MARK, True) as journal:
                before = list(journal.read_sorted())
                for record in before:
                    make_rows(record)
                journal.finish()
                assert repr(list(journal.read_sorted())) == repr(before)
        except UsageError:
            assert path.read_bytes() == b"\n".join(lines)  # refused, and left as it was

    return resume


def _change_value(line: bytes) -> bytes:
    """Return a line of JSON in which one value, which depends on the line alone, is another one or of another type."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return line
    rng = np.random.default_rng(crc32(line))
    places: list[tuple[Any, Any]] = []
    _list_places(record, places)
    if places:
        holder, key = places[rng.integers(len(places))]
        holder[key] = _STRANGE[rng.integers(len(_STRANGE))]
    return json.dumps(record).encode()


def _list_places(value: Any, places: list[tuple[Any, Any]]) -> None:
    """Add all (holder, key) in a JSON value to `places`, as deep as anything here is."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        places.append((value, key))
        if len(places) < 1000:
            _list_places(value[key], places)


_STRANGE: tuple[Any, ...] = (None, True, -1, 10**30, 1.5, float("nan"), "", "\ud800", [], [7], [[]], {}, {"a": 1})


def _right_checksum(line: bytes) -> bytes:
    checked, found, _ = line.rpartition(b', "crc32": "')
    checked = checked if found else line.rstrip(b"}\n")
    return checked + b', "crc32": "%08x"}}' % crc32(checked)


def _make_journals() -> list[bytes]:
    from pipeline.batch.journal_lines import encode_line
    from pipeline.errors import Failure
    from pipeline.geometry import Box
    from pipeline.outputs.records import make_record
    from pipeline.types import Digit, PageReading, Reading

    origin = {"bytes": 7, "mtime_ns": 1, "pages": 2, "mark": MARK, "name": "a.page1", "crops": ["a.png"]}
    missing = {"bytes": None, "mtime_ns": None, "pages": None, "mark": "other", "name": ""}
    failed = encode_line(make_record(Failure("b.tif", None, "missing", "gone", "")), missing)
    box = Box(1, 2, 3, 4)
    numbers = (Reading("7", 0.5, box, (Digit("7", 0.5, box),), "rejected", "uncertain"),)
    read = encode_line(make_record(PageReading("a.tif", 1, (9, 9), numbers, "digits", {"total": 0.1})), origin)
    return [read, failed, read + failed + read]


def _prepare_card(folder: Path) -> Callable[[bytes], object]:
    from pipeline.recognition.model_card import read_card

    def read(raw: bytes) -> object:
        (folder / "card.json").write_bytes(raw)
        return read_card(folder / "model.tflite")

    return read


def _make_cards() -> list[bytes]:
    stated = {"temperature": 1.5, "classes": ["0", "1"], "line_model": "lines"}
    cards = [stated, {**stated, "input": {"range": [255, 0], "is_transposed": True}}]
    return [json.dumps(card).encode() for card in cards]


def _prepare_settings(folder: Path) -> Callable[[bytes], object]:
    """Read the same bytes as TOML and as JSON: what both come to must come back from its own TOML and dictionary."""
    from pipeline.errors import SettingsError
    from pipeline.settings.tree import Settings

    def read(raw: bytes) -> None:
        errors = []
        for name in ("settings.toml", "settings.json"):
            (folder / name).write_bytes(raw)
            try:
                settings = Settings.from_file(folder / name)
            except SettingsError as error:
                errors.append(error)
                continue
            assert Settings.from_dict(settings.to_dict()) == settings
            (folder / "again.toml").write_text(settings.to_toml(), "utf-8")
            assert Settings.from_file(folder / "again.toml") == settings
        if len(errors) == 2:
            raise errors[0]

    return read


def _make_settings() -> list[bytes]:
    from pipeline.settings.tree import Settings

    parts = {
        "decode": {"reject_below": 0.5},
        "skew": {"is_enabled": False, "least_components": 5},
        "text_lines": {"least_height_px": 3},
    }
    lines = [
        f"[{stage}]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in own.items()) for stage, own in parts.items()
    ]
    return [json.dumps(parts).encode(), "".join(lines).encode(), Settings().to_toml().encode()[:1500]]


TARGETS = {
    "headers": Target(("pipeline.images",), _prepare_headers, _make_pictures, 20_000),
    "journal": Target(("pipeline.batch", "json"), _prepare_journal, _make_journals, 4_000),
    "card": Target(("pipeline.recognition.model_card", "json"), _prepare_card, _make_cards, 1_000),
    "settings": Target(("pipeline.settings", "json", "tomllib", "tomli"), _prepare_settings, _make_settings, 2_000),
}
"""The parsers by name."""
