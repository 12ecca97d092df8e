from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.checkup import libraries
from pipeline.checkup import run as checkup
from pipeline.checkup.findings import Finding
from pipeline.checkup.options import CheckOptions
from pipeline.errors import ModelError

TOP = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("findings", "exit_code"),
    [
        ([], 0),
        ([Finding("ok", "a"), Finding("missing", "b")], 0),
        ([Finding("ok", "a"), Finding("wrong", "b", 4), Finding("wrong", "c", 70)], 4),
        ([Finding.of(ModelError("gone", "copy it"), "model x")], 4),
    ],
    ids=["none", "missing", "wrong", "of an error"],
)
def test_exit_code_is_that_of_the_first_thing_that_is_wrong(
    findings: list[Finding], exit_code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checkup, "find_all", lambda _: iter(findings))
    assert checkup.run(CheckOptions()) == exit_code
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [finding.status for finding in findings]
    assert all(line.startswith(("ok       ", "missing  ", "wrong    ")) for line in lines)


def test_nothing_is_read_without_a_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup, "check_libraries", lambda: libraries.check_libraries({"gone": "no_such_module"}))
    monkeypatch.setattr(checkup, "_check_reading", lambda _: 1 / 0)
    assert [finding.status for finding in checkup.find_all(CheckOptions())][:2] == ["ok", "wrong"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("start", "exit_code", "status", "told"),
    [
        ("", 0, "ok", "sample plain.jpg: 4207 1936 58, as it is written there"),
        ("sys.modules['cv2'] = None; ", 70, "wrong", "opencv-python: cv2 is not installed; "),
        ("sys.argv += ['--model', 'nobody']; ", 4, "wrong", "model nobody: there is no model 'nobody'"),
    ],
    ids=["all in place", "no OpenCV", "no model"],
)
def test_whole_program(start: str, exit_code: int, status: str, told: str) -> None:
    code = (
        f"import sys; sys.argv = ['run_pipeline.py', '--check']; {start}"
        "from pipeline.cli import main; code = main(); assert 'tensorflow' not in sys.modules; sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=TOP, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (exit_code, "")
    lines = done.stdout.splitlines()
    assert len(lines) <= 16
    assert [line for line in lines if line.startswith(f"{status:8} {told}")]
