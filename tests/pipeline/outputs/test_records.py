from __future__ import annotations

from pipeline.errors import Failure
from pipeline.outputs.records import count_rejected, format_failure, make_record
from tests.support.records import BLANK, FAILED, FAILED_PAGE, FULL, make_page, make_reading


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
                "writing": None,
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
