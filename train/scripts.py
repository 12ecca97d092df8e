"""What the scripts of this folder share: their common flags, and the one place that turns errors into exit codes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from pipeline.errors import DigitsError

INTERRUPTED = 130


def add_common_flags(parser: argparse.ArgumentParser) -> None:
    """Add --data-dir, which every script that needs MNIST takes."""
    help_text = "folder that holds mnist/*.gz or the IDX files; default: $DIGITS_DATA, else Keras downloads MNIST"
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help=help_text)


def run_script(run: Callable[[], None]) -> int:
    """Return the exit code of `run`: 0, or that of the user's error, which is told in one line on stderr."""
    try:
        run()
    except DigitsError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("stopped; the same command goes on where it was, train.fit with --resume", file=sys.stderr)
        return INTERRUPTED
    return 0
