"""One worker process and the pipe to it. It does one task at a time, and shares nothing with other workers.

So a process that is ended at any moment, be it in the midst of a message, takes nothing along but its own task.
"""

from __future__ import annotations

import os
import pickle
import signal
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, Pipe
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import monotonic
from typing import Any

TERMINATION_S = 0.5
"""A worker that has not ended this long after it was asked to is killed."""

_THREADS = Path("/proc/self/task")
"""The threads of this process, those of native libraries included, under Linux."""

_READY, _BEGUN = b"ready", b"begun"
"""Messages that are no result: the process has come up; it has a task."""

_MOST_TRIES = 3


class LostProcessError(Exception):
    """The process that did a task ended before the task did; the message says how."""


class _RemoteTracebackError(Exception):
    """Prints, as the cause of an error, where in the worker it was raised."""


@dataclass(slots=True, eq=False)
class Task:
    """A call to make in a worker, with its future and the seconds that it may take; None for no limit.

    `n_tries` counts the workers that it was given to, of which all but the last ended before they had begun with it.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    timeout_s: float | None
    future: Future[Any]
    n_tries: int = 0


class WorkerProcess:
    """A process that is starting, idle or busy with a task; its pipe is readable when there is something to take in.

    Parameters
    ----------
    initialize : called in the process before its first task, with `arguments`
    """

    def __init__(self, initialize: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        self.pipe, end = Pipe()
        self._process = make_process(_serve, (end, initialize, arguments))
        self._process.start()
        end.close()  # the process holds the only one now: the pipe breaks when it ends
        self.is_ready = False
        self.task: Task | None = None
        self._has_begun = False
        self._begun_s = 0.0

    @property
    def is_idle(self) -> bool:
        """Whether it waits for a task."""
        return self.is_ready and self.task is None

    @property
    def left_s(self) -> float | None:
        """Seconds that its task may still take; None without a limit."""
        if self.task is None or self.task.timeout_s is None:
            return None
        return self._begun_s + self.task.timeout_s - monotonic()

    def begin(self, task: Task) -> None:
        """Send a task to the process. That it has ended meanwhile is found when something is taken in."""
        self.task, self._begun_s, self._has_begun = task, monotonic(), False
        task.n_tries += 1
        try:
            self.pipe.send((task.function, task.arguments))
        except ConnectionError:
            pass
        except Exception as error:  # it cannot be pickled
            self._finish(None, error)

    def take_in(self) -> bool:
        """Take in what the process has sent: that it is ready, or what became of its task; return whether it lives."""
        try:
            raw = self.pipe.recv_bytes()
        except (EOFError, OSError):
            return False
        if raw == _READY:
            self.is_ready = True
            return True
        if raw == _BEGUN:
            self._begun_s, self._has_begun = monotonic(), True
            return True
        try:
            result, error, where = pickle.loads(raw)
            if error is not None:
                error.__cause__ = _RemoteTracebackError(f"\n{where}")
        except Exception as wrong:
            result, error = None, wrong
        self._finish(result, error)
        return True

    def _finish(self, result: object, error: BaseException | None) -> None:
        task, self.task = self.task, None
        if task is not None and error is None:
            task.future.set_result(result)
        elif task is not None:
            task.future.set_exception(error)

    def fail(self, error: Exception) -> None:
        """Let its task, if it has one, fail with this error."""
        self._finish(None, error)

    def hand_back(self) -> Task | None:
        """Return its task and forget it, if it has one that it has not begun with and that may be tried again."""
        task = self.task
        if task is None or self._has_begun or task.n_tries >= _MOST_TRIES:
            return None
        self.task = None
        return task

    def ask_to_end(self) -> None:
        """Ask the process to end, whatever it does."""
        self._process.terminate()

    def end(self, until_s: float) -> str:
        """End the process and return how it ended.

        Parameters
        ----------
        until_s : `time.monotonic` from which on it is killed
        """
        self._process.join(max(0.0, until_s - monotonic()))
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self.pipe.close()
        how = format_exit(self._process.exitcode or 0)
        self._process.close()
        return how


def make_process(target: Callable[..., None], arguments: tuple[Any, ...]) -> BaseProcess:
    """Return a process that is not started yet: a fork while this one has a single thread, which takes milliseconds.

    Later a fork would copy the locks and queues of other threads, such as OpenCV's, without the threads.
    """
    context: Any = get_context("fork" if count_threads() == 1 else "spawn")
    process: BaseProcess = context.Process(target=target, args=arguments, name="worker", daemon=True)
    return process


def count_threads() -> int:
    """Return the number of threads of this process; 0 where it is unknown, as on other systems than Linux."""
    try:
        return len(os.listdir(_THREADS))  # noqa: PTH208 - names alone, as threads may end meanwhile
    except OSError:
        return 0


def format_exit(code: int) -> str:
    """Return the words for an exit code of `multiprocessing`, where signals are below 0."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _serve(pipe: Connection, initialize: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    """Do the tasks that come through the pipe, one after the other: what a worker process does all its life."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the console of Windows sends it to all processes
    initialize(*arguments)
    pipe.send_bytes(_READY)
    while True:
        try:
            function, values = pipe.recv()
            pipe.send_bytes(_BEGUN)
            raw = pickle.dumps((function(*values), None, ""))
        except EOFError:
            return
        except Exception as error:  # also one of a task that takes too much memory to take in
            raw = _dump_error(error)
        pipe.send_bytes(raw)


def _dump_error(error: Exception) -> bytes:
    where = traceback.format_exc()
    try:
        return pickle.dumps((None, error, where))
    except Exception:
        return pickle.dumps((None, RuntimeError(f"{type(error).__name__}: {error}"), where))
