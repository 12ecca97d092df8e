"""The parser of flags and of their values: what is wrong is one line, which says what was meant or expected."""

from __future__ import annotations

import argparse
import os
import re
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn

from pipeline.batch.page_ranges import PageRanges
from pipeline.decoding.constraints import constraint
from pipeline.decoding.constraints.constraint import Constraint
from pipeline.decoding.constraints.read_values import read_values
from pipeline.decoding.constraints.rules import CHECKS
from pipeline.errors import ConstraintError, SetupError, UsageError
from pipeline.geometry import Box
from pipeline.region import Region

_LEAST_SIMILARITY = 0.65
"""Of two names; two letters swapped in a name of three give 0.67."""


CONSTRAINT_FLAGS = ("digits", "range", "pattern", "values", "check")
"""Names of the flags of `add_constraint`."""

_COMMAND = "read-digits"
_PROGRAMS = {"run_pipeline.py": "python run_pipeline.py", "__main__.py": "python -m pipeline"}
"""What the usage line calls the program, by the file that started it; the installed command otherwise."""

_UNKNOWN = "unrecognized arguments: "
_PERCENT = r"\d{1,3}(\.\d{1,3})?%"


class FlagParser(argparse.ArgumentParser):
    """A parser that raises UsageError, one line that says what to type next, instead of exiting."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError; its hint names the flag or choice that is spelled most like the one that is unknown."""
        unknown = message.removeprefix(_UNKNOWN).split(" ")[0]
        if message.startswith(_UNKNOWN) and os.path.lexists(unknown):
            raise UsageError(f"{unknown} is no flag", f"for the file of that name: -- {unknown}")
        meant = self._find_meant(message)
        raise UsageError(message, f"did you mean {meant}?" if meant else None)

    def _find_meant(self, message: str) -> str | None:
        """Return the flag or choice that an error of argparse is most likely about."""
        if found := re.match(rf"{_UNKNOWN}.*?(--?\w[\w-]*)", message):
            known, wrong = [flag for action in self._actions for flag in action.option_strings], found[1]
        elif found := re.match(r"argument (?P<flag>[^:]*): invalid choice: '(?P<wrong>.*?)' ", message):
            named = [a for a in self._actions if found["flag"].split("/")[0] in a.option_strings and a.choices]
            known, wrong = [str(choice) for action in named for choice in action.choices or ()], found["wrong"]
        else:
            return None
        names = {name.lstrip("-"): name for name in known}
        close = get_close_matches(wrong.lstrip("-"), names, n=1, cutoff=_LEAST_SIMILARITY)
        return names[close[0]] if close else None


def find_program() -> str:
    """Return the command that started the program, for messages."""
    return _PROGRAMS.get(Path(sys.argv[0]).name, _COMMAND)


class PrintCompletion(argparse.Action):
    """Prints the script by which a shell completes the flags, and exits."""

    def __call__(self, parser: argparse.ArgumentParser, _: object, shell: object, __: object = None) -> NoReturn:
        """Print the script for `shell`; raise SetupError if the package that makes it is not installed."""
        try:
            import shtab
        except ModuleNotFoundError as error:
            raise SetupError("shtab is not installed", "pip install shtab") from error
        parser.prog = _COMMAND  # a shell completes a command of one word
        for action in parser._actions:
            if action.dest == "inputs" or action.type is Path:
                action.complete = shtab.FILE  # type: ignore[attr-defined]
        print(shtab.complete(parser, shell=shell))
        parser.exit()


def parse_pages(text: str) -> PageRanges:
    """Return the pages of a list such as 1-3,7,20-."""
    try:
        return PageRanges.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def parse_n_digits(text: str) -> tuple[int, int]:
    """Return (least, most) of a number of digits such as 8 or 2-4."""
    try:
        return constraint.parse_n_digits(text)
    except ConstraintError as error:
        raise argparse.ArgumentTypeError(error.message) from error


def parse_range(text: str) -> tuple[int | None, int | None]:
    """Return (least, most) of a range of values such as 0:20; None for an end that is open, as in 100:."""
    try:
        return constraint.parse_range(text)
    except ConstraintError as error:
        raise argparse.ArgumentTypeError(error.message) from error


def parse_probability(text: str) -> float:
    """Return a number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 1, received {text!r}")
    return value


def parse_count(text: str) -> int:
    """Return a whole number from 1 to 9999."""
    if not re.fullmatch(r"[1-9]\d{0,3}", text):
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, received {text!r}")
    return int(text)


def parse_seconds(text: str) -> float:
    """Return a number of seconds, more than 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected seconds, more than 0, received {text!r}")
    return value


def parse_size(text: str) -> tuple[int, int]:
    """Return (width, height) of a text such as 1280x720."""
    found = re.fullmatch(r"([1-9]\d{1,4})x([1-9]\d{1,4})", text)
    if not found:
        raise argparse.ArgumentTypeError(f"expected WIDTHxHEIGHT such as 1280x720, received {text!r}")
    return int(found[1]), int(found[2])


def parse_region(text: str) -> Region:
    """Return the region of a text such as 10,20,300,400 or 10%,20%,90%,60%: left, top, right, bottom."""
    try:
        if re.fullmatch(r"\d{1,5}(,\d{1,5}){3}", text):
            left, top, right, bottom = map(int, text.split(","))
            return Region(left, top, right, bottom)
        if re.fullmatch(rf"{_PERCENT}(,{_PERCENT}){{3}}", text):
            sides = [float(side[:-1]) for side in text.split(",")]
            return Region(sides[0], sides[1], sides[2], sides[3], is_percent=True)
    except ValueError:  # an empty one, or one that ends beyond the page
        pass
    expected = "left,top,right,bottom in pixels, or all four in percent up to 100%"
    raise argparse.ArgumentTypeError(f"expected {expected}, left < right and top < bottom, received {text!r}")


def choose_frame_box(region: Region | None) -> Box | None:
    """Return the part of each frame of a live run that is to be read, px of the frame.

    Raises
    ------
    UsageError
        If it is in percent.
    """
    if region is None:
        return None
    if region.is_percent:
        raise UsageError("--webcam takes --roi in pixels of the frame", "such as --roi 200,100,1080,620")
    return Box(*map(int, (region.left, region.top, region.right, region.bottom)))


def add_constraint(group: argparse._ArgumentGroup) -> None:
    """Add the flags of what is known of the numbers."""
    add = group.add_argument
    add("--digits", type=parse_n_digits, metavar="N", help="number of digits: 8, or 2-4")
    add("--range", type=parse_range, metavar="MIN:MAX", help="least and greatest value: 0:20, or 100: without an end")
    add("--pattern", metavar="P", help="d for a digit, and the signs between them: dd/dd/dddd")
    add("--values", type=Path, metavar="FILE", help="the only numbers there are: a text file or CSV, one number a line")
    add(
        "--check",
        nargs="?",
        const=True,
        choices=CHECKS,
        help="the last digit or two are check digits; alone: tell whether everything is in place, and exit",
    )


def choose_constraint(flags: argparse.Namespace) -> Constraint | None:
    """Return what the flags of `add_constraint` say of all numbers; None where they say nothing.

    Raises
    ------
    ConstraintError
        If a part is malformed, the file of values cannot be read, or no number fits all of it.
    """
    values = None if flags.values is None else read_values(flags.values)
    parts = (flags.digits, flags.range, flags.pattern, values, flags.check)
    return None if parts == (None,) * len(parts) else Constraint(*parts)
