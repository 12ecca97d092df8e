from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.batch.sources import Source, list_sources
from pipeline.batch.watch import watch_folder

SETTLED_S = 0.2
PATIENCE_S = 60.0
"""A test that waits for so long has failed."""

Watched = Iterator["Source | None"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def watch(folder: Path) -> closing[Watched]:  # type: ignore[type-var]
    return closing(watch_folder(folder, lambda: list_sources([str(folder)]), SETTLED_S))


def wait(watched: Watched, meanwhile: Callable[[], None] = lambda: None) -> str:
    """Return the name of the next file that is given out."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        given = next(watched)
        if given is not None:
            return Path(given.path).name
        meanwhile()
        time.sleep(0.01)
    raise TimeoutError


def is_still(watched: Watched, seconds: float = 4 * SETTLED_S) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if next(watched) is not None:
            return False
        time.sleep(0.01)
    return True


def test_files_that_are_there_and_files_that_arrive(folder: Path) -> None:
    (folder / "a.png").write_bytes(b"1")
    with watch(folder) as watched:
        assert next(watched) is None  # nothing has settled yet
        assert wait(watched) == "a.png"
        (folder / "notes.txt").write_text("no picture")
        (folder / "b.png").write_bytes(b"1")
        assert wait(watched) == "b.png"
        assert is_still(watched)


def test_file_is_given_out_when_it_has_stopped_growing(folder: Path) -> None:
    path = folder / "a.png"
    with watch(folder) as watched:
        next(watched)
        for size in range(1, 12):  # each addition comes before it could have settled
            with path.open("ab") as file:
                file.write(b"more")
            written = time.monotonic()
            while time.monotonic() - written < SETTLED_S / 4:
                given = next(watched)
                assert given is None or time.monotonic() - written > SETTLED_S, size
        assert wait(watched) == "a.png"
        assert is_still(watched)
    assert path.stat().st_size == 44


def test_file_that_changes_is_given_out_again_and_one_that_is_read_is_not(folder: Path) -> None:
    path = folder / "a.png"
    path.write_bytes(b"1")
    with watch(folder) as watched:
        assert wait(watched) == "a.png"
        path.read_bytes()
        assert is_still(watched)
        path.write_bytes(b"22")
        assert wait(watched) == "a.png"
        path.unlink()
        assert is_still(watched)


def test_folder_that_is_made_later_is_looked_into(folder: Path) -> None:
    with watch(folder) as watched:
        assert is_still(watched, 2 * SETTLED_S)  # an empty folder is no failure
        (folder / "2024" / "may").mkdir(parents=True)
        assert is_still(watched)
        (folder / "2024" / "may" / "a.png").write_bytes(b"1")
        assert wait(watched) == "a.png"
        (folder / "elsewhere").mkdir()
        (folder / "2024" / "may" / "a.png").rename(folder / "elsewhere" / "b.png")
        assert wait(watched) == "b.png"


def test_no_thread_stays_behind(folder: Path) -> None:
    before = set(threading.enumerate())
    with watch(folder) as watched:
        next(watched)
        assert set(threading.enumerate()) > before
    assert set(threading.enumerate()) == before
