"""The command line: flags in, one checked and frozen options object out.

Nothing here imports OpenCV: `pipeline.cli` must be able to say that it cannot be loaded, and ``--help`` must be fast.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from pipeline.batch.options import TIMEOUT_S, BatchOptions
from pipeline.batch.page_ranges import PageRanges
from pipeline.errors import UsageError
from pipeline.geometry import Box
from pipeline.live.options import LiveOptions
from pipeline.outputs.formats import FORMATS
from pipeline.settings.tree import Settings
from pipeline.version import __version__

_EPILOG = """\
exit codes: 0 all pages read, 1 some inputs failed, 2 usage or settings, 3 no input could be read, 4 model,
5 output cannot be written, 6 --strict and a number was rejected, 70 bug, 130 interrupted
"""

_PROGRAMS = {"run_pipeline.py": "python run_pipeline.py", "__main__.py": "python -m pipeline"}
"""What the usage line calls the program, by the file that started it; read-digits is the installed command."""


_LIVE_ONLY = (
    *("size", "fps", "every_frame", "confirm_frames", "min_confidence", "roi", "mirror", "headless", "record"),
    "max_seconds",
)
_BATCH_ONLY = (
    *("inputs", "include", "exclude", "pages", "dpi", "watch", "format", "output", "trace", "review", "strict"),
    *("no_turn", "signs", "workers", "timeout", "resume"),
)
"""Names of the flags that only one of the two modes takes."""


def build_options(argv: Sequence[str] | None = None) -> BatchOptions | LiveOptions:
    """Return the options that the command line asks for: of a live run with ``--webcam``, of a batch run without.

    Parameters
    ----------
    argv : arguments without the program's name; those of the process where None

    Raises
    ------
    UsageError
        If an argument is unknown, malformed, or contradicts another one.
    SettingsError
        If the settings file, or a flag that stands for a setting, holds a wrong value.
    """
    flags = build_parser().parse_args(argv)
    _check_mode(flags)
    return _make_batch_options(flags) if flags.webcam is None else _make_live_options(flags)


def _check_mode(flags: argparse.Namespace) -> None:
    """Raise UsageError for the first flag that cannot be used with, or without, --webcam."""
    is_live = flags.webcam is not None
    for name in _BATCH_ONLY if is_live else _LIVE_ONLY:
        if getattr(flags, name) not in (None, False, []):
            flag = "INPUT" if name == "inputs" else "--" + name.replace("_", "-")
            raise UsageError(f"{flag} cannot be used with --webcam" if is_live else f"{flag} needs --webcam")


def _make_batch_options(flags: argparse.Namespace) -> BatchOptions:
    return BatchOptions(
        inputs=tuple(flags.inputs),
        watch=flags.watch,
        include=tuple(flags.include),
        exclude=tuple(flags.exclude),
        pages=flags.pages or PageRanges(),
        outputs=tuple(flags.output),
        format=FORMATS[flags.format] if flags.format else None,
        annotate=flags.annotate,
        trace=flags.trace,
        review=flags.review,
        settings=_choose_settings(flags),
        settings_file=flags.settings,
        model=flags.model,
        n_workers=flags.workers,
        timeout_s=flags.timeout,
        is_resumed=flags.resume,
        is_forced=flags.force,
        is_strict=flags.strict,
        is_quiet=flags.quiet,
        is_verbose=flags.verbose,
    )


def _make_live_options(flags: argparse.Namespace) -> LiveOptions:
    return LiveOptions(
        source=flags.webcam,
        size_px=flags.size,
        fps=flags.fps,
        has_every_frame=flags.every_frame,
        region=flags.roi,
        settings=_choose_settings(flags),
        settings_file=flags.settings,
        model=flags.model,
        is_mirrored=flags.mirror,
        is_headless=flags.headless,
        snapshots=flags.annotate,
        recording=flags.record,
        is_forced=flags.force,
        most_s=flags.max_seconds,
        is_quiet=flags.quiet,
        is_verbose=flags.verbose,
    )


def _choose_settings(flags: argparse.Namespace) -> Settings:
    """Return the settings of the file, or the defaults, with those that have a flag of their own put in."""
    settings = Settings.from_file(flags.settings) if flags.settings else Settings()
    chosen = (
        ("orientation", "is_enabled", False if flags.no_turn else None),
        ("signs", "is_enabled", True if flags.signs else None),
        ("decode", "reject_below", flags.reject_below),
        ("images", "dpi", flags.dpi),
        ("track", "confirm_frames", flags.confirm_frames),
        ("track", "min_confidence", flags.min_confidence),
    )
    for stage, knob, value in chosen:
        if value is not None:
            settings = replace(settings, **{stage: replace(getattr(settings, stage), **{knob: value})})
    return settings


class _Parser(argparse.ArgumentParser):
    """A parser that raises UsageError, one line that says what to type next, instead of exiting."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = _Parser(
        prog=_PROGRAMS.get(Path(sys.argv[0]).name, "read-digits"),
        description="Read handwritten numbers in photos and scans.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"handwritten-digits {__version__}")
    _add_inputs(parser)
    _add_outputs(parser.add_argument_group("results"))
    _add_reading(parser.add_argument_group("reading"))
    _add_running(parser.add_argument_group("long runs"))
    _add_live(parser.add_argument_group("live camera"))
    return parser


def _add_inputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "inputs",
        nargs="*",
        metavar="INPUT",
        help="a picture, a PDF, a folder of them, @LIST.txt with one path per line, or - for a file on stdin",
    )
    group = parser.add_argument_group("inputs")
    group.add_argument(
        "--include", action="append", default=[], metavar="GLOB", help="in folders, read only files that match"
    )
    group.add_argument(
        "--exclude", action="append", default=[], metavar="GLOB", help="in folders, skip files and folders that match"
    )
    group.add_argument(
        "--pages", type=_parse_pages, metavar="LIST", help="read only these pages of each file: 1-3,7,20-"
    )
    group.add_argument("--dpi", type=int, metavar="N", help="resolution at which PDF pages are rendered (300)")
    group.add_argument("--watch", type=Path, metavar="DIR", help="read files as they arrive in DIR, until Ctrl-C")


def _add_outputs(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    suffixes = ", ".join(row.suffixes[0] for row in FORMATS.values())
    add("--format", choices=FORMATS, help="format of the results (that of the suffix of --output, or text)")
    add(
        *("--output", "-o"),
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help=f"write the results to FILE ({suffixes}), not to stdout; may be given again",
    )
    add("--annotate", type=Path, metavar="DIR", help="put the annotated pages into DIR")
    add("--trace", type=Path, metavar="DIR", help="put a picture of every stage into DIR")
    add("--review", type=Path, metavar="DIR", help="put crops of rejected numbers, and a table to fill in, into DIR")
    add("--force", action="store_true", help="replace a file of results that this program has not written")
    add("--strict", action="store_true", help="exit with 6 if a number was rejected")
    loudness = group.add_mutually_exclusive_group()
    loudness.add_argument("-q", "--quiet", action="store_true", help="no progress and no summary on stderr")
    loudness.add_argument("-v", "--verbose", action="store_true", help="seconds per stage on stderr")


def _add_reading(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--model", default="digits", help="a name under models/, a folder, a .tflite or a .keras file (digits)")
    add(
        "--settings",
        type=Path,
        metavar="FILE",
        help="TOML or JSON; python -m pipeline.settings prints one to edit",
    )
    add("--reject-below", type=_parse_probability, metavar="P", help="reject numbers of lower confidence, 0 to 1")
    add("--no-turn", action="store_true", help="do not turn pages that seem to lie on their side")
    add("--signs", action="store_true", help="write a minus, a decimal point and a comma into the text: -3, 12.50, 4,5")


def _add_running(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--workers", type=_parse_count, metavar="N", help="processes that read (one per core; none for one picture)")
    add("--timeout", type=_parse_seconds, metavar="S", help=f"seconds that a page may take ({TIMEOUT_S:g})")
    add("--resume", action="store_true", help="skip the pages that are in the journal of --output already")


def _add_live(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        "--webcam",
        nargs="?",
        const="0",
        metavar="SOURCE",
        help="read live: a camera's number (0) or device, a video, a URL, or numbered pictures such as img_%%03d.png",
    )
    add("--size", type=_parse_size, metavar="WxH", help="ask the camera for frames of this size, such as 1280x720")
    add(
        "--fps", type=_parse_seconds, metavar="N", help="frames per second: to ask the camera for, or to play a file at"
    )
    add("--every-frame", action="store_true", help="read every frame of a file, however long it takes")
    add("--confirm-frames", type=_parse_count, metavar="N", help="frames that must read the same number (6)")
    add("--min-confidence", type=_parse_probability, metavar="P", help="confirm no number of lower confidence (0.9)")
    add("--roi", type=_parse_region, metavar="L,T,R,B", help="read only this part of the frame, in pixels")
    add("--mirror", action="store_true", help="mirror the picture in the window; it is read unmirrored")
    add("--headless", action="store_true", help="no window; a JSON line on stdout for each confirmed number")
    add("--record", type=Path, metavar="FILE.mp4", help="write the annotated video")
    add("--max-seconds", type=_parse_seconds, metavar="S", help="stop after so many seconds of video")


def _parse_pages(text: str) -> PageRanges:
    try:
        return PageRanges.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _parse_probability(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 1, received {text!r}")
    return value


def _parse_count(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,3}", text):
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, received {text!r}")
    return int(text)


def _parse_seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected seconds, more than 0, received {text!r}")
    return value


def _parse_size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([1-9]\d{1,4})x([1-9]\d{1,4})", text)
    if not found:
        raise argparse.ArgumentTypeError(f"expected WIDTHxHEIGHT such as 1280x720, received {text!r}")
    return int(found[1]), int(found[2])


def _parse_region(text: str) -> Box:
    found = re.fullmatch(r"(\d{1,5}),(\d{1,5}),(\d{1,5}),(\d{1,5})", text)
    left, top, right, bottom = map(int, found.groups()) if found else (0, 0, 0, 0)
    if not (left < right and top < bottom):
        raise argparse.ArgumentTypeError(f"expected left,top,right,bottom in pixels, received {text!r}")
    return Box(left, top, right, bottom)
