"""The program behind the command line: results go to stdout or files, everything else to stderr.

Only this module catches the base error. The error's class owns the exit code; 0 means that all pages were read.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline.errors import DigitsError, SetupError

if TYPE_CHECKING:
    from pipeline.batch.options import BatchOptions
    from pipeline.live.options import LiveOptions

_BUG = 70
_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Read the inputs that the command line names; return the exit code.

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
    except BrokenPipeError:  # the reader of our stdout has closed it, as `| head` does
        _abandon_stdout()
        return 0
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return _INTERRUPTED
    except Exception:
        traceback.print_exc()
        return _BUG


def _abandon_stdout() -> None:
    """Point a stdout that cannot be written to at the null device: Python's flush at exit would print a traceback."""
    try:
        sys.stdout.flush()
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


def _run(argv: Sequence[str] | None) -> int:
    """Do what is asked. All imports that need a library are in here, so that a missing one is named in one line."""
    with _explain_missing_library():
        from pipeline.arguments import build_options
        from pipeline.live.options import LiveOptions

    options = build_options(argv)
    return _run_live(options) if isinstance(options, LiveOptions) else _run_batch(options)


def _run_batch(options: BatchOptions) -> int:
    # Before NumPy is imported: its threads are of no use here, and a process with one thread can fork.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with _explain_missing_library():
        from pipeline.batch.run import run
    return run(options)


def _run_live(options: LiveOptions) -> int:
    with _explain_missing_library():
        from pipeline.live.session import run
    return run(options)


@contextmanager
def _explain_missing_library() -> Iterator[None]:
    """Raise SetupError, which says what to install, where an import fails for want of a library."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "pipeline":
            raise
        raise SetupError(f"{error.name} is not installed") from error
    except ImportError as error:
        if "cannot open shared object" not in str(error):
            raise
        hint = "on Debian or Ubuntu: apt-get install libgl1 libglib2.0-0"
        raise SetupError(f"OpenCV cannot be loaded ({error})", hint) from error
