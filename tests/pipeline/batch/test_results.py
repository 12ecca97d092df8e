from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.batch import results as outputs
from pipeline.batch.jobs import Outcome
from pipeline.batch.journal import Journal
from pipeline.batch.journal_lines import KEY
from pipeline.batch.results import FileResults, Output, StreamResults, check_writable, choose_journal, make_mark
from pipeline.decoding.constraints.constraint import Constraint
from pipeline.errors import Failure, OutputError
from pipeline.geometry import Box
from pipeline.outputs.formats import FORMATS, find_format
from pipeline.outputs.records import make_record
from pipeline.outputs.report import Report
from pipeline.settings.tree import Settings
from pipeline.types import PageReading, Reading

THUMBNAIL = "data:image/webp;base64,UklGRg=="
FACTS = {"read": "2026-01-02 03:04"}


def make_outcome(file: str, number: int = 1, text: str = "47", is_rejected: bool = False) -> Outcome:
    status = ("rejected", "unsure") if is_rejected else ("accepted", None)
    reading = Reading(text, 0.5, Box(1, 2, 30, 40), (), *status)
    record = make_record(PageReading(file, number, (90, 90), (reading,), "digits", {"total": 0.1}))
    name = f"{Path(file).stem}.page{number}"
    crops = (f"crops/{name}.1-0123abcd.png",) if is_rejected else ()
    return Outcome({**record, "thumbnail": THUMBNAIL}, name, 2, crops=crops)


FAILED = Outcome(make_record(Failure("c.jpg", None, "damaged", "cut", "")))
OUTCOMES = [make_outcome("b.jpg", 2), FAILED, make_outcome("a.jpg", is_rejected=True), make_outcome("b.jpg", 1)]
SORTED = [("a.jpg", 1), ("b.jpg", 1), ("b.jpg", 2), ("c.jpg", None)]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def open_results(stack: ExitStack, *names: Path, review: Path | None = None) -> FileResults:
    planned = [Output(name, find_format(name)) for name in names]
    results = FileResults(stack.enter_context(Journal(choose_journal(names, None), "mark", False)), planned, review)
    for outcome in OUTCOMES:
        results.add(outcome)
    return results


def read_rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def test_output_that_cannot_be_written_is_known_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "dangling").symlink_to(tmp_path / "no" / "where")
    for path, message in (
        (tmp_path, "this is a folder; name a file"),
        (tmp_path / "no" / "out.csv", "there is no folder"),
        (tmp_path / "file" / "out.csv", "there is no folder"),
        (tmp_path / "dangling", "there is no folder"),
    ):
        with pytest.raises(OutputError, match=message):
            check_writable([tmp_path / "good.csv", path])
    monkeypatch.setattr("os.access", lambda *_: False)
    for path in (tmp_path / "file", tmp_path / "new"):
        with pytest.raises(OutputError, match="it is write-protected"):
            check_writable([path])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dangling", "file"]


def test_device_is_one() -> None:
    assert Output(Path("/dev/null"), FORMATS["text"]).is_device
    assert not Output(Path(__file__), FORMATS["text"]).is_device
    assert not Output(Path("none"), FORMATS["text"]).is_device


def test_journal_is_the_first_output_of_lines_or_stands_beside_the_first() -> None:
    table, lines, more = Path("x/a.csv"), Path("y/b.JSONL"), Path("c.jsonl")
    assert choose_journal([table], None) == Path("x/a.csv.journal.jsonl")
    assert choose_journal([table, lines, more], None) == lines
    assert choose_journal([table, lines], FORMATS["jsonl"]) == table
    assert choose_journal([lines], FORMATS["csv"]) == Path("y/b.JSONL.journal.jsonl")


def test_mark_tells_settings_and_models_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Settings()
    other = replace(plain, decode=replace(plain.decode, reject_below=0.123))
    marks = [make_mark(plain, "a"), make_mark(other, "a"), make_mark(plain, "b")]
    assert make_mark(Settings(), "a") == marks[0]
    monkeypatch.setattr(outputs, "__version__", "0.0.0")
    marks.append(make_mark(plain, "a"))
    marks += [make_mark(plain, "a", Constraint(n_digits=(n, n))) for n in (4, 5)]
    assert len(set(marks)) == 6
    assert all(len(mark) == 16 and int(mark, 16) >= 0 for mark in marks)


def test_every_file_is_sorted_by_path_and_page(tmp_path: Path, stack: ExitStack) -> None:
    names = [tmp_path / f"out.{ending}" for ending in ("csv", "json", "txt", "html")]
    results = open_results(stack, *names)
    assert not any(name.exists() for name in names)
    places = results.write(FACTS)
    assert places == {"results": ", ".join(map(str, names)), "journal": str(tmp_path / "out.csv.journal.jsonl")}
    as_csv, as_json, as_text, as_html = (name.read_text() for name in names)
    assert [(row["file"], row["page"]) for row in read_rows(names[0])] == [(f, str(n or "")) for f, n in SORTED]
    assert [(record["file"], record["page"]) for record in json.loads(as_json)] == SORTED
    assert as_text.splitlines() == ["a.jpg: 47?", "b.jpg: 47", "b.jpg [2]: 47", "c.jpg: (failed: cut)"]
    places_of = [as_html.index(f'"file":"{name}"') for name in ("a.jpg", "b.jpg", "c.jpg")]
    assert places_of == sorted(places_of)
    assert as_csv.count("\n") == 5
    assert "2026-01-02 03:04" in as_html


def test_thumbnails_and_journal_keys_are_for_those_who_need_them(tmp_path: Path, stack: ExitStack) -> None:
    names = [tmp_path / f"{n}.{ending}" for n, ending in enumerate(("jsonl", "json", "jsonl", "csv", "txt", "html"))]
    open_results(stack, *names).write({})
    texts = [name.read_text() for name in names]
    assert [KEY in text for text in texts] == [True, *[False] * 5]
    assert [THUMBNAIL in text for text in texts] == [True, *[False] * 4, True]
    assert json.loads(texts[1]) == [json.loads(line) for line in texts[2].splitlines()]
    assert list(json.loads(texts[1])[0]) == list(FAILED.record)


def test_journal_alone_is_all_there_is(tmp_path: Path, stack: ExitStack) -> None:
    assert open_results(stack, tmp_path / "a.jsonl").write({}) == {"journal": str(tmp_path / "a.jsonl")}
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def test_error_while_writing_leaves_the_old_file(
    tmp_path: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = tmp_path / "a.csv", tmp_path / "b.json"
    old.write_text("old")
    results = open_results(stack, old, new)

    def fail(report: Report, record: dict[str, Any]) -> None:
        add(report, record)
        raise OutputError(f"{old}: cannot be written (No space left on device)")

    add = Report.add
    monkeypatch.setattr(Report, "add", fail)
    with pytest.raises(OutputError, match="No space left"):
        results.write({})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "a.csv.journal.jsonl"]
    assert old.read_text() == "old"
    monkeypatch.setattr(Report, "add", add)
    results.write({})
    assert len(read_rows(old)) == len(json.loads(new.read_text())) == 4


def test_rejected_numbers_wait_in_the_review_table(tmp_path: Path, stack: ExitStack) -> None:
    results = open_results(stack, tmp_path / "a.csv", review=tmp_path / "look")
    places = results.write({})
    assert places["to review"] == f"1 in {tmp_path / 'look' / 'review.csv'}"
    (row,) = read_rows(tmp_path / "look" / "review.csv")
    assert (row["crop"], row["file"], row["number"]) == ("crops/a.page1.1-0123abcd.png", "a.jpg", "47")
    assert results.count_rejected() == 1


def test_records_that_are_no_results_are_counted(tmp_path: Path, stack: ExitStack) -> None:
    output = Output(tmp_path / "a.csv", FORMATS["csv"])
    with Journal(choose_journal([output.path], None), "mark", False) as journal:
        for outcome in OUTCOMES:
            journal.add(outcome)
    journal = stack.enter_context(Journal(choose_journal([output.path], None), "another mark", True))
    results = FileResults(journal, [output], None)
    results.add(make_outcome("b.jpg", 1))
    left = ", 2 records of other settings or contents left in it"
    assert results.write({})["journal"] == f"{tmp_path / 'a.csv.journal.jsonl'}{left}"
    assert [(row["file"], row["page"]) for row in read_rows(tmp_path / "a.csv")] == [("b.jpg", "1")]


def test_stream_gets_results_as_they_come_and_a_table_for_review_at_the_end(tmp_path: Path) -> None:
    text, lines = io.StringIO(), io.StringIO()
    with Report(text, FORMATS["text"]) as report, Report(lines, FORMATS["jsonl"]) as other:
        results = StreamResults([report, other], tmp_path)
        for n, outcome in enumerate(OUTCOMES, 1):
            results.add(outcome)
            assert len(text.getvalue().splitlines()) == len(lines.getvalue().splitlines()) == n
        assert (results.find_done("a.jpg"), results.messages) == (None, ())
        assert results.write({}) == {"to review": f"1 in {tmp_path / 'review.csv'}"}
    assert results.count_rejected() == 1
    assert [row["file"] for row in read_rows(tmp_path / "review.csv")] == ["a.jpg"]
    assert StreamResults([report], None).write({}) == {}
