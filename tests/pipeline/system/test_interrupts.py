"""Ctrl-C and a service's stop: delayed, kept from others, and taken for one another."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from pipeline.system.interrupts import block_interrupts_in_children, delay_interrupt, treat_stop_as_interrupt

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


def test_stop_of_a_service_is_an_interrupt() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), treat_stop_as_interrupt():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


def test_interrupts_are_kept_from_threads_that_are_started_meanwhile() -> None:
    masks: list[set[signal.Signals]] = []
    with block_interrupts_in_children():
        thread = threading.Thread(target=lambda: masks.append(signal.pthread_sigmask(signal.SIG_BLOCK, ())))
        thread.start()
        thread.join()
    assert signal.SIGINT in masks[0]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


@pytest.mark.parametrize("guard", [delay_interrupt, treat_stop_as_interrupt])
def test_nothing_changes_in_another_thread(guard: Callable[[], AbstractContextManager[None]]) -> None:
    handlers = []

    def run() -> None:
        with guard():
            handlers.extend(signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert handlers == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
