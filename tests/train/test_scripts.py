"""The scripts' shared flags and the one place that turns errors into exit codes."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from pipeline.errors import InputError, OutputError
from train.scripts import add_common_flags, run_script


def test_data_dir_is_a_path() -> None:
    parser = argparse.ArgumentParser()
    add_common_flags(parser)
    assert parser.parse_args(["--data-dir", "here"]).data_dir == Path("here")
    assert parser.parse_args([]).data_dir is None


@pytest.mark.parametrize(
    ("error", "code"),
    [(None, 0), (InputError("torn"), 1), (OutputError("full"), 5), (KeyboardInterrupt(), 130)],
    ids=["none", "input", "output", "interrupt"],
)
def test_error_owns_its_exit_code_and_one_line(
    error: BaseException | None, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    def run() -> None:
        if error is not None:
            raise error

    assert run_script(run) == code
    assert len(capsys.readouterr().err.splitlines()) == (0 if error is None else 1)


def test_bug_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        run_script(lambda: print(1 // 0))
