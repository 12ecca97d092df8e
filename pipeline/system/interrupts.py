"""The signals that stop a program: Ctrl-C, the stop of a service, a closed terminal; who gets them, and when."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from types import FrameType

_STOPS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
_IMPATIENT = 3
"""So many signals end the process at once."""

_INTERRUPTED = 130


@contextmanager
def delay_interrupt() -> Iterator[None]:
    """Delay Ctrl-C and its kin until the end of the block, so that the block is completed.

    An error in the block takes precedence. In threads other than the main one, which never receive Ctrl-C, nothing
    changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []
    handled = [number for number in _STOPS if callable(signal.getsignal(number))]
    before = [signal.signal(number, lambda number, _: received.append(number)) for number in handled]
    try:
        yield
    finally:
        for number, handler in zip(handled, before, strict=True):
            signal.signal(number, handler)
    for number in received:
        signal.raise_signal(number)


@contextmanager
def block_interrupts_in_children() -> Iterator[None]:
    """Block Ctrl-C and its kin in the threads and processes that are started in the block; the main thread gets them.

    A process that was started so takes SIGTERM again from `end_on_stops` on; until then it has its parent's handlers.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    try:
        resource_tracker.ensure_running()  # now, as it must not end with SIGHUP; it unblocks the others
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_on_stops() -> None:
    """Let SIGTERM, and what is not blocked of its kin, end this process at once, without its parent's handlers.

    The main process alone handles what a terminal sends to all of its processes, and ends the others with SIGTERM.
    """
    for number in _STOPS:
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


@contextmanager
def handle_stops(is_whole_process: bool = False) -> Iterator[None]:
    """Raise KeyboardInterrupt once on Ctrl-C, SIGTERM or SIGHUP; the next is ignored, so that cleaning up is completed.

    The third ends the process at once. A signal that is ignored already, as by ``nohup``, stays ignored.

    Parameters
    ----------
    is_whole_process : the process ends after the block: once stopped, the handlers stay, and ignore what follows
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        received.append(number)
        if len(received) == 1:
            raise KeyboardInterrupt
        if len(received) >= _IMPATIENT:
            os._exit(_INTERRUPTED)

    handled = [number for number in _STOPS if signal.getsignal(number) != signal.SIG_IGN]
    before = [signal.signal(number, stop) for number in handled]
    try:
        yield
    finally:
        if not (is_whole_process and received):
            for number, handler in zip(handled, before, strict=True):
                signal.signal(number, handler)
