"""A record of the journal <-> its line, which ends in a checksum: a damaged line is never taken for a record.

The line is the JSON object of a page. The last key of its ``journal`` is ``crc32``, the checksum of the bytes of the
line before that key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from zlib import crc32

from pipeline.outputs.records import Record

KEY = "journal"
_START = b'{"schema": '
_CHECKSUM = re.compile(rb', "crc32": "([0-9a-f]{8})"\}\}\n?\Z')
_KEYS = {"schema", "file", "page", "status", "error", "note", "size_px", "turned_deg", "model", "numbers", "seconds"}
_ORIGIN_KEYS = {"bytes", "mtime_ns", "pages", "mark", "name"}


def encode_line(record: Record, origin: Mapping[str, object]) -> bytes:
    """Return the line of a page's record; `origin` says what it was read from."""
    checked = json.dumps({**record, KEY: origin}).encode().removesuffix(b"}}")
    return checked + b', "crc32": "%08x"}}\n' % crc32(checked)


def decode_line(raw: bytes) -> Record | None:
    """Return the record in a line, with its key ``journal``; None if the line is cut short, damaged or something else.

    A record that lacks nothing but the end of its line is whole.
    """
    found = _CHECKSUM.search(raw)
    if not found or crc32(raw[: found.start()]) != int(found[1], 16):
        return None
    record = _parse(raw)
    return record if record and record.keys() >= _KEYS and record[KEY].keys() >= _ORIGIN_KEYS else None


def resembles_record(raw: bytes) -> bool:
    """Return whether a line that is no record may be the rest of one: it starts as one and has its key, or no end."""
    starts_alike = raw[: len(_START)] == _START[: len(raw)]
    return starts_alike and (not raw.endswith(b"\n") or b'"journal": {' in raw)


def is_unchecked_record(raw: bytes) -> bool:
    """Return whether a line is a record as version 0.2.0 wrote it, without a checksum."""
    record = _parse(raw)
    return record is not None and record[KEY].keys() == _ORIGIN_KEYS


def _parse(raw: bytes) -> Record | None:
    try:
        record = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and isinstance(record.get(KEY), dict) else None
