"""One worker: it is forked or spawned, tells how it ended, and takes nothing but its own task along."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from pipeline.batch import worker_process
from pipeline.batch.worker_process import Task, WorkerProcess, format_exit

TOP = Path(__file__).resolve().parents[3]


def make_task(function: Any, *arguments: Any) -> Task:
    return Task(function, arguments, 60, Future())


@pytest.fixture
def worker() -> Any:
    one = WorkerProcess(int, ())
    assert one.take_in()
    assert one.is_idle
    yield one
    one.ask_to_end()
    one.end(time.monotonic() + 5)


@pytest.mark.slow
def test_tasks_return_raise_and_go_on(worker: WorkerProcess) -> None:
    for function, arguments, result in (
        (int, ("7",), 7),
        (int, ("seven",), "ValueError"),
        (open, (os.devnull,), "TypeError"),  # what it returns cannot be sent
        (lambda: 1, (), "PicklingError AttributeError"),  # nor can this be
        (int, ("8",), 8),
    ):
        task = make_task(function, *arguments)
        worker.begin(task)
        while not task.future.done():
            assert worker.take_in()
        error = task.future.exception()
        assert type(error).__name__ in str(result) if error else task.future.result() == result
        assert worker.is_idle


@pytest.mark.slow
def test_error_says_where_in_the_worker_it_was_raised(worker: WorkerProcess) -> None:
    task = make_task(int, "seven")
    worker.begin(task)
    assert worker.take_in()
    assert worker.take_in()
    assert "in _serve" in str(task.future.exception().__cause__)  # type: ignore[union-attr]


@pytest.mark.slow
def test_end_at_any_moment_is_noticed(worker: WorkerProcess) -> None:
    task = make_task(os._exit, 3)
    worker.begin(task)
    assert worker.take_in()
    assert not worker.take_in()
    assert not task.future.done()
    assert worker.hand_back() is None
    assert worker.task is task


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds the pipe in /proc")
@pytest.mark.parametrize("n_bytes", [0, 1, 4, 9])
def test_end_in_the_midst_of_a_message_is_noticed(n_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "count_threads", lambda: 0)  # spawned, it has no other socket
    worker = WorkerProcess(int, ())
    assert worker.take_in()
    task = make_task(send_a_part, n_bytes)
    worker.begin(task)
    assert worker.take_in()
    assert not worker.take_in()
    assert worker.task is task
    assert worker.end(time.monotonic() + 5) == "exit code 9"


def send_a_part(n_bytes: int) -> None:
    """Write the beginning of a message of 99 bytes to the pipe of this process, which is a socket, and end it."""
    pipe = next(fd for fd in range(3, 1000) if Path(f"/proc/self/fd/{fd}").resolve().name.startswith("socket:"))
    os.write(pipe, (b"\0\0\0\x63" + b"x" * 99)[:n_bytes])
    os._exit(9)


@pytest.mark.slow
def test_task_for_one_that_has_ended_is_handed_back_some_times() -> None:
    task = make_task(int, "7")
    for is_handed_back in (True, True, False):
        worker = WorkerProcess(int, ())
        assert worker.take_in()
        worker.ask_to_end()
        worker._process.join()
        worker.begin(task)
        assert not worker.take_in()
        assert (worker.hand_back() is task) is is_handed_back
        assert worker.end(time.monotonic() + 5) == "SIGTERM"


def test_fork_needs_a_process_of_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for n_threads in (0, 1, 2):
        monkeypatch.setattr(worker_process, "count_threads", lambda n=n_threads: n)
        made.append(type(worker_process.make_process(print, ())).__name__)
    assert made == ["SpawnProcess", "ForkProcess" if sys.platform != "win32" else "SpawnProcess", "SpawnProcess"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="threads are counted under Linux alone")
def test_threads_are_counted() -> None:
    count = "from pipeline.batch.worker_process import count_threads as count; print(count())"
    assert run_alone(count) >= 1
    assert run_alone(f"import os; os.environ['OPENBLAS_NUM_THREADS'] = '1'; import pipeline.batch.run; {count}") == 1


def run_alone(code: str) -> Any:
    """Return what the code prints, as JSON, in a process of its own."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=TOP, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(("code", "text"), [(3, "exit code 3"), (-11, "SIGSEGV"), (-99, "signal 99")])
def test_exit_code_is_named(code: int, text: str) -> None:
    assert format_exit(code) == text
