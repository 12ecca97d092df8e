"""What the commands share: their parser, types of flags, and the one place that turns errors into exit codes."""

from __future__ import annotations

import argparse
import difflib
import subprocess
import sys
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from pipeline.errors import DigitsError, SetupError, UsageError

INTERRUPTED = 130


class Parser(argparse.ArgumentParser):
    """The parser of `python -m train COMMAND`; it raises a UsageError where argparse would exit.

    Parameters
    ----------
    command : name of the command
    description : what it does, for --help
    """

    def __init__(self, command: str, description: str) -> None:
        super().__init__(prog=f"python -m train {command}", description=description)

    def error(self, message: str) -> NoReturn:
        """Raise a UsageError.

        Raises
        ------
        UsageError : always
        """
        raise UsageError(message, "" if message.endswith("?") else f"see {self.prog} --help")

    def add_data_dir(self) -> None:
        """Add --data-dir, for commands that need MNIST."""
        help_text = "folder that holds mnist/*.gz or the IDX files; default: $DIGITS_DATA, else Keras downloads MNIST"
        self.add_argument("--data-dir", type=Path, metavar="DIR", help=help_text)

    def add_force(self) -> None:
        """Add --force, for commands that write into a model folder."""
        help_text = "replace files of a model that git tracks, or that is shipped"
        self.add_argument("--force", action="store_true", help=help_text)


def suggest_name(name: str, known: Iterable[str]) -> str:
    """Return the hint for an unknown name: the nearest of the known ones, or all of them."""
    names = list(known)
    near = difflib.get_close_matches(name, names, 1)
    return f"did you mean {near[0]}?" if near else f"choose one of: {', '.join(names)}"


def one_of(known: Iterable[str]) -> Callable[[str], str]:
    """Return the argparse type of a flag that takes one of the `known` names."""
    names = list(known)

    def check(text: str) -> str:
        if text not in names:
            raise argparse.ArgumentTypeError(f"{text!r} is not known; {suggest_name(text, names)}")
        return text

    return check


def at_least(least: int) -> Callable[[str], int]:
    """Return the argparse type of a whole number not under `least`."""

    def check(text: str) -> int:
        if not text.lstrip("+-").isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"expected a whole number of at least {least}, received {text}")
        return int(text)

    return check


def share(text: str) -> float:
    """Return a share, the argparse type of a number from 0 to 1."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"expected 0 to 1, received {text}")
    return number


def positive(text: str) -> float:
    """Return a positive number, an argparse type."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number over 0, received {text}")
    return number


def run_script(run: Callable[[], int | None]) -> int:
    """Return the exit code of `run`: its own or 0, or that of a user's error, which is printed in one line."""
    try:
        return run() or 0
    except DigitsError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] in ("pipeline", "train"):
            raise
        hint = "pip install '.[train]' in the project's folder installs what training needs"
        print(f"error: {error.name} is not installed; {hint}", file=sys.stderr)
        return SetupError.exit_code
    except KeyboardInterrupt:
        print("stopped; the same command continues where it was, the fits with --resume", file=sys.stderr)
        return INTERRUPTED


def check_installed(*names: str) -> None:
    """Check that libraries which only one flag needs are there.

    Raises
    ------
    SetupError : one is not installed
    """
    if missing := [name for name in names if find_spec(name) is None]:
        raise SetupError(f"{missing[0]} is not installed", f"pip install {' '.join(missing)}")


def find_commit() -> str:
    """Return the commit of this code, with "+" if it was changed since; "unknown" outside git."""
    try:
        described = ["git", "describe", "--always", "--abbrev=40", "--match=", "--dirty=+"]
        done = subprocess.run(described, cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()
