from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.batch.jobs import Outcome, identify
from pipeline.batch.journal import KEY, Journal
from pipeline.errors import Failure, OutputError, UsageError
from pipeline.outputs.records import make_record
from pipeline.types import PageReading

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


def write(path: Path, *outcomes: Outcome, mark: str = MARK, paths: Collection[str] | None = None) -> None:
    with Journal(path, mark, paths) as journal:
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
    assert load(path) == [{**outcome.record, KEY: origin}]


def test_each_page_is_a_line_on_the_disk_before_the_next(
    path: Path, picture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[bytes] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        fsync(descriptor)
        synced.append(path.read_bytes())

    monkeypatch.setattr("pipeline.batch.journal.os.fsync", note)
    with Journal(path, MARK, None) as journal:
        for number in (1, 2):
            journal.add(read_page(picture, number))
            assert len(synced) == number == len(journal)
            assert synced[-1] == path.read_bytes()
            assert synced[-1].count(b"\n") == number


def test_what_is_done_is_found_again_and_stays_as_it_was(path: Path, picture: str) -> None:
    write(path, read_page(picture, 1), read_page(picture, 3))
    before = path.read_bytes()
    with Journal(path, MARK, [picture]) as journal:
        done = journal.find_done(picture)
        assert done is not None
        assert (done.numbers, done.n_pages, done.identity) == ({1, 3}, 3, identify(picture))
        assert journal.find_done("another") is None
        assert (len(journal), journal.messages) == (2, [])
        assert path.read_bytes() == before
        Path(picture).write_bytes(b"changed since")
        assert journal.find_done(picture) is None


def test_truncated_last_line_is_removed_and_reported(path: Path, picture: str) -> None:
    write(path, read_page(picture, 1), read_page(picture, 2))
    whole = path.read_bytes()
    for cut in (1, 20, len(whole.splitlines(keepends=True)[1]) - 1):
        path.write_bytes(whole[:-cut])
        with Journal(path, MARK, [picture]) as journal:
            assert journal.messages == ["results.jsonl: a record was cut short; it is removed, and its page read again"]
            assert path.read_bytes() == whole.splitlines(keepends=True)[0]
            journal.add(read_page(picture, 2))
        assert path.read_bytes() == whole


def change_bytes(picture: Path) -> None:
    at = picture.stat().st_mtime_ns
    picture.write_bytes(b"longer than before")
    os.utime(picture, ns=(at, at))


def change_time(picture: Path) -> None:
    os.utime(picture, ns=(1, 1))


@pytest.mark.parametrize("change", [change_bytes, change_time, Path.unlink])
def test_records_of_a_changed_file_go_and_others_stay(path: Path, picture: str, change: Any) -> None:
    other, elsewhere = str(Path(picture).with_name("b.png")), str(Path(picture).with_name("c.png"))
    for name in (other, elsewhere):
        Path(name).write_bytes(b"another")
    write(path, read_page(picture, 1), read_page(other), read_page(picture, 2), fail_page(elsewhere))
    change(Path(picture))
    with Journal(path, MARK, [picture, other]) as journal:
        assert list_pages(path) == [("b.png", 1), ("c.png", 1)]  # c.png is not among the files of this run
        assert journal.find_done(picture) is None
        assert journal.find_done(other) is not None


def test_failed_pages_are_read_again_and_their_records_go(path: Path, picture: str) -> None:
    write(path, read_page(picture, 1), fail_page(picture, 2), fail_page(picture, None))
    with Journal(path, MARK, [picture]) as journal:
        assert list_pages(path) == [("a.tif", 1)]
        done = journal.find_done(picture)
        assert done is not None
        assert done.numbers == {1}


def test_what_another_model_has_read_is_not_done(path: Path, picture: str) -> None:
    write(path, read_page(picture, 1))
    with Journal(path, "another mark", [picture]) as journal:
        assert journal.find_done(picture) is None
        journal.add(read_page(picture, 1))
    assert [(record["page"], record[KEY]["mark"]) for record in load(path)] == [(1, "another mark")]


def test_no_page_has_two_records(path: Path, picture: str) -> None:
    other = str(Path(picture).with_name("b.png"))
    with Journal(path, MARK, None) as journal:
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
    with Journal(path, MARK, None) as journal:
        journal.add(fail_page(picture, None))  # its copy was still on the way
        Path(picture).write_bytes(b"now it is complete")
        for number in (1, 2):
            journal.add(read_page(picture, number, 2))
        assert [record["status"] for record in journal.read_sorted()] == ["ok", "ok"]
        journal.finish()
    assert list_pages(path) == [("a.tif", 1), ("a.tif", 2)]


def test_pages_that_a_changed_file_has_no_more_go(path: Path, picture: str) -> None:
    with Journal(path, MARK, None) as journal:
        for number in (1, 2, 3):
            journal.add(read_page(picture, number, 3))
        Path(picture).write_bytes(b"shorter")
        journal.add(read_page(picture, 1, 2))
        journal.add(read_page(picture, 2, 2))
        journal.finish()
    assert list_pages(path) == [("a.tif", 1), ("a.tif", 2)]


def test_records_are_sorted_by_path_and_page(path: Path, picture: str) -> None:
    other = str(Path(picture).with_name("B.png"))
    with Journal(path, MARK, None) as journal:
        for outcome in (fail_page(picture, None), read_page(picture, 10), read_page(picture, 9), fail_page(other)):
            journal.add(outcome)
        found = [(Path(record["file"]).name, record["page"]) for record in journal.read_sorted()]
    assert found == [("a.tif", None), ("a.tif", 9), ("a.tif", 10), ("B.png", 1)]


def test_earlier_journal_is_put_aside_unless_it_is_resumed(path: Path, picture: str) -> None:
    write(path, read_page(picture, 1))
    before = path.read_bytes()
    with Journal(path, MARK, None) as journal:
        assert journal.messages == [
            "an earlier journal is kept as results.jsonl.old; --resume would have gone on with it"
        ]
        assert (len(journal), journal.find_done(picture)) == (0, None)
        journal.add(read_page(picture, 2))
    assert list_pages(path) == [("a.tif", 2)]
    assert path.with_name("results.jsonl.old").read_bytes() == before


@pytest.mark.parametrize("paths", [None, []], ids=["anew", "resumed"])
def test_second_run_on_the_same_journal_is_refused(path: Path, picture: str, paths: list[str] | None) -> None:
    with Journal(path, MARK, None) as journal:
        journal.add(read_page(picture, 1))
        for _ in range(2):  # the first refusal must not unlock it
            with pytest.raises(UsageError, match="another run is writing to it; wait for its end"):
                Journal(path, MARK, paths)
        journal.add(read_page(picture, 2))
        journal.finish()
        with pytest.raises(UsageError, match="another run"):
            Journal(path, MARK, paths)
    assert list_pages(path) == [("a.tif", 1), ("a.tif", 2)]
    write(path, paths=[])  # it is free again


def test_rewritten_journal_stays_locked(path: Path, picture: str) -> None:
    write(path, read_page(picture, 1), fail_page(picture, 2))
    with Journal(path, MARK, [picture]), pytest.raises(UsageError, match="another run is writing to it"):
        Journal(path, MARK, [picture])


@pytest.mark.parametrize("truncated", [b'{"sch', b'{"schema": 1, "file": "a.tif", "pa'])
def test_journal_of_nothing_but_a_truncated_record_is_resumed(path: Path, picture: str, truncated: bytes) -> None:
    path.write_bytes(truncated)
    with Journal(path, MARK, [picture]) as journal:
        assert "cut short" in journal.messages[0]
        journal.add(read_page(picture, 1))
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
        Journal(path, MARK, [picture])
    assert path.read_bytes() == raw
    assert [one.name for one in path.parent.iterdir()] == ["results.jsonl"]


def test_full_disk_leaves_the_record_before_as_the_last(
    path: Path, picture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    with Journal(path, MARK, None) as journal:
        journal.add(read_page(picture, 1))
        before = path.read_bytes()
        with monkeypatch.context() as patch:
            patch.setattr("pipeline.batch.journal.os.fsync", fail)
            with pytest.raises(OutputError, match=r"results.jsonl: cannot be written \(No space left"):
                journal.add(read_page(picture, 2))
        assert (path.read_bytes(), len(journal)) == (before, 1)
        journal.add(read_page(picture, 3))  # somebody has made room
    assert list_pages(path) == [("a.tif", 1), ("a.tif", 3)]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit for a file's size")
def test_record_that_fits_in_part_only_is_taken_back(path: Path, picture: str) -> None:
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Journal(path, MARK, None) as journal:
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
    with Journal(path, MARK, None) as journal:
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
    with pytest.raises(ZeroDivisionError), Journal(path, MARK, [picture]):
        assert path.exists()
        raise ZeroDivisionError
    assert list(path.parent.iterdir()) == []


def test_interrupted_run_keeps_its_journal(path: Path, picture: str) -> None:
    with pytest.raises(KeyboardInterrupt), Journal(path, MARK, None) as journal:
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
    monkeypatch.setattr("pipeline.batch.journal.os.fsync", lambda _: signal.raise_signal(signal.SIGINT))
    with Journal(path, MARK, None) as journal:
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

    monkeypatch.setattr("pipeline.batch.journal.os.fsync", fail)
    with Journal(path, MARK, None) as journal, pytest.raises(OutputError, match="No space left"):
        journal.add(read_page(picture))


def test_journal_behind_a_link_and_names_of_any_bytes(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.jsonl"
    link.symlink_to(path)
    name = 'a, "b"\n\udcff/数.jpg'
    write(link, fail_page(name), read_page(name))
    assert link.is_symlink()
    assert [record["file"] for record in load(path)] == [name, name]
    with Journal(link, MARK, []) as journal:
        assert [record["file"] for record in journal.read_sorted()] == [name]


def test_journal_that_cannot_be_opened(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "no" / "results.jsonl"):
        with pytest.raises(OutputError, match="cannot be written"):
            Journal(path, MARK, None)
