from __future__ import annotations

import io
import sys

import pytest

from pipeline import progress
from pipeline.progress import Teller


class Window(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(monkeypatch: pytest.MonkeyPatch, has_bar: bool, patience_s: float) -> str:
    monkeypatch.setattr(progress, "_PATIENCE_S", patience_s)
    monkeypatch.setattr(sys, "stderr", Window())
    monkeypatch.setenv("TERM", "xterm")
    with Teller(3, has_bar) as teller:
        teller.advance()
        teller.say("error: [red]a.jpg[/red]: is empty")
        teller.advance()
    return sys.stderr.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_short_run_shows_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, has_bar=True, patience_s=60) == "error: [red]a.jpg[/red]: is empty\n"


def test_no_bar_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, has_bar=False, patience_s=0) == "error: [red]a.jpg[/red]: is empty\n"


def test_long_run_shows_a_bar_and_lines_above_it(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = run(monkeypatch, has_bar=True, patience_s=0)
    assert "reading" in shown
    assert "2/3" in shown
    assert "error: [red]a.jpg[/red]: is empty\n" in shown
