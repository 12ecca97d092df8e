from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.system.terminal import escape_text, print_message

TOP = Path(__file__).resolve().parents[3]
MAIN = str(TOP / "run_pipeline.py")
PHOTO = str(TOP / "samples" / "strip.png")


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("scans/a b.jpg", "scans/a b.jpg"),
        ("C:\\scans\\new.jpg", "C:\\scans\\new.jpg"),
        ("Zähler 数.jpg", "Zähler 数.jpg"),
        ("at 3.00\u202fPM.png", "at 3.00\u202fPM.png"),
        ("x\nb.jpg: 9", "x\\nb.jpg: 9"),
        ("\x1b[31m\x07\x9b\x7f", "\\x1b[31m\\x07\\x9b\\x7f"),
        ("a\u202egpj.exe", "a\\u202egpj.exe"),
        ("a\u2028b\u2066c", "a\\u2028b\\u2066c"),
        ("\udcff", "\\udcff"),
        ("\U0001f468\u200d\U0001f469", "\U0001f468\u200d\U0001f469"),
    ],
    ids=["plain", "backslash", "letters", "space", "new line", "controls", "bidi", "line end", "byte", "joiner"],
)
def test_text_by_hand(text: str, escaped: str) -> None:
    assert escape_text(text) == escaped


@given(st.text())
def test_escaped_text_is_one_line_and_stays_as_it_is(text: str) -> None:
    escaped = escape_text(text)
    assert len(escaped.splitlines()) <= 1
    assert escape_text(escaped) == escaped
    assert escaped.encode().decode() == escaped


def test_message_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    for stream in (None, Full()):
        monkeypatch.setattr("sys.stderr", stream)
        print_message("a")
    kept = io.StringIO()
    monkeypatch.setattr("sys.stderr", kept)
    print_message("a\nb", "c")
    assert kept.getvalue() == "a\\nb\nc\n"


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
@pytest.mark.parametrize(
    ("streams", "code", "out", "err"),
    [
        ("2>&-", 0, "493015572864", ""),
        ("<&-", 0, "493015572864", ""),
        (">&-", 5, "", "error: standard output: cannot be written (it is closed)"),
        ("<&- >&- 2>&-", 5, "", ""),
        ("2>/dev/full", 0, "493015572864", ""),
        ("-q - <&-", 1, "(failed: standard input cannot be read (it is closed))", "error: -: standard input"),
        ("-o /dev/full", 5, "", "error: /dev/full: cannot be written"),
        ("-o {tmp}/a.txt >&- 2>&-", 0, "", ""),
        ("--webcam nothing.mp4 --headless >&-", 2, "", "error: INPUT cannot be used with --webcam"),
    ],
)
def test_streams_that_are_closed_or_full(streams: str, code: int, out: str, err: str, tmp_path: Path) -> None:
    command = f'"$0" "$1" "$2" {streams.format(tmp=tmp_path)}'
    words = ["bash", "-c", command, sys.executable, MAIN, PHOTO]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert out in done.stdout and bool(out) == bool(done.stdout)
    assert done.stderr.startswith(err) and done.stderr.count("\n") == bool(err)
