"""What the scripts of this folder share: their common flags, and the one place that turns errors into exit codes."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from pipeline.errors import DigitsError, SetupError

INTERRUPTED = 130


def add_common_flags(parser: argparse.ArgumentParser) -> None:
    """Add --data-dir, which every script that needs MNIST takes."""
    help_text = "folder that holds mnist/*.gz or the IDX files; default: $DIGITS_DATA, else Keras downloads MNIST"
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help=help_text)


def run_script(run: Callable[[], int | None]) -> int:
    """Return the exit code of `run`: its own or 0, or that of the user's error, told in one line on stderr."""
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
        print("stopped; the same command goes on where it was, fit with --resume", file=sys.stderr)
        return INTERRUPTED


def find_commit() -> str:
    """Return the commit that this code stands at, with "+" if it was changed since; "unknown" outside git."""
    try:
        described = ["git", "describe", "--always", "--abbrev=40", "--match=", "--dirty=+"]
        done = subprocess.run(described, cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()
