"""The command line: arguments in, results on stdout, everything else on stderr, an exit code.

The only place that catches the base error. The error's class owns the exit code; 0 means that all pages were read.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NoReturn, TextIO, TypeAlias

from pipeline import __version__
from pipeline.errors import DigitsError, Failure, InputError, NoInputError, SetupError, StrictError, UsageError
from pipeline.progress import Teller

if TYPE_CHECKING:
    from pipeline.batch import PageResult
    from pipeline.settings import Settings

    Outcome: TypeAlias = PageResult | Failure

_BUG = 70
_BUG_CODE = "bug"
_INTERRUPTED = 130

_EPILOG = """\
exit codes: 0 all pages read, 1 some inputs failed, 2 usage or settings, 3 no input could be read, 4 model,
5 output cannot be written, 6 --strict and a number was rejected, 70 bug, 130 interrupted
"""


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are our errors: one line, and what to type next."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = _Parser(
        prog="run_pipeline.py",
        description="Read handwritten numbers in photos and scans.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("inputs", nargs="+", metavar="INPUT", help="a picture, a folder of pictures, or - for a picture on stdin")
    add("--format", choices=("text", "json", "jsonl", "csv"), default="text", help="form of the results (text)")
    add("--output", type=Path, metavar="FILE", help="write the results to FILE rather than to stdout")
    add("--annotate", type=Path, metavar="DIR", help="put each photo, with what was read drawn on it, into DIR")
    add("--trace", type=Path, metavar="DIR", help="put a picture of every stage into DIR")
    add("--model", default="digits", help="a name under models/, a folder, a .tflite or a .keras file (digits)")
    add("--settings", type=Path, metavar="FILE", help="TOML or JSON; python -m pipeline.settings prints one to edit")
    add("--reject-below", type=_parse_probability, metavar="P", help="reject numbers of lower confidence, 0 to 1")
    add("--no-turn", action="store_true", help="read every page as it lies, also where it seems to lie on its side")
    add("--signs", action="store_true", help="write a minus, a decimal point and a comma into the text: -3, 12.50, 4,5")
    add("--strict", action="store_true", help="exit with 6 if a number was rejected")
    loudness = parser.add_mutually_exclusive_group()
    loudness.add_argument("-q", "--quiet", action="store_true", help="no progress on stderr")
    loudness.add_argument("-v", "--verbose", action="store_true", help="seconds per stage on stderr")
    add("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def _parse_probability(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 1, received {text!r}")
    return value


def main(argv: Sequence[str] | None = None) -> int:
    """Read what the command line names; return the exit code.

    Parameters
    ----------
    argv : arguments without the program's name; those of the process where None
    """
    try:
        arguments = build_parser().parse_args(argv)
        return _run(arguments)
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


def _run(arguments: argparse.Namespace) -> int:
    """Do what was asked; return the exit code, or raise the error that owns one.

    What can be known to fail is tried first, so that nobody waits for results that cannot be written.
    """
    batch = _import_batch()
    from pipeline.classify import load_classifier
    from pipeline.report import Report, make_folder, open_output

    settings = _choose_settings(arguments)
    _protect_inputs(arguments)
    own_folders = [make_folder(folder) for folder in (arguments.annotate, arguments.trace) if folder]
    with ExitStack() as stack:
        stream = stack.enter_context(open_output(arguments.output)) if arguments.output else _prepare_stdout()
        classifier = load_classifier(arguments.model)
        inputs = batch.list_inputs(arguments.inputs, own_folders)
        report = stack.enter_context(Report(stream, arguments.format, str(arguments.output or "standard output")))
        teller = stack.enter_context(Teller(len(inputs), _wants_bar(arguments)))
        tally, stems = _Tally(), batch.Stems()
        for given in inputs:
            for outcome in _survive_bugs(given, batch.read_input(given, classifier, settings, stems, arguments.trace)):
                tally.count(outcome)
                _tell(outcome, teller, arguments.verbose)
                if arguments.annotate and not isinstance(outcome, Failure):
                    _annotate(outcome, arguments.annotate)
                report.add(outcome if isinstance(outcome, Failure) else outcome.reading)
            teller.advance()
    return tally.exit_code(arguments.strict)


def _import_batch() -> ModuleType:
    """Return `pipeline.batch`; where OpenCV's shared libraries are missing, say what to install."""
    try:
        return import_module("pipeline.batch")
    except ImportError as error:
        if ".so" in str(error) and "cannot open shared object" in str(error):
            raise SetupError(f"OpenCV cannot be loaded ({error})") from error
        raise


def _protect_inputs(arguments: argparse.Namespace) -> None:
    """Refuse to write over a picture, or among the pictures what the next run would take for one."""
    # realpath: Path.resolve raises on a ring of links
    inputs = {os.path.realpath(given) for given in arguments.inputs}
    if arguments.output and os.path.realpath(arguments.output) in inputs:
        raise UsageError(f"--output {arguments.output} is one of the inputs", "write to another file")
    if arguments.trace and os.path.realpath(arguments.trace) in inputs:
        raise UsageError(f"--trace {arguments.trace} is one of the inputs", "write to another folder")


def _choose_settings(arguments: argparse.Namespace) -> Settings:
    from pipeline.settings import Settings

    settings = Settings.from_file(arguments.settings) if arguments.settings else Settings()
    if arguments.no_turn:
        settings = replace(settings, turn=replace(settings.turn, doubt_below=0.0))
    if arguments.signs:
        settings = replace(settings, signs=replace(settings.signs, reported=1))
    if arguments.reject_below is not None:
        settings = replace(settings, decode=replace(settings.decode, reject_below=arguments.reject_below))
    return settings


def _prepare_stdout() -> TextIO:
    """Return stdout, ready for file names of any bytes on any platform."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")
    return sys.stdout


def _abandon_stdout() -> None:
    """Let Python's last flush of stdout, at exit, go nowhere: it would fail again and print a traceback."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _wants_bar(arguments: argparse.Namespace) -> bool:
    results_elsewhere = arguments.output is not None or not sys.stdout.isatty()
    return sys.stderr.isatty() and results_elsewhere and not arguments.quiet


def _survive_bugs(given: str | Failure, outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
    """Yield the outcomes; a bug becomes one more failure, with its traceback on stderr, and the run goes on."""
    try:
        yield from outcomes
    except DigitsError:
        raise
    except Exception as bug:
        traceback.print_exc()
        told = f"{type(bug).__name__}: {bug}"
        source = given.source if isinstance(given, Failure) else given
        yield Failure(source, None, _BUG_CODE, told, "this is a bug in this program; the traceback says where")


def _tell(outcome: Outcome, teller: Teller, is_verbose: bool) -> None:
    if isinstance(outcome, Failure):
        teller.say(f"error: {outcome}")
    elif is_verbose:
        reading = outcome.reading
        spent = ", ".join(f"{stage} {seconds:.3f}" for stage, seconds in reading.seconds.items())
        teller.say(f"{reading.source} [{reading.number}]: {len(reading.readings)} numbers; seconds: {spent}")


def _annotate(result: PageResult, folder: Path) -> None:
    from pipeline.annotate import annotate, write_annotated

    bgr = result.picture.load_color(result.page.number)
    suffix = ".jpg" if result.picture.header.format == "JPEG" else ".png"
    write_annotated(annotate(bgr, result.reading, result.page.to_source), folder, result.stem, suffix)


@dataclass(slots=True)
class _Tally:
    """Counts what the exit code depends on."""

    n_read: int = 0
    n_failed: int = 0
    n_bugs: int = 0
    n_rejected: int = 0

    def count(self, outcome: Outcome) -> None:
        """Count one page, or one input that could not be read."""
        if isinstance(outcome, Failure):
            self.n_failed += 1
            self.n_bugs += outcome.code == _BUG_CODE
        else:
            self.n_read += 1
            self.n_rejected += sum(r.status == "rejected" for r in outcome.reading.readings)

    def exit_code(self, is_strict: bool) -> int:
        """Return the run's exit code: of what went wrong, the gravest."""
        if self.n_bugs:
            return _BUG
        if self.n_failed:  # each has been told of already
            return InputError.exit_code if self.n_read else NoInputError.exit_code
        if is_strict and self.n_rejected:
            raise StrictError(f"{self.n_rejected} {'number was' if self.n_rejected == 1 else 'numbers were'} rejected")
        return 0
