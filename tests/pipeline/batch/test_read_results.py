from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.batch.journal_lines import encode_line
from pipeline.batch.read_results import find_results, read_results
from pipeline.errors import UsageError
from tests.support.records import BLANK, FAILED, FULL

ORIGIN = {"bytes": 9, "mtime_ns": 1, "pages": 1, "mark": "new", "name": "a"}


def test_json_and_its_lines_hold_the_same(tmp_path: Path) -> None:
    records = [FULL, FAILED]
    (tmp_path / "a.json").write_text(json.dumps(records))
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    expected = [(record, ()) for record in json.loads(json.dumps(records))]
    assert read_results(tmp_path / "a.json") == read_results(tmp_path / "a.jsonl") == expected
    (tmp_path / "empty.json").write_text("[\n\n]\n")
    (tmp_path / "empty.jsonl").write_text("")
    assert read_results(tmp_path / "empty.json") == read_results(tmp_path / "empty.jsonl") == []


def test_journal_gives_the_newest_run_in_order(tmp_path: Path) -> None:
    second = {**FULL, "file": "b.jpg"}
    lines = [
        encode_line(BLANK, {**ORIGIN, "mark": "old"}),
        encode_line(second, ORIGIN),
        encode_line(FULL, {**ORIGIN, "crops": ["crops/a.1.png"]}),
    ]
    (tmp_path / "a.jsonl").write_bytes(b"".join(lines))
    found = read_results(tmp_path / "a.jsonl")
    assert [(record["file"], len(record["numbers"]), [*crops]) for record, crops in found] == [
        ("a.jpg", 3, ["crops/a.1.png"]),
        ("b.jpg", 3, []),
    ]
    assert not [record for record, _ in found if "journal" in record]
    (tmp_path / "a.jsonl").write_bytes(b"".join(lines)[:-9])
    with pytest.raises(UsageError, match="line 3 of the journal is damaged"):
        read_results(tmp_path / "a.jsonl")


@pytest.mark.parametrize("text", ["{}", "[1]", "nonsense", '{"schema": 1, "file": "a.jpg"}', "[" * 100_000])
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(UsageError, match="no results of this program"):
        read_results(tmp_path / "a.json")


def test_table_stands_for_its_journal(tmp_path: Path) -> None:
    table, journal = tmp_path / "read.csv", tmp_path / "read.csv.journal.jsonl"
    with pytest.raises(UsageError, match="there is no such file"):
        find_results(table)
    table.touch()
    with pytest.raises(UsageError, match=r"there is no read\.csv\.journal\.jsonl beside it"):
        find_results(table)
    journal.touch()
    assert find_results(table) == find_results(journal) == journal
    with pytest.raises(UsageError, match="there is no such file"):
        find_results(tmp_path / "other.json")
