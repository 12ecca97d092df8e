"""Pools that read pages: in this process, or in worker processes that may hang or crash without harm to the run.

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
from pathlib import Path
from time import monotonic
from typing import Protocol

import cv2
from pebble import CONSTS, ProcessExpired, ProcessPool

from pipeline.batch.jobs import Job, Outcome, Plan, identify
from pipeline.batch.page_worker import Worker
from pipeline.errors import Failure
from pipeline.outputs.records import make_record
from pipeline.recognition.classify import load_classifier
from pipeline.system.interrupts import block_interrupts_in_children

_JOBS_PER_WORKER = 3
"""Jobs submitted per worker, so that the next one is queued when a worker has finished."""

_TERMINATION_S = 0.5
"""A worker that has not ended this long after it was asked to is killed."""

_LEAST_MEMORY = 2**30
_CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")


class Pool(Protocol):
    """Reads pages; at most `most_pending` jobs may be submitted and not yet collected."""

    most_pending: int

    def submit(self, job: Job) -> Future[Outcome]:
        """Start a job, or queue it until a worker is free."""
        ...

    def collect(self, future: Future[Outcome], job: Job) -> Outcome:
        """Return the outcome of a job whose future is done."""
        ...


class OneProcess:
    """Reads pages in this process."""

    most_pending = 1

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def submit(self, job: Job) -> Future[Outcome]:
        """Read the page now."""
        future: Future[Outcome] = Future()
        future.set_result(self._worker.read(job))
        return future

    def collect(self, future: Future[Outcome], job: Job) -> Outcome:
        """Return the outcome of a job."""
        return future.result()


class ManyProcesses:
    """Reads pages in worker processes; made by `start_processes`.

    Parameters
    ----------
    plan : what to do with every page
    n_workers : number of processes
    timeout_s : seconds that a page may take
    """

    def __init__(self, plan: Plan, n_workers: int, timeout_s: float) -> None:
        self._plan, self._n_workers, self._timeout_s = plan, n_workers, timeout_s
        self.most_pending = _JOBS_PER_WORKER * n_workers
        self._pool = self._start()

    def _start(self) -> ProcessPool:
        context = get_context("spawn")  # fork copies the state of OpenCV's threads without the threads
        pool = ProcessPool(
            self._n_workers, initializer=_initialize_worker, initargs=(self._plan, self._n_workers), context=context
        )
        with block_interrupts_in_children():
            pool.active  # noqa: B018 - starts the processes, which inherit the signal mask
        return pool

    def submit(self, job: Job) -> Future[Outcome]:
        """Queue the page."""
        if not self._pool.active:  # an idle worker was killed from outside: pebble stops its pool
            self.stop()
            self._pool = self._start()
        return self._pool.schedule(read_in_worker, args=(job,), timeout=self._timeout_s)

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
def start_processes(plan: Plan, n_workers: int, timeout_s: float) -> Iterator[ManyProcesses]:
    """Yield a pool of worker processes, which end with the context, busy or not.

    Parameters
    ----------
    plan : what to do with every page
    n_workers : number of processes
    timeout_s : seconds that a page may take before its process is ended
    """
    CONSTS.term_timeout = _TERMINATION_S
    pool = ManyProcesses(plan, n_workers, timeout_s)
    try:
        yield pool
    finally:
        pool.stop()


_plan = Plan()
_worker: Worker | None = None
"""State of a worker process."""


def _initialize_worker(plan: Plan, n_workers: int) -> None:
    """Prepare a worker process: one thread, a limit on its memory, and an end when its parent ends."""
    global _plan
    _plan = plan
    cv2.setNumThreads(1)
    os.environ.update(OMP_NUM_THREADS="1", TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1")
    limit_memory(n_workers)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def read_in_worker(job: Job) -> Outcome:
    """Return the outcome of a job; the first job of a process also loads the model."""
    global _worker
    if _worker is None:
        _worker = Worker(_plan, load_classifier(_plan.model))
    return _worker.read(job)


def _end_with_parent() -> None:
    """Exit as soon as the parent has ended for whatever reason: nobody would collect the outcomes."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def limit_memory(n_workers: int) -> int:
    """Limit the memory of this process to its share of the machine's; return the limit in bytes, 0 for none.

    A picture that takes more is then an error in this process; otherwise the system might kill another one.
    """
    try:
        import resource
    except ImportError:  # Windows
        return 0
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    container = _CONTAINER_LIMIT.read_text().strip() if _CONTAINER_LIMIT.is_file() else ""
    limit = max(_LEAST_MEMORY, min(machine, int(container) if container.isdecimal() else machine) // n_workers)
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (limit if most < 0 else min(limit, most), most))
    return limit


def _format_exit(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
