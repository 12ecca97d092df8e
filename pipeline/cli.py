"""The command line's program: arguments in, results on stdout or in files, everything else on stderr, an exit code.

The only place that catches the base error. The error's class owns the exit code; 0 means that all pages were read.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module

from pipeline.errors import DigitsError, SetupError

_BUG = 70
_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Read what the command line names; return the exit code.

    Parameters
    ----------
    argv : arguments without the program's name; those of the process where None
    """
    try:
        return _run(argv)
    except DigitsError as error:
        print(f"error: {error}", file=sys.stderr)
        _abandon_stdout()
        return error.exit_code
    except BrokenPipeError:  # whoever read our output has seen enough, as in `| head`
        _abandon_stdout()
        return 0
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return _INTERRUPTED
    except Exception:
        traceback.print_exc()
        return _BUG


def _abandon_stdout() -> None:
    """Let Python's last flush of stdout, at exit, go nowhere: it would fail again and print a traceback."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _run(argv: Sequence[str] | None) -> int:
    """Do what is asked; every import that needs a library is in here, so that a missing one is named in one line."""
    try:
        from pipeline.arguments import build_parser, check_live

        arguments = build_parser().parse_args(argv)
        check_live(arguments)
        runner = import_module("pipeline.batch.run" if arguments.webcam is None else "pipeline.live.session")
        code: int = runner.run(arguments)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "pipeline":
            raise
        raise SetupError(f"{error.name} is not installed") from error
    except ImportError as error:
        if "cannot open shared object" not in str(error):
            raise
        hint = "on Debian or Ubuntu: apt-get install libgl1 libglib2.0-0"
        raise SetupError(f"OpenCV cannot be loaded ({error})", hint) from error
    return code
