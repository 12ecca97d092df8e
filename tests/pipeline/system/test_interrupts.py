"""Ctrl-C and a service's stop: delayed, kept from others, and taken for one another."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from pipeline.system.interrupts import block_interrupts_in_children, delay_interrupt, end_on_stops, handle_stops

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")


def test_interrupt_takes_effect_at_the_end_of_the_block() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), delay_interrupt():
        signal.raise_signal(signal.SIGINT)
        done.append("all of it")
    assert done == ["all of it"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_error_of_the_block_goes_before_the_interrupt() -> None:
    with pytest.raises(ValueError, match="first"), delay_interrupt():
        signal.raise_signal(signal.SIGINT)
        raise ValueError("first")


STOPS = [] if os.name == "nt" else [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", STOPS)
def test_each_stop_is_an_interrupt_once(number: int) -> None:
    before = signal.getsignal(number)
    cleaned = []
    with pytest.raises(KeyboardInterrupt), handle_stops():
        try:
            signal.raise_signal(number)
        finally:
            signal.raise_signal(number)
            cleaned.append("all of it")
    assert cleaned == ["all of it"]
    assert signal.getsignal(number) is before


def test_third_stop_ends_the_process() -> None:
    code = "import signal\nfrom pipeline.system.interrupts import handle_stops\nwith handle_stops():\n"
    code += "    try:\n        signal.raise_signal(2)\n    finally:\n        signal.raise_signal(2)\n"
    code += "        print('cleaning', flush=True)\n        signal.raise_signal(2)\n        print('never')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "cleaning\n", "")


def test_stop_after_the_end_of_the_program_is_ignored() -> None:
    code = "import signal\nfrom pipeline.system.interrupts import handle_stops\ntry:\n"
    code += "    with handle_stops(is_whole_process=True):\n        signal.raise_signal(2)\n"
    code += "except KeyboardInterrupt:\n    signal.raise_signal(2)\n    print('end')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")


def test_signal_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with handle_stops():
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_stop_is_delayed_whatever_it_is() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), handle_stops(), delay_interrupt():
        signal.raise_signal(signal.SIGTERM)
        done.append("all of it")
    assert done == ["all of it"]


def test_interrupts_are_kept_from_threads_that_are_started_meanwhile() -> None:
    masks: list[set[signal.Signals]] = []
    with block_interrupts_in_children():
        thread = threading.Thread(target=lambda: masks.append(signal.pthread_sigmask(signal.SIG_BLOCK, ())))
        thread.start()
        thread.join()
    assert {signal.SIGINT, signal.SIGHUP} <= masks[0]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


@pytest.mark.parametrize("guard", [delay_interrupt, handle_stops])
def test_nothing_changes_in_another_thread(guard: Callable[[], AbstractContextManager[None]]) -> None:
    handlers = []

    def run() -> None:
        with guard():
            handlers.extend(signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert handlers == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]


def test_forked_process_does_not_keep_the_handlers_of_its_parent() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with handle_stops():
        end_on_stops()
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) == before
