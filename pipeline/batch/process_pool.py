"""The pool that reads pages: worker processes that may hang, crash or run out of memory without harm to the run.

PDFium and OpenCV's C code may hang or crash on a damaged file. pebble's pool ends a process that exceeds the timeout
and replaces one that has ended; the page then counts as failed.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future, TimeoutError
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import active_children, connection, get_context, parent_process
from multiprocessing.context import SpawnContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import cv2
from pebble import CONSTS, ProcessExpired, ProcessPool

from pipeline.batch.jobs import Job, Outcome, Plan, identify
from pipeline.batch.page_worker import Worker
from pipeline.errors import Failure, ModelError
from pipeline.outputs.records import make_record
from pipeline.recognition.classify import load_classifier
from pipeline.settings.images import ImageSettings
from pipeline.system.interrupts import block_interrupts_in_children, end_on_stops
from pipeline.system.memory import estimate_memory, find_free_memory, limit_memory

_JOBS_PER_WORKER = 3
"""Jobs submitted per worker, so that the next one is queued when a worker has finished."""

_TERMINATION_S = 0.5
"""A worker that has not ended this long after it was asked to is killed."""

_POLL_S = 0.02
"""How often pebble looks after its processes; the end of a run waits for it."""

_MEMORY_FRAC = 0.75
"""Of the memory that is free, which all workers together may take; the rest is for this process and the machine."""

_TASKS = Path("/proc/self/task")
"""The threads of this process, those of native libraries included, under Linux."""


class Pool(Protocol):
    """Reads pages; at most `most_pending` jobs may be submitted and not yet collected."""

    most_pending: int

    def check_model(self) -> tuple[str, ...]:
        """Return a line for each thing that the user should know of the model; raise ModelError if it cannot load."""
        ...

    def submit(self, job: Job) -> Future[Outcome]:
        """Start a job, or queue it until a worker is free."""
        ...

    def collect(self, future: Future[Outcome], job: Job) -> Outcome:
        """Return the outcome of a job whose future is done."""
        ...


class _WorkerContext(SpawnContext):
    """Forks a process while this one has a single thread, which takes milliseconds, and spawns it afterwards.

    A fork copies the locks and queues of other threads, such as OpenCV's, without the threads.
    """

    @staticmethod
    def Process(*arguments: Any, **named: Any) -> BaseProcess:  # type: ignore[override]
        """Return a process that is not started yet."""
        if count_threads() == 1:
            return get_context("fork").Process(*arguments, **named)
        return get_context("spawn").Process(*arguments, **named)


def count_threads() -> int:
    """Return the number of threads of this process; 0 where it is unknown, as on other systems than Linux."""
    try:
        return len(os.listdir(_TASKS))  # noqa: PTH208 - names alone, as threads may end meanwhile
    except OSError:
        return 0


class ManyProcesses:
    """Reads pages in worker processes; made by `start_processes`.

    Parameters
    ----------
    plan : what to do with every page
    n_workers : number of processes at most; fewer where the memory does not suffice for so many
    timeout_s : seconds that a page may take
    n_jobs : jobs that are known already: no more processes are started at first, others as further jobs come
    """

    def __init__(self, plan: Plan, n_workers: int, timeout_s: float, n_jobs: int) -> None:
        self._plan, self._timeout_s = plan, timeout_s
        self._n_workers, self._most_memory = share_memory(n_workers, plan.settings.images)
        self._n_started = max(1, min(self._n_workers, n_jobs))
        self._n_pending = 0
        self.most_pending = _JOBS_PER_WORKER * self._n_workers
        self._pool = self._start()

    def _start(self) -> ProcessPool:
        arguments = (self._plan, self._most_memory)
        pool = ProcessPool(
            self._n_started, initializer=_initialize_worker, initargs=arguments, context=_WorkerContext()
        )
        with block_interrupts_in_children():
            pool.active  # noqa: B018 - starts the processes, which inherit the signal mask
        return pool

    def check_model(self) -> tuple[str, ...]:
        """Return the model's notes; a worker loads it, and keeps it for its first page.

        Raises
        ------
        ModelError
            If it cannot be loaded.
        """
        try:
            notes: tuple[str, ...] = self._pool.schedule(load_in_worker).result()
            return notes
        except (ProcessExpired, BrokenProcessPool) as error:
            raise ModelError(f"{self._plan.model}: the process that loaded the model ended") from error

    def submit(self, job: Job) -> Future[Outcome]:
        """Queue the page."""
        if not self._pool.active:  # an idle worker was killed from outside: pebble stops its pool
            self.stop()
            self._pool = self._start()
        self._n_pending += 1
        self._grow()
        return self._pool.schedule(read_in_worker, args=(job,), timeout=self._timeout_s)

    def _grow(self) -> None:
        """Let pebble start as many processes as jobs are pending; it looks after this number all the time."""
        if self._n_started < min(self._n_workers, self._n_pending):
            self._n_started = min(self._n_workers, self._n_pending)
            self._pool._pool_manager.worker_manager.workers_number = self._n_started

    def stop(self) -> None:
        """End all processes, busy or not."""
        self._pool.stop()
        children = active_children()
        for child in children:
            child.terminate()
        deadline = monotonic() + _TERMINATION_S
        for child in children:
            child.join(max(0.0, deadline - monotonic()))
            child.kill()
        self._pool.join()

    def collect(self, future: Future[Outcome], job: Job) -> Outcome:
        """Return the outcome of a job; a timeout or the end of its process is a failure of its page.

        Raises
        ------
        DigitsError
            If the worker could not load the model or write a picture.
        """
        self._n_pending -= 1
        try:
            return future.result()
        except TimeoutError:
            message = f"it was not read within {self._timeout_s:g} s"
            failure = Failure(job.source.path, job.number, "timeout", message, "raise --timeout, or look at the file")
        except (ProcessExpired, BrokenProcessPool) as ended:
            how = _format_exit(ended.exitcode) if isinstance(ended, ProcessExpired) else "all of them did"
            message = f"the process that read it ended ({how})"
            failure = Failure(job.source.path, job.number, "crash", message, "save the file again, as PNG or JPEG")
        identity = None if job.raw is not None else identify(job.source.path)
        return Outcome(make_record(failure), identity=identity, is_lost=True)


@contextmanager
def start_processes(plan: Plan, n_workers: int, timeout_s: float, n_jobs: int = 1) -> Iterator[ManyProcesses]:
    """Yield a pool of worker processes, which end with the context, busy or not.

    Parameters
    ----------
    plan : what to do with every page
    n_workers : number of processes at most
    timeout_s : seconds that a page may take before its process is ended
    n_jobs : jobs that are known already
    """
    CONSTS.term_timeout, CONSTS.sleep_unit = _TERMINATION_S, _POLL_S
    pool = ManyProcesses(plan, n_workers, timeout_s, n_jobs)
    try:
        yield pool
    finally:
        pool.stop()


_plan = Plan()
_worker: Worker | None = None
"""State of a worker process."""


def _initialize_worker(plan: Plan, most_memory: int | None) -> None:
    """Prepare a worker process: one thread, a limit on its memory, and an end when its parent ends."""
    global _plan
    _plan = plan
    end_on_stops()
    cv2.setNumThreads(1)
    os.environ.update(OMP_NUM_THREADS="1", TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1")
    if most_memory is not None:
        limit_memory(most_memory)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def load_in_worker() -> tuple[str, ...]:
    """Load the model, once in a process; return its notes."""
    return _find_worker().notes


def read_in_worker(job: Job) -> Outcome:
    """Return the outcome of a job; the first job of a process also loads the model."""
    return _find_worker().read(job)


def _find_worker() -> Worker:
    global _worker
    if _worker is None:
        _worker = Worker(_plan, load_classifier(_plan.model))
    return _worker


def _end_with_parent() -> None:
    """Exit as soon as the parent has ended for whatever reason: nobody would collect the outcomes."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def share_memory(n_workers: int, settings: ImageSettings) -> tuple[int, int | None]:
    """Return the number of workers that the memory suffices for, and the bytes that each may take; None for no limit.

    All of them together leave a quarter of what is free. None gets more than a picture within the settings takes. A
    picture that takes more is then an error in its process; otherwise the system might kill another one.
    """
    free = find_free_memory()
    if free is None:
        return n_workers, None
    budget = int(free * _MEMORY_FRAC)
    n_workers = max(1, min(n_workers, budget // estimate_memory(0)))
    return n_workers, min(budget // n_workers, estimate_memory(settings.most_mpx * 1_000_000))


def _format_exit(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
