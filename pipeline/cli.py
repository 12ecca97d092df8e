"""The program behind the command line: results go to stdout or files, everything else to stderr.

Only this module catches the base error. The error's class owns the exit code; 0 means that all pages were read.
"""

from __future__ import annotations

import os
import shlex
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline.errors import DigitsError, InterruptedRunError, UsageError
from pipeline.system.interrupts import handle_stops
from pipeline.system.libraries import explain_import_error
from pipeline.system.terminal import abandon, open_closed_descriptors, print_message

if TYPE_CHECKING:
    from pipeline.batch.options import BatchOptions
    from pipeline.forms.options import TemplateOptions
    from pipeline.live.options import LiveOptions
    from pipeline.web.options import ApiOptions, PageOptions

_BUG = 70
_INTERRUPTED = 130
_SECRET = "--password"


def main(argv: Sequence[str] | None = None) -> int:
    """Read the inputs that the command line names; return the exit code.

    Parameters
    ----------
    argv : arguments without the program's name; those of the process where None
    """
    if getattr(sys, "frozen", False):  # made an executable by PyInstaller: a worker process starts here, too
        import multiprocessing

        multiprocessing.freeze_support()
    open_closed_descriptors()
    try:
        with handle_stops(is_whole_process=argv is None):
            return _run(argv)
    except InterruptedRunError as stop:
        print_message(str(stop), *_suggest_resuming(sys.argv[1:] if argv is None else argv, stop.can_resume))
        return stop.exit_code
    except DigitsError as error:
        print_message(f"error: {error}")
        return error.exit_code
    except BrokenPipeError:  # the reader of our stdout has closed it, as `| head` does
        return 0
    except KeyboardInterrupt:
        print_message("interrupted")
        return _INTERRUPTED
    except Exception:
        print_message(*traceback.format_exc().splitlines())
        return _BUG
    finally:
        _flush_stdout()


def _flush_stdout() -> None:
    """Flush stdout now, where it fails in silence: Python's flush at exit would print a traceback."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        abandon(sys.stdout)


def _suggest_resuming(argv: Sequence[str], can_resume: bool) -> list[str]:
    """Return the line that says how to go on: the same command with --resume, the password left out."""
    if not can_resume:
        return []
    from pipeline.flags import find_program

    words = [f"{_SECRET}=..." if word.startswith(f"{_SECRET}=") else word for word in argv]
    words = ["..." if before == _SECRET else word for before, word in zip(["", *words], words, strict=False)]
    options = [] if "--resume" in words else ["--resume"]
    end = words.index("--") if "--" in words else len(words)
    return [f"to go on: {find_program()} {shlex.join([*words[:end], *options, *words[end:]])}"]


def _run(argv: Sequence[str] | None) -> int:
    """Do what is asked. All imports that need a library are in here, so that a missing one is named in one line."""
    with _explain_missing_library():
        from pipeline.arguments import build_options, format_short_help
        from pipeline.checkup.options import CheckOptions
        from pipeline.forms.options import TemplateOptions
        from pipeline.live.options import LiveOptions
        from pipeline.web.options import ApiOptions, PageOptions

    if not (sys.argv[1:] if argv is None else argv):
        print_message(*format_short_help().splitlines())
        return UsageError.exit_code
    options = build_options(argv)
    if isinstance(options, TemplateOptions):
        return _run_make_template(options)
    if isinstance(options, ApiOptions):
        return _run_api(options)
    if isinstance(options, PageOptions):
        return _run_page(options)
    if isinstance(options, CheckOptions):
        from pipeline.checkup.run import run

        return run(options)
    return _run_live(options) if isinstance(options, LiveOptions) else _run_batch(options)


def _run_batch(options: BatchOptions) -> int:
    # Before NumPy is imported: its threads are of no use here, and a process with one thread can fork.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with _explain_missing_library():
        if options.apply_review:
            from pipeline.batch.apply_review import apply_review
        else:
            from pipeline.batch.run import run
    if options.apply_review:
        return apply_review(options)
    if options.engine == "local":
        return run(options)
    with _explain_missing_library("for --engine ray: pip install '.[cluster]'"):
        from pipeline.cluster.run import run as run_on_cluster
    return run_on_cluster(options)


def _run_make_template(options: TemplateOptions) -> int:
    with _explain_missing_library():
        from pipeline.forms.make_template import run
    return run(options)


def _run_live(options: LiveOptions) -> int:
    with _explain_missing_library():
        from pipeline.live.session import run
    return run(options)


def _run_api(options: ApiOptions) -> int:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as for a batch
    with _explain_missing_library("for --api: pip install '.[web]'"):
        from pipeline.web.server import run
    return run(options)


def _run_page(options: PageOptions) -> int:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as for a batch
    with _explain_missing_library("for --serve, with Python 3.11 or later: pip install '.[web]'"):
        from pipeline.web.page.serve import run
    return run(options)


@contextmanager
def _explain_missing_library(hint: str | None = None) -> Iterator[None]:
    """Raise SetupError, which says what to install, where an import fails for want of a library."""
    try:
        yield
    except ImportError as error:
        explained = explain_import_error(error, hint)
        if explained is None:
            raise
        raise explained from error
