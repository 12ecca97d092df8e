"""Hands tasks out to worker processes, and looks after these: one that ends or takes too long is replaced."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from multiprocessing import connection
from time import monotonic
from typing import Any

from pipeline.batch.worker_process import TERMINATION_S, LostProcessError, Task, WorkerProcess
from pipeline.system.interrupts import block_interrupts_in_children

_MOST_FAILED_STARTS = 3
"""So many processes in a row that end before they are ready: the next ones would, too."""


_MOST_WORKERS = 60 if os.name == "nt" else 10_000
"""Windows waits for no more than 63 things at once."""


class TaskDispatcher:
    """Does tasks in worker processes, which a thread of this process looks after.

    Parameters
    ----------
    start : starts a process
    n_workers : number of processes at most
    n_first : how many to start at once; the others start as tasks come
    """

    def __init__(self, start: Callable[[], WorkerProcess], n_workers: int, n_first: int) -> None:
        self._start, self._n_workers = start, min(n_workers, _MOST_WORKERS)
        self._waiting: deque[Task] = deque()
        self._n_failed_starts = 0
        self._is_stopped = False
        self._error: BaseException | None = None
        self._wake, self._waker = connection.Pipe(duplex=False)
        with block_interrupts_in_children():
            self._workers: list[WorkerProcess] = []
            self._start_workers(min(n_first, self._n_workers))
            self._thread = threading.Thread(target=self._dispatch, name="dispatcher", daemon=True)
            self._thread.start()

    def submit(self, function: Callable[..., Any], *arguments: Any, timeout_s: float | None = None) -> Future[Any]:
        """Queue a call; its future gets what it returns or raises, TimeoutError or LostProcessError.

        Parameters
        ----------
        function, arguments : that can be pickled
        timeout_s : seconds that it may take in a process that has started
        """
        task = Task(function, arguments, timeout_s, Future())
        self._waiting.append(task)
        self._waker.send_bytes(b"task")
        if self._error is not None:  # the thread has ended
            self._fail_waiting(self._error)
        return task.future

    def stop(self) -> None:
        """End all processes, busy or not; no task is done any more."""
        self._is_stopped = True
        self._waker.send_bytes(b"stop")
        self._thread.join()
        for worker in self._workers:
            worker.ask_to_end()
        until_s = monotonic() + TERMINATION_S
        for worker in self._workers:
            worker.end(until_s)
        self._fail_all(LostProcessError("the run was stopped"))
        self._workers.clear()
        self._wake.close()
        self._waker.close()

    def _dispatch(self) -> None:
        try:
            while not self._is_stopped:
                self._hand_out()
                limits = [left for worker in self._workers if (left := worker.left_s) is not None]
                pipes = {worker.pipe: worker for worker in self._workers}
                ready = connection.wait([self._wake, *pipes], max(0.0, min(limits)) if limits else None)
                if self._wake in ready:
                    self._wake.recv_bytes()
                for pipe in ready:
                    if pipe is not self._wake:
                        self._take_in(pipes[pipe])  # type: ignore[index]
                self._end_overdue()
        except BaseException as error:  # a bug; nobody else would tell those who wait
            self._error = error
            self._fail_all(error)

    def _hand_out(self) -> None:
        """Give tasks to idle workers; start further ones for the others, up to the limit."""
        for worker in self._workers:
            if worker.is_idle and self._waiting:
                worker.begin(self._waiting.popleft())
        n_starting = sum(not worker.is_ready for worker in self._workers)
        self._start_workers(min(len(self._waiting) - n_starting, self._n_workers - len(self._workers)))

    def _start_workers(self, n: int) -> None:
        """Start processes, fewer where the system has no more; without any the tasks that wait fail."""
        try:
            for _ in range(n):
                self._workers.append(self._start())
        except OSError as error:
            if not self._workers:
                self._fail_waiting(LostProcessError(f"it could not be started: {error.strerror or error}"))

    def _take_in(self, worker: WorkerProcess) -> None:
        if worker.take_in():
            if worker.is_idle:
                self._n_failed_starts = 0
            return
        how = self._drop(worker)
        if not worker.is_ready:
            self._note_failed_start(how)
        elif task := worker.hand_back():
            self._waiting.appendleft(task)
        else:
            worker.fail(LostProcessError(how))

    def _end_overdue(self) -> None:
        for worker in list(self._workers):
            if (left := worker.left_s) is not None and left <= 0:
                worker.ask_to_end()
                self._drop(worker)
                worker.fail(TimeoutError())

    def _drop(self, worker: WorkerProcess) -> str:
        """Take a worker out that has ended or is to end; return how it ended."""
        self._workers.remove(worker)
        return worker.end(monotonic() + TERMINATION_S)

    def _note_failed_start(self, how: str) -> None:
        """Count a process that ended before it was ready; after several in a row the tasks that wait fail."""
        self._n_failed_starts += 1
        if self._n_failed_starts >= _MOST_FAILED_STARTS:
            self._n_failed_starts = 0
            self._fail_waiting(LostProcessError(how))

    def _fail_waiting(self, error: BaseException) -> None:
        while self._waiting:
            self._waiting.popleft().future.set_exception(error)

    def _fail_all(self, error: BaseException) -> None:
        self._fail_waiting(error)
        for worker in self._workers:
            if worker.task is not None:
                worker.task.future.set_exception(error)
                worker.task = None
