from __future__ import annotations

from pipeline.errors import Failure, MissingInputError
from pipeline.geometry import Box
from pipeline.outputs.records import Record, count_rejected, format_failure, make_record
from pipeline.types import Digit, PageReading, Reading

BOX = Box(62, 255, 680, 325)


def make_reading(text: str, line: int = 1, reason: str | None = None) -> Reading:
    digits = tuple(Digit(t, 0.98765, BOX, (("6", 0.00412345),)) for t in text)
    status = "accepted" if reason is None else "rejected"
    return Reading(text, 0.123456, BOX, digits, status, reason, line)


def make_page(*readings: Reading, number: int = 1, source: str = "a.jpg", note: str | None = None) -> Record:
    seconds = {"decode": 0.0212345, "total": 0.0581}
    return make_record(PageReading(source, number, (3024, 4032), readings, "digits", seconds), note)


FULL = make_page(make_reading("05", 1), make_reading("7", 1, "unsure"), make_reading("12", 2))
BLANK = make_page()
FAILED = make_record(Failure.of(MissingInputError("there is no such file"), "b.jpg"))
FAILED_PAGE = make_record(Failure("c.tif", 3, "damaged", "cut", ""))


def test_record_is_the_one_promised() -> None:
    assert make_page(make_reading("0"), note="animated: the first frame") == {
        "schema": 1,
        "file": "a.jpg",
        "page": 1,
        "status": "ok",
        "error": None,
        "note": "animated: the first frame",
        "size_px": [3024, 4032],
        "turned_deg": 0,
        "model": "digits",
        "numbers": [
            {
                "text": "0",
                "confidence": 0.1235,
                "status": "accepted",
                "reason": None,
                "line": 1,
                "box": [62, 255, 680, 325],
                "digits": [
                    {"text": "0", "confidence": 0.9877, "box": [62, 255, 680, 325], "alternatives": [["6", 0.0041]]}
                ],
            }
        ],
        "seconds": {"decode": 0.0212, "total": 0.0581},
    }


def test_record_of_a_failure_has_the_same_keys() -> None:
    assert list(FAILED) == list(FULL)
    assert (FAILED["status"], FAILED["numbers"], FAILED["page"], FAILED["note"]) == ("failed", [], None, None)
    assert FAILED["error"] == {"code": "missing", "message": "there is no such file", "hint": "check the path"}


def test_failure_is_told_with_its_page_and_what_to_do() -> None:
    assert format_failure(FAILED) == "b.jpg: there is no such file; check the path"
    assert format_failure(FAILED_PAGE) == "c.tif page 3: cut"
    assert format_failure(make_record(Failure("c.tif", 1, "damaged", "cut", "mend it"))) == "c.tif: cut; mend it"


def test_rejected_numbers_are_counted() -> None:
    assert [count_rejected(record) for record in (BLANK, FULL, FAILED)] == [0, 1, 0]
