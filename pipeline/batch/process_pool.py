"""The pool that reads pages: worker processes that may hang, crash or run out of memory without harm to the run.

PDFium and OpenCV's C code may hang or crash on a damaged file. A process that exceeds the timeout is ended, one that
has ended is replaced; the page that it read then counts as failed, and no other.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from multiprocessing import connection, parent_process
from typing import Any, Protocol

import cv2

from pipeline.batch.jobs import Job, Outcome, Plan, identify
from pipeline.batch.page_worker import Worker
from pipeline.batch.task_dispatcher import TaskDispatcher
from pipeline.batch.worker_process import LostProcessError, WorkerProcess
from pipeline.errors import Failure, ModelError
from pipeline.outputs.records import make_record
from pipeline.recognition.classify import load_classifier
from pipeline.remote.addresses import is_address
from pipeline.settings.images import ImageSettings
from pipeline.system.interrupts import end_on_stops
from pipeline.system.memory import estimate_memory, find_free_memory, limit_memory

_JOBS_PER_WORKER = 3
"""Jobs submitted per worker, so that the next one is queued when a worker has finished."""

_MEMORY_FRAC = 0.75
"""Of the memory that is free, which all workers together may take; the rest is for this process and the machine."""


class Pool(Protocol):
    """Reads pages."""

    @property
    def most_pending(self) -> int:
        """How many jobs may be submitted and not yet collected."""
        ...

    def check_model(self) -> tuple[str, ...]:
        """Return a line for each thing that the user should know of the model; raise ModelError if it cannot load."""
        ...

    def submit(self, job: Job) -> Future[Outcome]:
        """Start a job, or queue it until a worker is free."""
        ...

    def collect(self, future: Future[Outcome], job: Job) -> Outcome:
        """Return the outcome of a job whose future is done."""
        ...


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
        n_workers, most_memory = share_memory(n_workers, plan.settings.images)
        self.most_pending = _JOBS_PER_WORKER * n_workers
        self._dispatcher = TaskDispatcher(
            lambda: WorkerProcess(_initialize_worker, (plan, most_memory)), n_workers, max(1, min(n_workers, n_jobs))
        )

    def check_model(self) -> tuple[str, ...]:
        """Return the model's notes; a worker loads it, and keeps it for its first page.

        Raises
        ------
        ModelError
            If it cannot be loaded.
        """
        try:
            return self._load_model()
        except LostProcessError:  # by the model, or from outside, which does not happen twice
            pass
        try:
            return self._load_model()
        except LostProcessError as lost:
            raise ModelError(f"{self._plan.model}: the process that loaded the model ended ({lost})") from lost

    def _load_model(self) -> tuple[str, ...]:
        notes: tuple[str, ...] = self._dispatcher.submit(load_in_worker).result()
        return notes

    def submit(self, job: Job) -> Future[Outcome]:
        """Queue the page."""
        return self._dispatcher.submit(read_in_worker, job, timeout_s=self._timeout_s)

    def call(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Queue a call of a function that a worker can import; it may take as long as a page.

        The future raises TimeoutError or LostProcessError where a page would be a failure.
        """
        return self._dispatcher.submit(function, *arguments, timeout_s=self._timeout_s)

    def stop(self) -> None:
        """End all processes, busy or not."""
        self._dispatcher.stop()

    def collect(self, future: Future[Outcome], job: Job) -> Outcome:
        """Return the outcome of a job; a timeout or the end of its process is a failure of its page.

        Raises
        ------
        DigitsError
            If the worker could not load the model or write a picture.
        """
        try:
            return future.result()
        except TimeoutError:
            message = f"it was not read within {self._timeout_s:g} s"
            failure = Failure(job.source.path, job.number, "timeout", message, "raise --timeout, or look at the file")
        except LostProcessError as lost:
            message = f"the process that read it ended ({lost})"
            failure = Failure(job.source.path, job.number, "crash", message, "save the file again, as PNG or JPEG")
        path = job.source.path
        identity = None if job.raw is not None or is_address(path) else identify(path)
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
    return find_worker().notes


def read_in_worker(job: Job) -> Outcome:
    """Return the outcome of a job; the first job of a process also loads the model."""
    return find_worker().read(job)


def find_worker() -> Worker:
    """Return what reads in this worker process, its model loaded."""
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


def count_cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
