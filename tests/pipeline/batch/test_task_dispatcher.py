"""Tasks and processes: all that wait are done, whatever ends a process, a start or the system's patience."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import wait
from pathlib import Path

import numpy as np
import psutil
import pytest

from pipeline.batch.task_dispatcher import TaskDispatcher
from pipeline.batch.worker_process import LostProcessError, WorkerProcess


def dispatch(
    n_workers: int = 1, n_first: int = 1, initialize: Callable[..., object] = int, *arguments: object
) -> TaskDispatcher:
    return TaskDispatcher(lambda: WorkerProcess(initialize, arguments), n_workers, n_first)


def kill_random(workers: list[WorkerProcess], rng: np.random.Generator) -> bool:
    """Kill one of the workers; return whether there was one."""
    pids = [worker._process.pid for worker in list(workers) if worker._process._closed is False]  # type: ignore[attr-defined]
    if pids:
        psutil.Process(int(rng.choice(pids))).kill()
    return bool(pids)


@pytest.mark.slow
def test_killed_workers_cost_at_most_their_own_task() -> None:
    rng, n_kills = np.random.default_rng(1), 0
    tasks = dispatch(n_workers=2, n_first=2)
    try:
        futures = [tasks.submit(abs, -n, timeout_s=60) for n in range(3000)]
        while n_kills < 10 and not all(future.done() for future in futures):
            time.sleep(float(rng.uniform(0, 0.01)))
            try:
                n_kills += kill_random(tasks._workers, rng)
            except (psutil.NoSuchProcess, ValueError):
                continue
            time.sleep(0.3)
            futures += [tasks.submit(abs, -n, timeout_s=60) for n in range(len(futures), len(futures) + 3000)]
        assert not wait(futures, 60).not_done
    finally:
        tasks.stop()
    lost = [future for future in futures if future.exception()]
    assert all(isinstance(future.exception(), LostProcessError) for future in lost)
    assert all(future.result() == n for n, future in enumerate(futures) if not future.exception())
    assert n_kills == 10
    assert len(lost) <= n_kills


@pytest.mark.slow
def test_task_that_takes_too_long_is_ended_and_the_next_done() -> None:
    tasks = dispatch()
    try:
        slow, next_one = tasks.submit(time.sleep, 600, timeout_s=0.2), tasks.submit(abs, -3, timeout_s=60)
        assert isinstance(slow.exception(60), TimeoutError)
        assert next_one.result(60) == 3
    finally:
        tasks.stop()


@pytest.mark.slow
def test_processes_that_never_come_up_fail_what_waits() -> None:
    tasks = dispatch(1, 1, os._exit, 4)
    try:
        futures = [tasks.submit(abs, -3) for _ in range(3)]
        assert [str(future.exception(60)) for future in futures] == ["exit code 4"] * 3
        assert str(tasks.submit(abs, -3).exception(60)) == "exit code 4"
    finally:
        tasks.stop()


@pytest.mark.slow
def test_process_that_came_up_once_in_three_times_is_enough(tmp_path: Path) -> None:
    tasks = dispatch(1, 1, end_twice, tmp_path)
    try:
        assert tasks.submit(abs, -3).result(60) == 3
    finally:
        tasks.stop()


def end_twice(marks: Path) -> None:
    """End this process the first two times."""
    n = len(list(marks.iterdir()))
    (marks / str(n)).touch()
    if n < 2:
        os._exit(4)


def test_without_any_process_what_waits_fails() -> None:
    def start() -> WorkerProcess:
        raise OSError(11, "no more processes")

    tasks = TaskDispatcher(start, 2, 2)
    try:
        assert str(tasks.submit(abs, -3).exception(60)) == "it could not be started: no more processes"
    finally:
        tasks.stop()


def test_bug_of_the_dispatcher_reaches_those_who_wait() -> None:
    def start() -> WorkerProcess:
        raise RuntimeError("a bug")

    tasks = TaskDispatcher(start, 1, 0)
    try:
        for _ in range(2):
            assert str(tasks.submit(abs, -3).exception(60)) == "a bug"
    finally:
        tasks.stop()


@pytest.mark.slow
def test_stop_ends_what_is_done_and_what_waits() -> None:
    tasks = dispatch()
    futures = [tasks.submit(time.sleep, 600), tasks.submit(abs, -3)]
    time.sleep(0.3)
    tasks.stop()
    assert [str(future.exception(0)) for future in futures] == ["the run was stopped"] * 2
