"""Parsers of bytes that come from outside, each with whole inputs to begin with: for `tests.bench.fuzz`.

A target may raise the project's own errors and no other.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

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
    """Read lines as they are, and each with the right checksum; then resume a journal of both, and finish it."""
    from pipeline.batch.journal import Journal
    from pipeline.batch.journal_lines import decode_line, encode_line
    from pipeline.errors import UsageError

    path = folder / "out.csv.journal.jsonl"

    def resume(raw: bytes) -> None:
        lines = [changed for line in raw.split(b"\n") for changed in (line, _right_checksum(line))]
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
                journal.finish()
                assert repr(list(journal.read_sorted())) == repr(before)
        except UsageError:
            assert path.read_bytes() == b"\n".join(lines)  # refused, and left as it was

    return resume


def _right_checksum(line: bytes) -> bytes:
    checked, found, _ = line.rpartition(b', "crc32": "')
    checked = checked if found else line.rstrip(b"}\n")
    return checked + b', "crc32": "%08x"}}' % crc32(checked)


def _make_journals() -> list[bytes]:
    from pipeline.batch.journal_lines import encode_line
    from pipeline.errors import Failure
    from pipeline.outputs.records import make_record
    from pipeline.types import PageReading

    origin = {"bytes": 7, "mtime_ns": 1, "pages": 2, "mark": MARK, "name": "a.page1", "crops": ["a.png"]}
    missing = {"bytes": None, "mtime_ns": None, "pages": None, "mark": "other", "name": ""}
    failed = encode_line(make_record(Failure("b.tif", None, "missing", "gone", "")), missing)
    read = encode_line(make_record(PageReading("a.tif", 1, (9, 9), (), "digits", {"total": 0.1})), origin)
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
