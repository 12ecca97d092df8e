"""The commands: a module each, light until the arguments are checked, errors in one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from train import commands
from train.__main__ import COMMANDS, list_commands, main

TOP = Path(__file__).resolve().parents[3]
HEAVY = ("keras", "tensorflow", "optuna", "matplotlib")

MISTYPED = {
    "command": (["fitt"], 2, "did you mean fit?"),
    "flag": (["fit", "--salt"], 2, "unrecognized arguments: --salt"),
    "network": (["fit", "--arch", "cnn_tunned"], 2, "did you mean cnn_tuned?"),
    "data set": (["fit", "--dataset", "mnits"], 2, "did you mean mnist?"),
    "recipe": (["fit", "--recipe", "foto"], 2, "did you mean photo?"),
    "number": (["fit", "--epochs", "ten"], 2, "expected a whole number of at least 1, received ten"),
    "rate": (["fit", "--rate", "-1"], 2, "expected a number over 0, received -1"),
    "folder of pictures": (["fit", "--dataset", "folder:none"], 1, "none: no such folder"),
    "data folder": (["fit", "--data-dir", "none"], 1, "none: no such data folder"),
    "file to begin with": (["fit", "--init", "none.keras"], 1, "none.keras: no such file"),
    "folder of a SavedModel": (["fit", "--init", "models"], 2, "models: is a folder; give the .keras or .h5 file"),
    "CSV file": (["fit", "--dataset", "csv:none.csv"], 1, "none.csv: no such file"),
    "harvest to fit on": (["fit", "--harvest", "none"], 1, "none: holds no whole harvest"),
    "harvest of lines": (["fit-lines", "--harvest", "none"], 1, "none: holds no whole harvest"),
    "pages to learn from": (["fit-detector", "--pages", "none", "--held-out", "none"], 1, "no such file"),
    "nothing to average with": (
        ["fit-detector", "--pages", "none", "--held-out", "none", "--init-share", "0.5"],
        2,
        "needs the first weights",
    ),
    "nothing to share with": (
        ["fit-lines", "--harvest", "none", "--share", "0.5"],
        2,
        "--share: needs --average or --init",
    ),
    "harvest to calibrate on": (["calibrate", "--model", "models/digits", "--harvest", "none"], 1, "none: holds no"),
    "model to calibrate": (["calibrate", "--model", "models/digit"], 4, "did you mean digits?"),
    "model to export": (["export", "--model", "models/none"], 4, "models/none: no such model folder"),
    "precision": (["export", "--model", "models/digits", "--weights", "int"], 2, "did you mean int8?"),
    "model to average": (["average", "models/digits", "models/none", "--out", "none"], 4, "no such model folder"),
    "share": (["average", "models/digits", "models/digits", "--share", "2", "--out", "none"], 2, "expected 0 to 1"),
    "model to evaluate": (["evaluate", "--model", "models/none"], 4, "models/none: no such model folder"),
    "photos": (["evaluate", "--out", "none", "--compare", "--photos", "none"], 1, "none/truth.json"),
    "method": (["search", "--method", "rnadom"], 2, "did you mean random?"),
    "folder of corrections": (["adapt", "--corrections", "none"], 1, "none: no such folder"),
    "review": (["adapt", "--corrections", "models"], 1, "models: holds no review.csv"),
    "model to adapt": (["adapt", "--corrections", "samples", "--model", "none"], 4, "none: no such model folder"),
    "model to overwrite": (["adapt", "--corrections", "samples", "--out", "models/digits"], 2, "would be replaced"),
    "folder to score before": (["score-adapt", "none", "--out", "none"], 1, "none/truth.json"),
    "model to score": (["score", "samples", "--model", "none"], 4, "there is no model 'none'"),
    "folder to score": (["ablate", "none"], 1, "none/truth.json"),
    "workers": (["harvest", "--out", "none", "--workers", "0"], 2, "expected a whole number of at least 1"),
    "sample": (["samples", "--out", "none", "--only", "rulled.jpg"], 2, "did you mean ruled.jpg?"),
    "figure": (["figures", "--only", "life"], 2, "did you mean live?"),
    "samples": (["figures", "--samples", "none"], 1, "none: no such folder"),
}
"""Arguments, exit code, and what the error says, run where the shipped models lie."""


@pytest.mark.parametrize(("argv", "code", "message"), MISTYPED.values(), ids=MISTYPED)
def test_mistake_is_one_line_and_an_exit_code(
    argv: list[str], code: int, message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(TOP)
    assert main(argv) == code
    written = capsys.readouterr()
    (line,) = written.err.strip().splitlines()
    assert line.startswith("error: ") and message in line
    assert written.out == ""
    assert not Path("none").exists()


@pytest.mark.slow
def test_nothing_heavy_is_imported_before_the_arguments_are_checked() -> None:
    calls = [[name, "--help"] for name in COMMANDS] + [argv for argv, _, _ in MISTYPED.values()]
    run = f"""
import sys
from train.__main__ import main
for argv in {calls!r}:
    try:
        main(argv)
    except SystemExit:
        pass
    heavy = [name for name in {HEAVY!r} if name in sys.modules]
    assert not heavy, (argv, heavy)
"""
    done = subprocess.run([sys.executable, "-c", run], cwd=TOP, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_table_lists_every_module() -> None:
    files = {path.stem for path in Path(*commands.__path__).glob("*.py")} - {"__init__"}
    assert files == {name.replace("-", "_") for name in COMMANDS}
    assert all(f"\n  {name} " in list_commands() for name in COMMANDS)


def test_help_is_printed_without_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == main(["--help"]) == 0
    assert capsys.readouterr().out == 2 * f"{list_commands()}\n"
