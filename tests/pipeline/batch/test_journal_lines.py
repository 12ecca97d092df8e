from __future__ import annotations

import json

import pytest

from pipeline.batch.journal_lines import KEY, decode_line, encode_line, is_unchecked_record, resembles_record
from pipeline.errors import Failure
from pipeline.geometry import Box
from pipeline.outputs.records import Record, make_record
from pipeline.types import Digit, PageReading, Reading

RECORD = make_record(Failure('a, "b"\n\udcff/\u6570.jpg', 1, "damaged", "cut", ""))
ORIGIN = {"bytes": 7, "mtime_ns": 10**18, "pages": 3, "mark": "0" * 16, "name": "a.page1"}
LINE = encode_line(RECORD, ORIGIN)
_BOX = Box(1, 2, 3, 4)
READ = make_record(
    PageReading("a.tif", 1, (9, 9), (Reading("7", 0.5, _BOX, (Digit("7", 0.5, _BOX),)),), "digits", {"total": 0.1})
)


def test_line_is_json_that_ends_in_a_checksum() -> None:
    record = json.loads(LINE)
    assert list(record[KEY]) == [*ORIGIN, "crc32"]
    assert LINE.count(b"\n") == 1
    assert decode_line(LINE) == decode_line(LINE[:-1]) == record
    assert {key: value for key, value in record.items() if key != KEY} == RECORD


def test_every_flipped_bit_and_every_cut_is_noticed() -> None:
    for bit in range(8 * (len(LINE) - 1)):
        damaged = bytearray(LINE)
        damaged[bit // 8] ^= 1 << bit % 8
        assert decode_line(bytes(damaged)) is None
        assert not is_unchecked_record(bytes(damaged))
    assert not [n for n in range(len(LINE) - 1) if decode_line(LINE[:n])]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n",
        b"{}\n",
        b"[" * 100_000,
        b'{"schema": 1, "journal": {}}\n',
        encode_line({"schema": 1}, ORIGIN),
        encode_line(RECORD, {"mark": "0"}),
    ],
    ids=["nothing", "empty", "no keys", "nested", "no origin", "no record", "half an origin"],
)
def test_what_is_no_record(raw: bytes) -> None:
    assert decode_line(raw) is None


STRANGE = (True, -1.5, [], [7], {"a": 1}, "\ud800")


@pytest.mark.parametrize("record", [RECORD, READ], ids=["failed", "read"])
def test_record_of_another_shape_is_something_else(record: Record) -> None:
    assert decode_line(encode_line(record, ORIGIN))
    for key in record.keys() - {"note", "file", "seconds", "numbers"}:
        for value in STRANGE[:5]:
            assert decode_line(encode_line({**record, key: value}, ORIGIN)) is None, (key, value)
    for key in ("bytes", "mtime_ns", "pages", "mark", "name", "crops"):
        for value in (True, -1.5, [7], {"a": 1}):
            assert decode_line(encode_line(record, {**ORIGIN, key: value})) is None, (key, value)


def test_number_of_another_shape_makes_a_record_something_else() -> None:
    (number,) = READ["numbers"]
    for key in number:
        assert decode_line(encode_line({**READ, "numbers": [{**number, key: True}]}, ORIGIN)) is None, key
    for box in ([], [1, 2, 3], [1, 2, 3, "4"], 4):
        assert decode_line(encode_line({**READ, "numbers": [{**number, "box": box}]}, ORIGIN)) is None, box


def test_record_without_a_checksum_is_known_as_such() -> None:
    unchecked = json.dumps({**RECORD, KEY: ORIGIN}).encode() + b"\n"
    assert is_unchecked_record(unchecked)
    assert decode_line(unchecked) is None
    assert not is_unchecked_record(LINE)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"sch', True),
        (LINE[:40], True),
        (LINE.replace(b"damaged", b"DAMAGED"), True),
        (b'{"schema": 1, "file": "a"}\n', False),
        (b"file;number\n", False),
        (b"\x89PNG\r\n", False),
    ],
    ids=["start", "cut", "damaged", "a result that is no journal", "a table", "a picture"],
)
def test_what_may_have_been_a_record(raw: bytes, expected: bool) -> None:
    assert resembles_record(raw) is expected
