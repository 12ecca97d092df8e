from __future__ import annotations

import os
import sys

import pytest

from pipeline.system.native_stderr import silence_native_stderr


def test_native_words_go_nowhere_and_come_back_after(capfd: pytest.CaptureFixture[str]) -> None:
    with silence_native_stderr():
        os.write(2, b"from C\n")
        print("from Python", file=sys.stderr)
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "from Python\nafter\n"


def test_nested_and_after_an_exception(capfd: pytest.CaptureFixture[str]) -> None:
    ours = sys.stderr
    with pytest.raises(ZeroDivisionError), silence_native_stderr():
        with silence_native_stderr():
            os.write(2, b"inner\n")
        os.write(2, b"outer\n")
        raise ZeroDivisionError
    assert sys.stderr is ours
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_stderr_that_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    with silence_native_stderr():
        assert sys.stderr is None
