from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.arguments import build_parser
from pipeline.batch.options import TIMEOUT_S, PageRanges
from pipeline.errors import UsageError


def test_what_is_not_given_stays_open() -> None:
    told = vars(build_parser().parse_args([]))
    assert {name: value for name, value in told.items() if value} == {"model": "digits"}
    assert (told["inputs"], told["output"], told["include"], told["exclude"]) == ([], [], [], [])


def test_flags_may_stand_among_the_inputs_and_some_be_given_again() -> None:
    told = build_parser().parse_args(
        ["a.jpg", "-o", "a.csv", "--include", "*.png", "--include", "b/**", "--output=b.html", "--exclude", "c*"]
    )
    assert told.inputs == ["a.jpg"]
    assert told.output == [Path("a.csv"), Path("b.html")]
    assert (told.include, told.exclude) == (["*.png", "b/**"], ["c*"])


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        (["--workers", "8"], "workers", 8),
        (["--timeout", "0.5"], "timeout", 0.5),
        (["--pages", "2,4-"], "pages", PageRanges(((2, 2), (4, None)))),
        (["--dpi", "150"], "dpi", 150),
        (["--reject-below", "0"], "reject_below", 0.0),
        (["--reject-below", "1"], "reject_below", 1.0),
        (["--watch", "inbox"], "watch", Path("inbox")),
        (["--review", "look"], "review", Path("look")),
        (["--resume"], "resume", True),
        (["--signs"], "signs", True),
        (["--no-turn"], "no_turn", True),
        (["-q"], "quiet", True),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_values_are_of_their_type(given: list[str], name: str, value: object) -> None:
    assert getattr(build_parser().parse_args(given), name) == value


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--workers", "0"], "expected a whole number from 1, received '0'"),
        (["--workers", "-1"], "expected"),
        (["--workers", "two"], "expected a whole number from 1, received 'two'"),
        (["--workers", "10000"], "expected a whole number from 1"),
        (["--timeout", "0"], "expected seconds, more than 0, received '0'"),
        (["--timeout", "nan"], "expected seconds, more than 0, received 'nan'"),
        (["--timeout", "inf"], "expected seconds, more than 0"),
        (["--timeout", "soon"], "expected seconds, more than 0"),
        (["--reject-below", "nan"], "expected a number from 0 to 1, received 'nan'"),
        (["--pages", "3-1"], "expected pages like 1-3,7,20-, received '3-1'"),
        (["--dpi", "fine"], "invalid int value: 'fine'"),
        (["--format", "xml"], "invalid choice: 'xml'"),
        (["-q", "-v"], "not allowed with"),
        (["--fast"], "unrecognized arguments: --fast"),
        (["--output"], "expected one argument"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_wrong_is_our_error_in_one_line(given: list[str], told: str) -> None:
    with pytest.raises(UsageError) as raised:
        build_parser().parse_args(given)
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)


def test_help_tells_of_every_flag_and_exit_code() -> None:
    told = build_parser().format_help()
    flags = ("--format", "--output", "--resume", "--workers", "--watch", "--review", "--pages", "--include", "--dpi")
    assert not [flag for flag in flags if flag not in told]
    assert f"({TIMEOUT_S:g})" in told
    assert all(f"{code} " in told for code in (0, 1, 2, 3, 4, 5, 6, 70, 130))
