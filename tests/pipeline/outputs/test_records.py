from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from pipeline.errors import Failure, MissingInputError, OutputError
from pipeline.geometry import Box
from pipeline.outputs.formats import CSV_COLUMNS, FORMS, HTML, Report, format_text, make_rows
from pipeline.outputs.records import Record, count_rejected, format_failure, make_record
from pipeline.system.files import make_folder, open_output
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


@pytest.mark.parametrize(
    ("record", "line"),
    [
        (BLANK, "a.jpg: (no numbers)"),
        (FULL, "a.jpg: 05 7? | 12"),
        (make_page(make_reading("3"), number=2), "a.jpg [2]: 3"),
        (FAILED, "b.jpg: (failed: there is no such file)"),
        (FAILED_PAGE, "c.tif [3]: (failed: cut)"),
    ],
    ids=["blank", "two lines, one rejected", "second page", "failed", "failed page"],
)
def test_text(record: Record, line: str) -> None:
    assert format_text(record) == line


def test_failure_is_told_with_its_page_and_what_to_do() -> None:
    assert format_failure(FAILED) == "b.jpg: there is no such file; check the path"
    assert format_failure(FAILED_PAGE) == "c.tif page 3: cut"
    assert format_failure(make_record(Failure("c.tif", 1, "damaged", "cut", "mend it"))) == "c.tif: cut; mend it"


def test_rejected_numbers_are_counted() -> None:
    assert [count_rejected(record) for record in (BLANK, FULL, FAILED)] == [0, 1, 0]


def test_rows() -> None:
    assert make_rows(BLANK) == [["a.jpg", 1, None, None, None, "blank", None, None, None, None, None]]
    assert make_rows(FULL)[1] == ["a.jpg", 1, 1, "7", 0.1235, "rejected", "unsure", 62, 255, 680, 325]
    assert [row[3] for row in make_rows(FULL)] == ["05", "7", "12"]
    assert make_rows(FAILED)[0][5:7] == ["failed", "there is no such file"]
    assert {len(row) for record in (BLANK, FULL, FAILED) for row in make_rows(record)} == {len(CSV_COLUMNS)}


def write(form: str, *records: Record) -> str:
    stream = io.StringIO()
    with Report(stream, form) as report:
        for record in records:
            report.add(record)
    return stream.getvalue()


@pytest.mark.parametrize("records", [(), (BLANK,), (FULL, FAILED, BLANK)], ids=["nothing", "one", "three"])
def test_every_form_holds_every_page(records: tuple[Record, ...]) -> None:
    assert json.loads(write("json", *records)) == list(records)
    assert [json.loads(line) for line in write("jsonl", *records).splitlines()] == list(records)
    assert write("text", *records).splitlines() == [format_text(record) for record in records]
    rows = list(csv.DictReader(io.StringIO(write("csv", *records))))
    assert len(rows) == sum(len(make_rows(record)) for record in records)
    assert all(tuple(row) == CSV_COLUMNS for row in rows)


STREAMED = [form for form in FORMS if form != HTML]


@pytest.mark.parametrize("form", STREAMED)
def test_names_of_any_bytes_can_be_written(form: str, tmp_path: Path) -> None:
    name = 'a, "b"\n\udcff/数.jpg'
    with open_output(tmp_path / "out") as stream, Report(stream, form) as report:
        report.add(make_page(source=name))
    raw = (tmp_path / "out").read_bytes()
    assert b"\xff" in raw or b"\\udcff" in raw
    if form == "jsonl":
        assert json.loads(raw)["file"] == name


def test_pages_are_written_as_they_come() -> None:
    stream = io.StringIO()
    with Report(stream, "jsonl") as report:
        report.add(BLANK)
        assert json.loads(stream.getvalue())["status"] == "ok"


class FullDisk(io.StringIO):
    def flush(self) -> None:
        raise OSError(28, "No space left on device")


def test_full_disk_is_an_output_error() -> None:
    with pytest.raises(OutputError, match="results.csv: cannot be written .No space left"):
        Report(FullDisk(), "csv", "results.csv").add(BLANK)


def test_output_appears_when_all_is_done(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old")
    with open_output(path) as stream:
        stream.write("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    with pytest.raises(ZeroDivisionError), open_output(path) as stream:
        stream.write("half")
        raise ZeroDivisionError
    assert path.read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["out.txt"]


def test_output_through_a_link_and_to_a_device(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("real")
    with open_output(tmp_path / "link") as stream:
        stream.write("x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "x"
    with open_output(Path("/dev/null")) as stream:
        stream.write("x")
    assert Path("/dev/null").is_char_device()


def test_output_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    for path, told in ((tmp_path, "folder"), (tmp_path / "no" / "out", "No such"), (tmp_path / "file" / "o", "Not a")):
        with pytest.raises(OutputError, match=told), open_output(path):
            pass
    with pytest.raises(OutputError, match="cannot be made"):
        make_folder(tmp_path / "file" / "new")
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(OutputError, match="write-protected"), open_output(tmp_path / "file"):
        pass
    with pytest.raises(OutputError, match="write-protected"):
        make_folder(tmp_path)
