from __future__ import annotations

import argparse
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.errors import SetupError, UsageError
from pipeline.flags import (
    FlagParser,
    PrintCompletion,
    parse_count,
    parse_n_digits,
    parse_probability,
    parse_range,
    parse_region,
    parse_size,
)
from pipeline.region import Region


@pytest.fixture
def parser() -> FlagParser:
    parser = FlagParser()
    parser.add_argument("inputs", nargs="*")
    parser.add_argument("--output", "-o")
    parser.add_argument("--format", "-f", choices=("text", "jsonl", "csv"))
    return parser


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--ouput", "a.csv"], "did you mean --output?"),
        (["--fromat=csv"], "did you mean --format?"),
        (["a.jpg", "--Output", "a.csv"], "did you mean --output?"),
        (["--format", "josnl"], "did you mean jsonl?"),
        (["-f", "cvs"], "did you mean csv?"),
        (["--fast"], "--help lists the flags"),
        (["--format", "xml"], "--help lists the flags"),
        (["--output"], "--help lists the flags"),
    ],
    ids=" ".join,
)
def test_mistyped_flag_or_choice_is_guessed(parser: FlagParser, words: list[str], hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        parser.parse_args(words)
    assert raised.value.hint == hint


def test_file_that_is_named_like_a_flag(parser: FlagParser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("-x.png").write_bytes(b"")
    with pytest.raises(UsageError, match="-x.png is no flag; for the file of that name: -- -x.png"):
        parser.parse_args(["-x.png"])


def test_completion_for_a_shell(
    parser: FlagParser, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    parser.add_argument("--print-completion", action=PrintCompletion)
    parser.add_argument("--trace", type=Path)

    def complete(parser: FlagParser, shell: str) -> str:
        return f"{shell}: {[action.dest for action in parser._actions if getattr(action, 'complete', None) == 'file']}"

    monkeypatch.setitem(sys.modules, "shtab", SimpleNamespace(FILE="file", complete=complete))
    with pytest.raises(SystemExit) as leaving:
        parser.parse_args(["--print-completion", "zsh"])
    assert (leaving.value.code, capsys.readouterr().out) == (0, "zsh: ['inputs', 'trace']\n")
    monkeypatch.setitem(sys.modules, "shtab", None)
    with pytest.raises(SetupError, match="shtab is not installed; pip install shtab"):
        parser.parse_args(["--print-completion", "zsh"])


def test_values_by_hand() -> None:
    assert parse_count("12") == 12
    assert parse_probability("0.25") == 0.25
    assert parse_size("640x480") == (640, 480)
    assert parse_region("1,2,30,40") == Region(1, 2, 30, 40)
    assert parse_region("10%,20.5%,90%,100%") == Region(10, 20.5, 90, 100, is_percent=True)
    assert (parse_n_digits("8"), parse_n_digits("2-4")) == ((8, 8), (2, 4))
    assert (parse_range("0:20"), parse_range("100:"), parse_range(":7")) == ((0, 20), (100, None), (None, 7))
    for parse in (parse_count, parse_probability, parse_size, parse_region, parse_n_digits, parse_range):
        with pytest.raises(argparse.ArgumentTypeError, match="expected .*, received 'x'"):
            parse("x")


@pytest.mark.parametrize("text", ["9,2,3,4", "1,2,3", "10%,20%,90%,101%", "10%,20,90%,60", "50%,0%,50%,9%", "-1,0,9,9"])
def test_region_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"expected left,top,right,bottom in pixels, or all four"):
        parse_region(text)
