from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from pipeline.arguments import build_options, build_parser
from pipeline.batch.options import BatchOptions
from pipeline.cli import main
from pipeline.errors import OutputError, UsageError
from pipeline.outputs.csv_writer import CSV_COLUMNS, make_rows
from pipeline.outputs.formats import FORMATS, JSON_LINES, Format, find_format
from pipeline.outputs.records import Record
from pipeline.outputs.report import Report
from pipeline.outputs.text_writer import format_text
from pipeline.system.files import open_output
from tests.support.records import BLANK, FAILED, FAILED_PAGE, FULL, make_page, make_reading

TOP = Path(__file__).resolve().parents[3]


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


def test_rows() -> None:
    assert make_rows(BLANK) == [["a.jpg", 1, None, None, None, "blank", None, None, None, None, None]]
    assert make_rows(FULL)[1] == ["a.jpg", 1, 1, "7", 0.1235, "rejected", "unsure", 62, 255, 680, 325]
    assert [row[3] for row in make_rows(FULL)] == ["05", "7", "12"]
    assert make_rows(FAILED)[0][5:7] == ["failed", "there is no such file"]
    assert {len(row) for record in (BLANK, FULL, FAILED) for row in make_rows(record)} == {len(CSV_COLUMNS)}


def write(name: str, *records: Record) -> str:
    stream = io.StringIO()
    with Report(stream, FORMATS[name]) as report:
        for record in records:
            report.add(record)
    return stream.getvalue()


@pytest.mark.parametrize("records", [(), (BLANK,), (FULL, FAILED, BLANK)], ids=["nothing", "one", "three"])
def test_every_format_holds_every_page(records: tuple[Record, ...]) -> None:
    assert json.loads(write("json", *records)) == list(records)
    assert [json.loads(line) for line in write("jsonl", *records).splitlines()] == list(records)
    assert write("text", *records).splitlines() == [format_text(record) for record in records]
    rows = list(csv.DictReader(io.StringIO(write("csv", *records))))
    assert len(rows) == sum(len(make_rows(record)) for record in records)
    assert all(tuple(row) == CSV_COLUMNS for row in rows)


@pytest.mark.parametrize("format", [name for name, row in FORMATS.items() if row.writer])
def test_names_of_any_bytes_can_be_written(format: str, tmp_path: Path) -> None:
    name = 'a, "b"\n\udcff/数.jpg'
    with open_output(tmp_path / "out") as stream, Report(stream, FORMATS[format]) as report:
        report.add(make_page(source=name))
    raw = (tmp_path / "out").read_bytes()
    assert b"\xff" in raw or b"\\udcff" in raw
    if format == "jsonl":
        assert json.loads(raw)["file"] == name


def test_pages_are_written_as_they_come() -> None:
    stream = io.StringIO()
    with Report(stream, JSON_LINES) as report:
        report.add(BLANK)
        assert json.loads(stream.getvalue())["status"] == "ok"


class FullDisk(io.StringIO):
    def flush(self) -> None:
        raise OSError(28, "No space left on device")


def test_full_disk_is_an_output_error() -> None:
    with pytest.raises(OutputError, match="results.csv: cannot be written .No space left"):
        Report(FullDisk(), FORMATS["csv"], "results.csv").add(BLANK)


@pytest.mark.parametrize(
    ("name", "format"),
    [
        *(("a.csv", "csv"), ("a.json", "json"), ("a.jsonl", "jsonl"), ("a.html", "html"), ("a.CSV", "csv")),
        *(("a.txt", "text"), ("/dev/null", "text")),
    ],
)
def test_format_of_a_file_is_that_of_its_suffix(name: str, format: str) -> None:
    assert find_format(Path(name)) is FORMATS[format]


@pytest.mark.parametrize("name", ["a", "a.csv.bak", ".csv", "a.xls", "b.jpg", "samples"])
def test_unknown_suffix_is_refused_with_those_that_are_known(name: str) -> None:
    with pytest.raises(UsageError, match=r"use \.txt, .*\.jsonl, .*\.html, or add --format"):
        find_format(Path(name))


def test_no_two_formats_share_a_suffix() -> None:
    suffixes = [suffix for row in FORMATS.values() for suffix in row.suffixes]
    assert len(set(suffixes)) == len(suffixes)
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in suffixes)


@pytest.mark.parametrize("has_pictures", [False, True])
def test_thumbnail_is_left_out_where_the_format_shows_none(has_pictures: bool) -> None:
    stream = io.StringIO()
    with Report(stream, Format("own", (".own",), JSON_LINES.writer, has_pictures)) as report:
        report.add(BLANK | {"thumbnail": "data:"})
    assert ("thumbnail" in json.loads(stream.getvalue())) == has_pictures


class StarWriter:
    """Writes the model's name, a star for each number, and how many pages there may have been."""

    def start(self, facts: Mapping[str, object]) -> str:
        return f"model {facts['model']}:"

    def format_page(self, record: Record, is_first: bool) -> str:
        return ("" if is_first else ";") + "*" * len(record["numbers"]) + " thumbnail" * ("thumbnail" in record)

    def finish(self) -> str:
        return "."


@pytest.mark.usefixtures("alone")
def test_a_row_is_all_that_a_new_format_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stars = Format("stars", (".foo",), StarWriter(), has_pictures=True)
    monkeypatch.setitem(FORMATS, "stars", stars)
    picture = str(TOP / "samples" / "strip.png")
    out = tmp_path / "x.foo"
    assert main([picture, "-o", str(out), "-q"]) == 0
    text = out.read_text()
    assert text.startswith("model digits:*")
    assert text.endswith("* thumbnail.")
    assert main([picture, "--format", "stars"]) == 0
    assert capsys.readouterr().out == text
    options = build_options([picture, "--format", "stars"])
    assert isinstance(options, BatchOptions)
    assert options.format is stars
    assert ".html, .foo)" in build_parser().format_help().replace("\n", " ")
