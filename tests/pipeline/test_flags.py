from __future__ import annotations

import argparse

import pytest

from pipeline.errors import UsageError
from pipeline.flags import FlagParser, parse_count, parse_probability, parse_region, parse_size
from pipeline.geometry import Box


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


def test_values_by_hand() -> None:
    assert parse_count("12") == 12
    assert parse_probability("0.25") == 0.25
    assert parse_size("640x480") == (640, 480)
    assert parse_region("1,2,30,40") == Box(1, 2, 30, 40)
    for parse in (parse_count, parse_probability, parse_size, parse_region):
        with pytest.raises(argparse.ArgumentTypeError, match="expected .*, received 'x'"):
            parse("x")
