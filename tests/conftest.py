"""What holds for all tests: hypothesis sets no deadline, since no test asserts a time; the fast suite tries fewer."""

from __future__ import annotations

import signal

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.register_profile("fast", deadline=None, max_examples=25)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process read all files: starting others takes a second."""
    from pipeline.batch import run  # imported late: most tests need neither
    from tests.support.one_process import start_none

    monkeypatch.setattr(run, "start_processes", start_none)


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("fast" if config.option.markexpr == "not slow" else "untimed")
    # A shell starts background jobs with Ctrl-C ignored, and some tests interrupt themselves.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
