"""Who reads the pages: this process, or several worker processes that may hang or crash without harm.

pebble's pool ends a process that takes too long over a page, and puts another in the place of one that has ended; the
page is then a failed one. PDFium and OpenCV's C code may do either on a damaged file.
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
from pipeline.system.interrupts import leave_interrupts_to_us

_AHEAD = 3
"""Jobs in hand per worker: who is done finds the next one waiting."""

_LAST_WORDS_S = 0.5
"""A worker that has been asked to end, and has not by then, is killed."""

_LEAST_MEMORY = 2**30
_CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")


class Pool(Protocol):
    """Who reads pages: at most `most_in_hand` may be in hand at once."""

    most_in_hand: int

    def submit(self, job: Job) -> Future[Outcome]:
        """Begin a job, or keep it until a worker is free."""
        ...

    def collect(self, future: Future[Outcome], job: Job) -> Outcome:
        """Return what became of a job whose future is done."""
        ...


class OneProcess:
    """The program's own process."""

    most_in_hand = 1

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def submit(self, job: Job) -> Future[Outcome]:
        """Read the page, now."""
        future: Future[Outcome] = Future()
        future.set_result(self._worker.read(job))
        return future

    def collect(self, future: Future[Outcome], job: Job) -> Outcome:
        """Return what became of a job."""
        return future.result()


class ManyProcesses:
    """Worker processes, from `start_processes`.

    Parameters
    ----------
    plan : what to do with every page
    n_workers : processes
    timeout_s : what a page may take
    """

    def __init__(self, plan: Plan, n_workers: int, timeout_s: float) -> None:
        self._plan, self._n_workers, self._timeout_s = plan, n_workers, timeout_s
        self.most_in_hand = _AHEAD * n_workers
        self._pool = self._start()

    def _start(self) -> ProcessPool:
        context = get_context("spawn")  # a fork would copy OpenCV's threads half
        pool = ProcessPool(self._n_workers, initializer=_begin, initargs=(self._plan, self._n_workers), context=context)
        with leave_interrupts_to_us():
            pool.active  # noqa: B018 - starts it, and the processes inherit what is held
        return pool

    def submit(self, job: Job) -> Future[Outcome]:
        """Queue the page."""
        if not self._pool.active:  # somebody has ended a worker that was idle, and pebble gives up
            self.stop()
            self._pool = self._start()
        return self._pool.schedule(read_in_worker, args=(job,), timeout=self._timeout_s)

    def stop(self) -> None:
        """End all processes, whatever they are doing."""
        self._pool.stop()
        children = active_children()
        for child in children:
            child.terminate()
        deadline = monotonic() + _LAST_WORDS_S
        for child in children:
            child.join(max(0.0, deadline - monotonic()))
            child.kill()
        self._pool.join()

    def collect(self, future: Future[Outcome], job: Job) -> Outcome:
        """Return what became of a job; that it took too long, or its process with it, is a failure of its page.

        Raises
        ------
        DigitsError
            As the worker raised it: the model cannot be loaded, or a picture not be written.
        """
        try:
            return future.result()
        except TimeoutError:
            told = f"it was not read within {self._timeout_s:g} s"
            failure = Failure(job.source.path, job.number, "timeout", told, "raise --timeout, or look at the file")
        except (ProcessExpired, BrokenProcessPool) as ended:
            how = _tell_exit(ended.exitcode) if isinstance(ended, ProcessExpired) else "all of them did"
            told = f"the process that read it ended ({how})"
            failure = Failure(job.source.path, job.number, "crash", told, "save the file again, as PNG or JPEG")
        identity = None if job.raw is not None else identify(job.source.path)
        return Outcome(make_record(failure), identity=identity, is_lost=True)


@contextmanager
def start_processes(plan: Plan, n_workers: int, timeout_s: float) -> Iterator[ManyProcesses]:
    """Yield worker processes, which end on leaving, whatever they are doing.

    Parameters
    ----------
    plan : what to do with every page
    n_workers : how many
    timeout_s : what a page may take before its process is ended
    """
    CONSTS.term_timeout = _LAST_WORDS_S
    pool = ManyProcesses(plan, n_workers, timeout_s)
    try:
        yield pool
    finally:
        pool.stop()


_plan = Plan()
_worker: Worker | None = None
"""Of a worker process."""


def _begin(plan: Plan, n_workers: int) -> None:
    """Prepare a worker process: one thread each, its share of the memory, and an end when its parent ends."""
    global _plan
    _plan = plan
    cv2.setNumThreads(1)
    os.environ.update(OMP_NUM_THREADS="1", TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1")
    limit_memory(n_workers)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def read_in_worker(job: Job) -> Outcome:
    """Return what became of a job; the process's first one also loads the model."""
    global _worker
    if _worker is None:
        _worker = Worker(_plan, load_classifier(_plan.model))
    return _worker.read(job)


def _end_with_parent() -> None:
    """Wait for the end of the parent, however it ends, and end: nobody is left to read for."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def limit_memory(n_workers: int) -> int:
    """Let this process have its share of the machine's memory, and no more; return the share in bytes, 0 for no limit.

    A picture that would take more is then an error in this process, where the system might end another instead.
    """
    try:
        import resource
    except ImportError:  # Windows
        return 0
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    told = _CONTAINER_LIMIT.read_text().strip() if _CONTAINER_LIMIT.is_file() else ""
    share = max(_LEAST_MEMORY, min(machine, int(told) if told.isdecimal() else machine) // n_workers)
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (share if most < 0 else min(share, most), most))
    return share


def _tell_exit(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
