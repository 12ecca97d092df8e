"""A record of the journal <-> its line, which ends in a checksum: a damaged line is never taken for a record.

The line is the JSON object of a page. The last key of its ``journal`` is ``crc32``, the checksum of the bytes of the
line before that key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from zlib import crc32

from pipeline.outputs.records import Record

KEY = "journal"
_START = b'{"schema": '
_CHECKSUM = re.compile(rb', "crc32": "([0-9a-f]{8})"\}\}\n?\Z')
_ORIGIN_KEYS = {"bytes", "mtime_ns", "pages", "mark", "name"}

_NUMBER, _OR_NONE = (int, float), type(None)
_TEXT_OR_NONE, _COUNT_OR_NONE = (str, _OR_NONE), (int, _OR_NONE)
_DIGIT = {"text": str, "confidence": _NUMBER, "box": [int], "alternatives": [list]}
_READING = {
    **{"text": str, "confidence": _NUMBER, "status": str, "reason": _TEXT_OR_NONE, "line": int, "box": [int]},
    "writing": _TEXT_OR_NONE,
    "digits": [_DIGIT],
}
_ORIGIN = {"bytes": _COUNT_OR_NONE, "mtime_ns": _COUNT_OR_NONE, "pages": _COUNT_OR_NONE, "mark": str, "name": str}
_PAGE = {"schema": int, "file": str, "page": _COUNT_OR_NONE, "note": _TEXT_OR_NONE, "numbers": [_READING]}
_SHAPES = {
    "ok": {
        **_PAGE,
        **{"page": int, "error": _OR_NONE, "size_px": [int], "turned_deg": int, "model": str},
        **{"seconds": dict, KEY: _ORIGIN},
    },
    "failed": {
        **_PAGE,
        **{"error": {"code": str, "message": str, "hint": str}, "size_px": _OR_NONE, "turned_deg": _OR_NONE},
        **{"model": _OR_NONE, "seconds": dict, KEY: _ORIGIN},
    },
}
"""The shape of a record by its status: {key: shape}, [shape of each item] or types."""


def encode_line(record: Record, origin: Mapping[str, object]) -> bytes:
    """Return the line of a page's record; `origin` says what it was read from."""
    checked = json.dumps({**record, KEY: origin}).encode().removesuffix(b"}}")
    return checked + b', "crc32": "%08x"}}\n' % crc32(checked)


def decode_line(raw: bytes) -> Record | None:
    """Return the record in a line, with its key ``journal``; None if the line is cut short, damaged or something else.

    A record that lacks nothing but the end of its line is whole. One in which a key is missing or of another type is
    something else.
    """
    found = _CHECKSUM.search(raw)
    if not found or crc32(raw[: found.start()]) != int(found[1], 16):
        return None
    record = _parse(raw)
    return record if record and _is_record(record) else None


def resembles_record(raw: bytes) -> bool:
    """Return whether a line that is no record may be the rest of one: it starts as one and has its key, or no end."""
    starts_alike = raw[: len(_START)] == _START[: len(raw)]
    return starts_alike and (not raw.endswith(b"\n") or b'"journal": {' in raw)


def is_unchecked_record(raw: bytes) -> bool:
    """Return whether a line is a record as version 0.2.0 wrote it, without a checksum."""
    record = _parse(raw)
    return record is not None and record[KEY].keys() == _ORIGIN_KEYS


def is_page(value: object) -> bool:
    """Return whether a JSON value is a page's record, with or without what a journal adds to it."""
    empty = {"bytes": None, "mtime_ns": None, "pages": None, "mark": "", "name": ""}
    return isinstance(value, dict) and _is_record({KEY: empty, **value})


def _is_record(record: Record) -> bool:
    """Return whether all that is read from records is there, and of its type."""
    status = record.get("status")
    if not (isinstance(status, str) and status in _SHAPES and _has_shape(record, _SHAPES[status])):
        return False
    is_sized = record["size_px"] is None or len(record["size_px"]) == 2
    is_boxed = all(len(one["box"]) == 4 for n in record["numbers"] for one in (n, *n["digits"]))
    return is_sized and is_boxed and _has_shape(record[KEY].get("crops", []), [str])


def _has_shape(value: Any, shape: Any) -> bool:
    if isinstance(shape, dict):
        return isinstance(value, dict) and all(
            key in value and _has_shape(value[key], own) for key, own in shape.items()
        )
    if isinstance(shape, list):
        return isinstance(value, list) and all(_has_shape(item, shape[0]) for item in value)
    return isinstance(value, shape) and not isinstance(value, bool)


def _parse(raw: bytes) -> Record | None:
    try:
        record = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and isinstance(record.get(KEY), dict) else None
