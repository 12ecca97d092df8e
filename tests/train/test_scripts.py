"""What the commands share: the parser, types of flags, and the one place that turns errors into exit codes."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import InputError, OutputError, SetupError, UsageError
from train.scripts import Parser, at_least, check_installed, one_of, positive, run_script, share, suggest_name


def test_data_dir_is_a_path() -> None:
    parser = Parser("fit", "")
    parser.add_data_dir()
    assert parser.parse_args(["--data-dir", "here"]).data_dir == Path("here")
    assert parser.parse_args([]).data_dir is None


def test_wrong_flag_is_a_usage_error_that_names_the_help() -> None:
    with pytest.raises(UsageError, match="--salt; see python -m train fit --help"):
        Parser("fit", "").parse_args(["--salt"])


@pytest.mark.parametrize(
    ("check", "text", "value"),
    [
        (at_least(1), "1", 1),
        (at_least(1), "0", None),
        (at_least(0), "-1", None),
        (at_least(0), "1.5", None),
        (at_least(0), "", None),
        (share, "0", 0.0),
        (share, "1.1", None),
        (share, "nan", None),
        (share, "half", None),
        (positive, "1e-3", 1e-3),
        (positive, "0", None),
        (positive, "inf", None),
        (positive, "fast", None),
        (one_of(["plain", "photo"]), "photo", "photo"),
        (one_of(["plain", "photo"]), "phot", None),
    ],
)
def test_flag_is_its_value_or_an_error(check: Callable[[str], object], text: str, value: object) -> None:
    if value is not None:
        assert check(text) == value
        return
    with pytest.raises(argparse.ArgumentTypeError):
        check(text)


@pytest.mark.parametrize(
    ("name", "hint"), [("fotos", "did you mean photos?"), ("", "choose one of: plain, photos")], ids=["near", "empty"]
)
def test_nearest_name_is_suggested_or_all(name: str, hint: str) -> None:
    assert suggest_name(name, ["plain", "photos"]) == hint


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


def test_library_of_one_flag_is_named_with_what_installs_it() -> None:
    check_installed("json")
    with pytest.raises(SetupError, match="no_such_library is not installed; pip install no_such_library"):
        check_installed("json", "no_such_library")
