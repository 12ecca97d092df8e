from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.batch.jobs import Outcome, identify
from pipeline.batch.journal import Journal
from pipeline.batch.journal_lines import KEY
from pipeline.errors import Failure, OutputError, UsageError
from pipeline.geometry import Box
from pipeline.outputs.records import make_record
from pipeline.types import PageReading, Reading

MARK = "0123456789abcdef"


@pytest.fixture
def picture(tmp_path: Path) -> str:
    path = tmp_path / "in" / "a.tif"
    path.parent.mkdir()
    path.write_bytes(b"picture")
    return str(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "results.jsonl"


def read_page(file: str, number: int = 1, n_pages: int = 3) -> Outcome:
    record = make_record(PageReading(file, number, (9, 9), (), "digits", {}))
    return Outcome(record, f"a.page{number}", n_pages, identify(file))


def fail_page(file: str, number: int | None = 1) -> Outcome:
    return Outcome(make_record(Failure(file, number, "damaged", "cut", "")), identity=identify(file))


def write(path: Path, *outcomes: Outcome, mark: str = MARK, is_resumed: bool = False) -> None:
    with Journal(path, mark, is_resumed) as journal:
        for outcome in outcomes:
            journal.add(outcome)


def load(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def list_pages(path: Path) -> list[tuple[str, int | None]]:
    return [(Path(record["file"]).name, record["page"]) for record in load(path)]


def test_record_says_what_it_was_read_from(path: Path, picture: str) -> None:
    outcome = read_page(picture, 2)
    write(path, outcome)
    n_bytes, mtime_ns = identify(picture) or (0, 0)
    origin = {"bytes": n_bytes, "mtime_ns": mtime_ns, "pages": 3, "mark": MARK, "name": "a.page2"}
    (record,) = load(path)
    assert len(record[KEY].pop("crc32")) == 8
    assert record == {**outcome.record, KEY: origin}


def test_each_page_is_a_line_on_the_disk_before_the_next(
    path: Path, picture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[bytes] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        fsync(descriptor)
        synced.append(path.read_bytes())

    with Journal(path, MARK, False) as journal:
        monkeypatch.setattr("pipeline.batch.journal_file.os.fsync", note)
        for number in (1, 2):
            journal.add(read_page(picture, number))
            assert len(synced) == number == len(list(journal.read_sorted()))
            assert synced[-1] == path.read_bytes()
            assert synced[-1].count(b"\n") == number


def test_what_is_done_is_found_again_and_stays_as_it_was(path: Path, picture: str) -> None:
    write(path, read_page(picture, 1), read_page(picture, 3))
    before = path.read_bytes()
    with Journal(path, MARK, True) as journal:
        done = journal.find_done(picture)
        assert done is not None
        assert (done.numbers, done.n_pages) == ({1, 3}, 3)
        assert journal.find_done("another") is None
        assert journal.messages == []
        assert journal.stems == {picture: "a"}
        assert path.read_bytes() == before
        Path(picture).write_bytes(b"changed since")
        assert journal.find_done(picture) is None


def list_results(journal: Journal) -> list[tuple[str, int | None, str]]:
    return [(Path(one["file"]).name, one["page"], one["status"]) for one in journal.read_sorted()]


def test_truncated_last_line_is_skipped_and_reported(path: Path, picture: str) -> None:
    write(path, read_page(picture, 1), read_page(picture, 2))
    whole = path.read_bytes()
    first, second = whole.splitlines(keepends=True)
    for cut in (2, 20, len(second) - 1):
        path.write_bytes(whole[:-cut])
        with Journal(path, MARK, True) as journal:
            message = "results.jsonl: a line is damaged or cut short; what was on it is read again"
            assert journal.messages == [message]
            assert path.read_bytes() == whole[:-cut]  # nothing goes before the page has been read again
            journal.add(read_page(picture, 2))
            assert path.read_bytes() == whole[:-cut] + b"\n" + second
            assert list_results(journal) == [("a.tif", 1, "ok"), ("a.tif", 2, "ok")]
            journal.finish()
        assert path.read_bytes() == first + second


def test_record_that_lacks_its_line_end_alone_is_whole(path: Path, picture: str) -> None:
    write(path, read_page(picture, 1), read_page(picture, 2))
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with Journal(path, MARK, True) as journal:
        assert journal.messages == []
        journal.add(read_page(picture, 3))
    assert path.read_bytes().startswith(whole)
    assert list_pages(path) == [("a.tif", 1), ("a.tif", 2), ("a.tif", 3)]


DAMAGES = {
    "no key": b'{"schema": 1, "journal": {}}\n',
    "nested": b"[" * 200_000 + b"]" * 200_000 + b"\n",
    "nested record": b'{"schema": 1, "journal": {"a": ' + b"[" * 100_000 + b"\n",
    "zeros": bytes(5000),
    "empty line": b"\n",
    "another object": b'{"a": 1}\n',
    "huge integer": b'{"schema": 1, "journal": {"a": ' + b"9" * 5000 + b"}}\n",
}


@pytest.mark.parametrize("raw", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("is_first", [True, False])
def test_line_that_makes_no_sense_is_skipped(path: Path, picture: str, raw: bytes, is_first: bool) -> None:
    write(path, read_page(picture, 1), read_page(picture, 2))
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(
        (raw if raw.endswith(b"\n") else raw + b"\n") + first + second if is_first else first + second + raw
    )
    with Journal(path, MARK, True) as journal:
        assert len(journal.messages) == 1
        assert list_results(journal) == [("a.tif", 1, "ok"), ("a.tif", 2, "ok")]
        journal.finish()
    assert path.read_bytes() == first + second


def test_flipped_bit_costs_its_line_alone(path: Path, picture: str) -> None:
    write(path, read_page(picture, 1), read_page(picture, 2))
    raw = path.read_bytes()
    expected = load(path)
    size = raw.index(b"\n") + 1
    for bit in range(0, 8 * size, 211):
        damaged = bytearray(raw)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        with Journal(path, MARK, True) as journal:
            assert len(journal.messages) == 1
            found = list(journal.read_sorted())
        assert found in ([expected[1]], [])  # both lines are one if it was the end of the first


def test_record_that_is_damaged_during_the_run_is_no_result(path: Path, picture: str) -> None:
    with Journal(path, MARK, False) as journal:
        journal.add(read_page(picture, 1))
        raw = path.read_bytes()
        path.write_bytes(raw.replace(b'"ok"', b'"OK"'))
        with pytest.raises(OutputError, match="damaged during the run; run it again with --resume"):
            list(journal.read_sorted())


def test_journal_without_checksums_is_refused_in_one_line(path: Path, picture: str) -> None:
    write(path, read_page(picture, 1))
    (record,) = load(path)
    del record[KEY]["crc32"]
    raw = json.dumps(record).encode() + b"\n"
    path.write_bytes(raw)
    with pytest.raises(UsageError, match="of an earlier version has no checksums; run without --resume, which keeps"):
        Journal(path, MARK, True)
    assert path.read_bytes() == raw
    write(path, read_page(picture, 1))
    assert path.with_name("results.jsonl.old").read_bytes() == raw


def change_bytes(picture: Path) -> None:
    at = picture.stat().st_mtime_ns
    picture.write_bytes(b"longer than before")
    os.utime(picture, ns=(at, at))


def change_time(picture: Path) -> None:
    os.utime(picture, ns=(1, 1))


@pytest.mark.parametrize("change", [change_bytes, change_time])
def test_records_of_a_changed_file_stay_until_it_is_read_again(path: Path, picture: str, change: Any) -> None:
    other, elsewhere = str(Path(picture).with_name("b.png")), str(Path(picture).with_name("c.png"))
    for name in (other, elsewhere):
        Path(name).write_bytes(b"another")
    write(path, read_page(picture, 1), read_page(other), read_page(picture, 2), fail_page(elsewhere))
    before = path.read_bytes()
    change(Path(picture))
    with Journal(path, MARK, True) as journal:
        assert journal.find_done(picture) is None
        assert journal.find_done(other) is not None
        # c.png is not among the files of this run
        assert list_results(journal) == [("b.png", 1, "ok"), ("c.png", 1, "failed")]
        journal.finish()
        assert (path.read_bytes(), journal.n_left) == (before, 2)
        journal.add(read_page(picture, 1, 1))
        assert list_results(journal) == [("a.tif", 1, "ok"), ("b.png", 1, "ok"), ("c.png", 1, "failed")]
        journal.finish()
        assert journal.n_left == 0
    assert list_pages(path) == [("b.png", 1), ("c.png", 1), ("a.tif", 1)]


def test_file_that_is_away_keeps_its_records(path: Path, picture: str) -> None:
    write(path, read_page(picture, 1), read_page(picture, 2))
    before, away = path.read_bytes(), Path(picture).with_name("away")
    Path(picture).rename(away)
    with Journal(path, MARK, True) as journal:
        assert journal.find_done(picture) is None
        journal.add(Outcome(make_record(Failure(picture, None, "missing", "gone", ""))))
        assert list_results(journal) == [("a.tif", None, "failed"), ("a.tif", 1, "ok"), ("a.tif", 2, "ok")]
        journal.finish()
    away.rename(picture)
    with Journal(path, MARK, True) as journal:
        done = journal.find_done(picture)
        assert done is not None
        assert done.numbers == {1, 2}
        assert list_results(journal) == [("a.tif", 1, "ok"), ("a.tif", 2, "ok")]
        journal.finish()
    assert path.read_bytes() == before


def test_failed_pages_are_read_again_and_then_their_records_go(path: Path, picture: str) -> None:
    write(path, read_page(picture, 1), fail_page(picture, 2), fail_page(picture, None))
    with Journal(path, MARK, True) as journal:
        done = journal.find_done(picture)
        assert done is not None
        assert done.numbers == {1}
        assert list_results(journal) == [("a.tif", 1, "ok")]
        assert list_pages(path) == [("a.tif", 1), ("a.tif", 2), ("a.tif", None)]
        journal.add(read_page(picture, 2))
        journal.finish()
    assert list_pages(path) == [("a.tif", 1), ("a.tif", 2)]


def test_input_that_was_missing_and_is_not_asked_for_now_is_no_result(path: Path, picture: str) -> None:
    write(path, Outcome(make_record(Failure("folder", None, "missing", "gone", ""))), read_page(picture, 1))
    with Journal(path, MARK, True) as journal:
        assert list_results(journal) == [("a.tif", 1, "ok")]


def test_what_another_model_has_read_stays_until_it_is_read_again(path: Path, picture: str) -> None:
    write(path, read_page(picture, 1), read_page(picture, 2))
    before = path.read_bytes()
    with Journal(path, "another mark", True) as journal:
        assert "2 pages were read with other settings, another model or another version" in journal.messages[0]
        assert journal.find_done(picture) is None
        assert path.read_bytes() == before
        journal.add(read_page(picture, 1))
        assert [(one["page"], one[KEY]["mark"]) for one in journal.read_sorted()] == [(1, "another mark")]
        journal.finish()
        assert journal.n_left == 1
    assert [(record["page"], record[KEY]["mark"]) for record in load(path)] == [(2, MARK), (1, "another mark")]
    with Journal(path, MARK, True) as journal:
        done = journal.find_done(picture)
        assert done is not None
        assert done.numbers == {2}


def test_page_without_its_crops_is_read_again_for_a_review(path: Path, picture: str) -> None:
    box = Box(1, 2, 30, 40)
    doubtful = make_record(
        PageReading(picture, 1, (9, 9), (Reading("4", 0.5, box, (), "rejected", "unsure"),), "digits", {})
    )
    write(path, Outcome(doubtful, "a.page1", 2, identify(picture)), read_page(picture, 2, 2))
    with Journal(path, MARK, True, has_review=True) as journal:
        done = journal.find_done(picture)
        assert done is not None
        assert done.numbers == {2}
        journal.add(Outcome(doubtful, "a.page1", 2, identify(picture), crops=("crops/a.page1.1-00000000.png",)))
        done = journal.find_done(picture)
        assert done is not None
        assert done.numbers == {1, 2}


def test_pages_of_stdin_are_those_of_the_last_run(path: Path) -> None:
    def read_stdin(number: int) -> Outcome:
        return Outcome(read_page("-", number).record, f"stdin.page{number}", 2)

    write(path, read_stdin(1), read_stdin(2))
    with Journal(path, MARK, True) as journal:
        assert list_results(journal) == [("-", 1, "ok"), ("-", 2, "ok")]
        assert journal.find_done("-") is None
        journal.add(read_stdin(1))
        assert list_results(journal) == [("-", 1, "ok")]
        journal.finish()
    assert list_pages(path) == [("-", 1)]


def test_no_page_has_two_records(path: Path, picture: str) -> None:
    other = str(Path(picture).with_name("b.png"))
    with Journal(path, MARK, False) as journal:
        for outcome in (read_page(picture, 2), read_page(picture, 1), fail_page(other, 1)):
            journal.add(outcome)
        Path(picture).write_bytes(b"it changed while its folder was watched")
        Path(other).write_bytes(b"so did this")
        for outcome in (read_page(picture, 1), read_page(other, 1, 1), read_page(picture, 2)):
            journal.add(outcome)
        assert [record["page"] for record in journal.read_sorted()] == [1, 2, 1]
        journal.finish()
        assert sorted(list_pages(path)) == [("a.tif", 1), ("a.tif", 2), ("b.png", 1)]
        assert {record[KEY]["bytes"] for record in journal.read_sorted()} == {39, 11}
        assert [record["status"] for record in journal.read_sorted()] == ["ok"] * 3
        journal.add(read_page(picture, 3))
        assert [record["page"] for record in journal.read_sorted()] == [1, 2, 3, 1]


def test_file_that_could_not_be_opened_and_then_could_is_no_failure(path: Path, picture: str) -> None:
    with Journal(path, MARK, False) as journal:
        journal.add(fail_page(picture, None))  # its copy was still on the way
        Path(picture).write_bytes(b"now it is complete")
        for number in (1, 2):
            journal.add(read_page(picture, number, 2))
        assert [record["status"] for record in journal.read_sorted()] == ["ok", "ok"]
        journal.finish()
    assert list_pages(path) == [("a.tif", 1), ("a.tif", 2)]


def test_pages_that_a_changed_file_has_no_more_go(path: Path, picture: str) -> None:
    with Journal(path, MARK, False) as journal:
        for number in (1, 2, 3):
            journal.add(read_page(picture, number, 3))
        Path(picture).write_bytes(b"shorter")
        journal.add(read_page(picture, 1, 2))
        journal.add(read_page(picture, 2, 2))
        journal.finish()
    assert list_pages(path) == [("a.tif", 1), ("a.tif", 2)]


def test_records_are_sorted_by_path_and_page(path: Path, picture: str) -> None:
    other = str(Path(picture).with_name("B.png"))
    with Journal(path, MARK, False) as journal:
        for outcome in (read_page(picture, 10), read_page(picture, 9), fail_page(picture, None), fail_page(other)):
            journal.add(outcome)
        found = [(Path(record["file"]).name, record["page"]) for record in journal.read_sorted()]
    assert found == [("a.tif", None), ("a.tif", 9), ("a.tif", 10), ("B.png", 1)]


def test_earlier_journal_is_put_aside_unless_it_is_resumed(path: Path, picture: str) -> None:
    write(path, read_page(picture, 1))
    before = path.read_bytes()
    with Journal(path, MARK, False) as journal:
        assert journal.messages == [
            "an earlier journal is kept as results.jsonl.old; --resume would have gone on with it"
        ]
        assert (list_results(journal), journal.find_done(picture)) == ([], None)
        journal.add(read_page(picture, 2))
    assert list_pages(path) == [("a.tif", 2)]
    assert path.with_name("results.jsonl.old").read_bytes() == before


def test_journal_put_aside_replaces_only_one_whose_pages_it_has(path: Path, picture: str) -> None:
    def start_anew(*numbers: int) -> list[str]:
        write(path, *(read_page(picture, number) for number in numbers))
        return sorted(one.name.removeprefix("results.jsonl") for one in path.parent.iterdir())

    assert start_anew(1, 2, 3) == [""]
    assert start_anew(1) == ["", ".old"]  # forgot --resume, and stopped
    assert start_anew(2) == ["", ".old", ".old2"]
    path.with_name("results.jsonl.old3").write_text("somebody's own")
    assert start_anew(1, 2, 3) == ["", ".old", ".old2", ".old3", ".old4"]
    assert start_anew(1, 2, 3) == ["", ".old", ".old2", ".old3", ".old4"]
    assert list_pages(path.with_name("results.jsonl.old")) == [("a.tif", 1), ("a.tif", 2), ("a.tif", 3)]
    assert path.with_name("results.jsonl.old3").read_text() == "somebody's own"


@pytest.mark.parametrize("is_resumed", [False, True], ids=["anew", "resumed"])
def test_second_run_on_the_same_journal_is_refused(path: Path, picture: str, is_resumed: bool) -> None:
    with Journal(path, MARK, False) as journal:
        journal.add(read_page(picture, 1))
        for _ in range(2):  # the first refusal must not unlock it
            with pytest.raises(UsageError, match="another run is writing to it; wait for its end"):
                Journal(path, MARK, is_resumed)
        journal.add(read_page(picture, 2))
        journal.finish()
        with pytest.raises(UsageError, match="another run"):
            Journal(path, MARK, is_resumed)
    assert list_pages(path) == [("a.tif", 1), ("a.tif", 2)]
    write(path, is_resumed=True)  # it is free again


def test_rewritten_journal_stays_locked(path: Path, picture: str) -> None:
    write(path, read_page(picture, 1), read_page(picture, 1))
    with Journal(path, MARK, True) as journal:
        journal.finish()
        assert len(load(path)) == 1
        with pytest.raises(UsageError, match="another run is writing to it"):
            Journal(path, MARK, True)


def test_another_file_in_its_place_is_left_alone_and_the_records_are_rescued(path: Path, picture: str) -> None:
    with Journal(path, MARK, False) as journal:
        journal.add(read_page(picture, 1))
        path.unlink()
        path.write_text("another run's")
        with pytest.raises(OutputError, match=r"another file has taken its place; the records are in .*\.old"):
            journal.add(read_page(picture, 2))
    assert path.read_text() == "another run's"
    assert list_pages(path.with_name("results.jsonl.old")) == [("a.tif", 1)]


@pytest.mark.parametrize("truncated", [b'{"sch', b'{"schema": 1, "file": "a.tif", "pa'])
def test_journal_of_nothing_but_a_truncated_record_is_resumed(path: Path, picture: str, truncated: bytes) -> None:
    path.write_bytes(truncated)
    with Journal(path, MARK, True) as journal:
        assert "cut short" in journal.messages[0]
        journal.add(read_page(picture, 1))
        journal.finish()
    assert list_pages(path) == [("a.tif", 1)]


@pytest.mark.parametrize(
    "raw",
    [
        b"file;number\na;1\n",
        b"\x89PNG\r\n\x1a\n",
        b'{"a": 1}\n[2]\n',
        b'{"journal": 1}\n',
        b'{"schema": 1, "file": "a"}\n',
    ],
)
def test_something_else_is_refused_and_left_untouched(path: Path, picture: str, raw: bytes) -> None:
    path.write_bytes(raw)
    with pytest.raises(UsageError, match="is no journal of this program; name another file"):
        Journal(path, MARK, True)
    assert path.read_bytes() == raw
    assert [one.name for one in path.parent.iterdir()] == ["results.jsonl"]


def test_full_disk_leaves_the_record_before_as_the_last(
    path: Path, picture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    with Journal(path, MARK, False) as journal:
        journal.add(read_page(picture, 1))
        before = path.read_bytes()
        with monkeypatch.context() as patch:
            patch.setattr("pipeline.batch.journal_file.os.fsync", fail)
            with pytest.raises(OutputError, match=r"results.jsonl: cannot be written \(No space left"):
                journal.add(read_page(picture, 2))
        assert (path.read_bytes(), list_results(journal)) == (before, [("a.tif", 1, "ok")])
        journal.add(read_page(picture, 3))  # somebody has made room
    assert list_pages(path) == [("a.tif", 1), ("a.tif", 3)]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit for a file's size")
def test_record_that_fits_in_part_only_is_taken_back(path: Path, picture: str) -> None:
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Journal(path, MARK, False) as journal:
        journal.add(read_page(picture, 1))
        before = path.read_bytes()
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 100, limits[1]))
        try:
            with pytest.raises(OutputError, match="cannot be written"):
                journal.add(read_page(picture, 2))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert path.read_bytes() == before


@pytest.mark.parametrize("how", ["moved", "deleted", "only the file"])
def test_journal_that_is_taken_away_is_put_back_with_all_records(path: Path, picture: str, how: str) -> None:
    with Journal(path, MARK, False) as journal:
        journal.add(read_page(picture, 1))
        if how == "moved":
            path.parent.rename(path.parent.with_name("elsewhere"))
        elif how == "deleted":
            shutil.rmtree(path.parent)
        else:
            path.unlink()
        journal.add(read_page(picture, 2))
        journal.add(read_page(picture, 3))
        assert [record["page"] for record in journal.read_sorted()] == [1, 2, 3]
    assert list_pages(path) == [("a.tif", 1), ("a.tif", 2), ("a.tif", 3)]
    assert [one.name for one in path.parent.iterdir()] == ["results.jsonl"]


def test_empty_journal_is_removed_on_leaving(path: Path, picture: str) -> None:
    write(path)
    assert not path.exists()
    with pytest.raises(ZeroDivisionError), Journal(path, MARK, True):
        assert path.exists()
        raise ZeroDivisionError
    assert list(path.parent.iterdir()) == []


def test_interrupted_run_keeps_its_journal(path: Path, picture: str) -> None:
    with pytest.raises(KeyboardInterrupt), Journal(path, MARK, False) as journal:
        journal.add(read_page(picture, 1))
        raise KeyboardInterrupt
    assert list_pages(path) == [("a.tif", 1)]


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Have SIGINT raise KeyboardInterrupt, also where the tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_between_a_record_and_the_disk_waits(path: Path, picture: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Journal(path, MARK, False) as journal:
        monkeypatch.setattr("pipeline.batch.journal_file.os.fsync", lambda _: signal.raise_signal(signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            journal.add(read_page(picture))
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        journal.finish()
        assert [record["page"] for record in journal.read_sorted()] == [1]
    assert list_pages(path) == [("a.tif", 1)]


@pytest.mark.usefixtures("ctrl_c")
def test_full_disk_goes_before_ctrl_c(path: Path, picture: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        signal.raise_signal(signal.SIGINT)
        raise OSError(28, "No space left on device")

    with Journal(path, MARK, False) as journal:
        monkeypatch.setattr("pipeline.batch.journal_file.os.fsync", fail)
        with pytest.raises(OutputError, match="No space left"):
            journal.add(read_page(picture))


def test_journal_behind_a_link_and_names_of_any_bytes(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.jsonl"
    link.symlink_to(path)
    name = 'a, "b"\n\udcff/数.jpg'
    write(link, fail_page(name), read_page(name))
    assert link.is_symlink()
    assert [record["file"] for record in load(path)] == [name, name]
    with Journal(link, MARK, True) as journal:
        assert [record["file"] for record in journal.read_sorted()] == [name]


def test_journal_that_cannot_be_opened(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "no" / "results.jsonl"):
        with pytest.raises(OutputError, match="cannot be written"):
            Journal(path, MARK, False)
