from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.batch import watch as room
from pipeline.batch.sources import Source, list_sources
from pipeline.batch.watch import watch_folder

SETTLED_S = 1.0
STEP_S = SETTLED_S / 8
N_STEPS = 10_000
"""A test that waits for so many steps of the clock has failed."""

Watched = Iterator["Source | None"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


class Clock:
    """Stands for the clock; each of its steps takes the time in which the system tells of what happened to a file."""

    now_s = 1.0

    def __call__(self) -> float:
        return self.now_s

    def step(self) -> None:
        self.now_s += STEP_S
        time.sleep(0.002)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(room, "monotonic", clock)
    monkeypatch.setattr(room, "_POLL_INTERVAL_S", 1e9)  # only what the system tells makes it look
    return clock


def watch(folder: Path) -> closing[Watched]:  # type: ignore[type-var]
    return closing(watch_folder(folder, lambda: list_sources([str(folder)]), SETTLED_S))


def wait(watched: Watched, clock: Clock) -> str:
    """Return the name of the next file that is given out."""
    for _ in range(N_STEPS):
        given = next(watched)
        if given is not None:
            return Path(given.path).name
        clock.step()
    raise TimeoutError


def is_still(watched: Watched, clock: Clock) -> bool:
    """Return whether nothing is given out for four times as long as a file takes to settle."""
    for _ in range(round(4 * SETTLED_S / STEP_S)):
        if next(watched) is not None:
            return False
        clock.step()
    return True


def test_files_that_are_there_and_files_that_arrive(folder: Path, clock: Clock) -> None:
    (folder / "a.png").write_bytes(b"1")
    with watch(folder) as watched:
        assert next(watched) is None  # nothing has settled yet
        assert wait(watched, clock) == "a.png"
        (folder / "notes.txt").write_text("no picture")
        (folder / "b.png").write_bytes(b"1")
        assert wait(watched, clock) == "b.png"
        assert is_still(watched, clock)


def test_file_is_given_out_when_it_has_stopped_growing(folder: Path, clock: Clock) -> None:
    path = folder / "a.png"
    with watch(folder) as watched:
        next(watched)
        for size in range(1, 13):  # each addition comes before it could have settled
            with path.open("ab") as file:
                file.write(b"more")
            for _ in range(3):
                clock.step()
                assert next(watched) is None, size
        assert wait(watched, clock) == "a.png"
        assert is_still(watched, clock)
    assert path.stat().st_size == 48


def test_file_that_changes_is_given_out_again_and_one_that_is_read_is_not(folder: Path, clock: Clock) -> None:
    path = folder / "a.png"
    path.write_bytes(b"1")
    with watch(folder) as watched:
        assert wait(watched, clock) == "a.png"
        path.read_bytes()
        assert is_still(watched, clock)
        path.write_bytes(b"22")
        assert wait(watched, clock) == "a.png"
        path.unlink()
        assert is_still(watched, clock)


@pytest.mark.slow
def test_folder_that_is_made_later_is_looked_into(folder: Path, clock: Clock) -> None:
    with watch(folder) as watched:
        assert is_still(watched, clock)  # an empty folder is no failure
        (folder / "2024" / "may").mkdir(parents=True)
        assert is_still(watched, clock)
        (folder / "2024" / "may" / "a.png").write_bytes(b"1")
        assert wait(watched, clock) == "a.png"
        (folder / "elsewhere").mkdir()
        (folder / "2024" / "may" / "a.png").rename(folder / "elsewhere" / "b.png")
        assert wait(watched, clock) == "b.png"


def test_folder_that_tells_nothing_is_looked_through_now_and_then(
    folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room._ChangeHandler, "on_any_event", lambda *_: None)
    monkeypatch.setattr(room, "_POLL_INTERVAL_S", 20 * SETTLED_S)
    with watch(folder) as watched:
        assert next(watched) is None
        (folder / "a.png").write_bytes(b"1")
        assert is_still(watched, clock)
        assert wait(watched, clock) == "a.png"


def test_no_thread_stays_behind(folder: Path) -> None:
    before = set(threading.enumerate())
    with watch(folder) as watched:
        next(watched)
        assert set(threading.enumerate()) > before
    assert set(threading.enumerate()) == before
