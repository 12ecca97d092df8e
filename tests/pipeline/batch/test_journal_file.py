from __future__ import annotations

from io import FileIO
from pathlib import Path

import portalocker
import pytest

from pipeline.batch import journal_file
from pipeline.batch.journal_file import append, choose_old_name, is_at_path, open_locked, read_lines, rewrite
from pipeline.errors import UsageError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.jsonl"


def test_lines_are_appended_and_a_cut_one_is_ended(path: Path) -> None:
    path.write_bytes(b"one\ncut")
    with open_locked(path) as file:
        assert append(file, b"two\n") == 8
        assert append(file, b"three\n") == 12
        assert list(read_lines(file)) == [(0, b"one\n"), (4, b"cut\n"), (8, b"two\n"), (12, b"three\n")]


def test_file_that_was_replaced_between_opening_and_locking_is_opened_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, n_locks = portalocker.lock, 0

    def replace_first(file: FileIO, flags: portalocker.LockFlags) -> None:
        nonlocal n_locks
        n_locks += 1
        if n_locks == 1:  # another run puts the journal aside just now
            path.rename(path.with_name("a.jsonl.old"))
            path.write_bytes(b"new\n")
        elif n_locks == 2:
            path.unlink()
        lock(file, flags)

    monkeypatch.setattr(journal_file.portalocker, "lock", replace_first)
    path.write_bytes(b"old\n")
    with open_locked(path) as file:
        assert n_locks == 3
        assert is_at_path(file, path)
    assert path.read_bytes() == b""


def test_file_that_is_always_replaced_is_given_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_file, "is_at_path", lambda *_: False)
    with pytest.raises(UsageError, match="another run is writing to it"):
        open_locked(path)


def test_rewritten_file_is_locked_and_in_place_of_the_old_one(path: Path) -> None:
    path.write_bytes(b"one\ntwo\n")
    new, offsets = rewrite(open_locked(path), path, [b"two\n", b"three"])
    with new:
        assert (path.read_bytes(), offsets) == (b"two\nthree\n", [0, 4])
        with pytest.raises(UsageError, match="another run"):
            open_locked(path)
    assert list(path.parent.iterdir()) == [path]


def test_failure_while_rewriting_leaves_the_old_file_open(path: Path) -> None:
    path.write_bytes(b"one\n")
    with open_locked(path) as file:
        with pytest.raises(ZeroDivisionError):
            rewrite(file, path, (b"x" * (1 // n) for n in (1, 0)))
        assert is_at_path(file, path)
        assert list(read_lines(file)) == [(0, b"one\n")]
    assert list(path.parent.iterdir()) == [path]


def test_name_of_an_old_journal_that_is_taken_gets_a_number(path: Path) -> None:
    path.write_bytes(b"")
    with open_locked(path) as file:
        assert choose_old_name(file, path).name == "a.jsonl.old"
        path.with_name("a.jsonl.old").write_text("somebody's own")
        path.with_name("a.jsonl.old2").mkdir()
        path.with_name("a.jsonl.old3").symlink_to("nowhere")
        assert choose_old_name(file, path).name == "a.jsonl.old4"
