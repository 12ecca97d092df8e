"""The command line: flags in, one checked and frozen options object out.

Nothing here imports OpenCV: `pipeline.cli` must be able to say that it cannot be loaded, and ``--help`` must be fast.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from pipeline.batch.options import TIMEOUT_S, BatchOptions
from pipeline.batch.page_ranges import PageRanges
from pipeline.checkup.options import CheckOptions
from pipeline.cluster_flags import add_cluster_flags, check_cluster_flags
from pipeline.errors import UsageError
from pipeline.flags import (
    CONSTRAINT_FLAGS,
    FlagParser,
    PrintCompletion,
    add_constraint,
    choose_constraint,
    choose_frame_box,
    find_program,
    parse_count,
    parse_pages,
    parse_probability,
    parse_region,
    parse_seconds,
)
from pipeline.form_flags import add_form_flags, check_form_flags, make_template_options
from pipeline.forms.options import TemplateOptions
from pipeline.live.options import LiveOptions, choose_output
from pipeline.live_flags import add_live_flags
from pipeline.outputs.formats import FORMATS
from pipeline.service_flags import add_service_flags, find_service, make_service_options
from pipeline.settings.tree import Settings
from pipeline.version import __version__
from pipeline.web.options import ApiOptions, PageOptions

_EPILOG = """\
exit codes: 0 all pages read, 1 some inputs failed, 2 usage or settings, 3 no input could be read, 4 model,
5 output cannot be written, 6 --strict and a number was rejected, 70 bug or a broken installation,
130 interrupted

The manual is in the folder docs, from docs/command-line.md on.
"""

_USAGE = """%(prog)s INPUT... [-o FILE] [flags]
       %(prog)s --webcam [SOURCE] [flags]
       %(prog)s --api|--serve [flags]
       %(prog)s --check"""

_EXAMPLES = (
    ("photo.jpg", "the numbers in a photo, as text"),
    ("scans/ -o read.csv -o read.html", "a folder, as a table and as a report"),
    ("--webcam", "a camera, in a window"),
)

_LIVE_ONLY = (
    *("size", "fps", "every_frame", "confirm_frames", "min_confidence", "mirror", "headless", "record"),
    "max_seconds",
)
_BATCH_ONLY = (
    *("inputs", "include", "exclude", "pages", "dpi", "password", "watch", "format", "trace", "review", "strict"),
    *("no_turn", "signs", "table", "writing", "workers", "timeout", "resume", *CONSTRAINT_FLAGS),
    *("template", "make_template", "apply_review", "engine", "ray_address", "upload"),
)
"""Names of the flags that only one of the two modes takes."""


Options: TypeAlias = BatchOptions | LiveOptions | TemplateOptions | ApiOptions | PageOptions | CheckOptions


def build_options(argv: Sequence[str] | None = None) -> Options:
    """Return the options of what the command line asks for.

    A batch run, or what ``--webcam``, ``--make-template``, ``--api``, ``--serve`` or ``--check`` stand for.

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
    flags = build_parser().parse_intermixed_args(argv)
    if service := find_service(flags):
        return make_service_options(service, flags, _choose_settings(flags))
    _check_mode(flags)
    check_form_flags(flags)
    check_cluster_flags(flags)
    if flags.make_template:
        return make_template_options(flags, build_parser().parse_intermixed_args([]))
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
        password=flags.password,
        region=flags.roi,
        has_tables=flags.table,
        outputs=tuple(dict.fromkeys(flags.output)),
        format=FORMATS[flags.format] if flags.format else None,
        annotate=flags.annotate,
        trace=flags.trace,
        review=flags.review,
        apply_review=flags.apply_review,
        settings=_choose_settings(flags),
        settings_file=flags.settings,
        constraint=choose_constraint(flags),
        values_file=flags.values,
        template=flags.template,
        model=flags.model,
        n_workers=flags.workers,
        timeout_s=flags.timeout,
        is_resumed=flags.resume,
        is_forced=flags.force,
        is_strict=flags.strict,
        is_quiet=flags.quiet,
        is_verbose=flags.verbose,
        engine=flags.engine or "local",
        ray_address=flags.ray_address,
        upload=flags.upload,
    )


def _make_live_options(flags: argparse.Namespace) -> LiveOptions:
    return LiveOptions(
        source=flags.webcam,
        size_px=flags.size,
        fps=flags.fps,
        has_every_frame=flags.every_frame,
        region=choose_frame_box(flags.roi),
        settings=_choose_settings(flags),
        settings_file=flags.settings,
        model=flags.model,
        is_mirrored=flags.mirror,
        is_headless=flags.headless,
        output=choose_output(flags.output),
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
        ("detection", "is_print_read", False if flags.writing == "hand" else None),
        ("detection", "is_hand_read", False if flags.writing == "printed" else None),
        ("decode", "reject_below", flags.reject_below),
        ("images", "dpi", flags.dpi),
        ("track", "confirm_frames", flags.confirm_frames),
        ("track", "min_confidence", flags.min_confidence),
    )
    for stage, knob, value in chosen:
        if value is not None:
            settings = replace(settings, **{stage: replace(getattr(settings, stage), **{knob: value})})
    return settings


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = FlagParser(
        prog=find_program(),
        usage=_USAGE,
        description=f"Read handwritten numbers in photos and scans.\n\n{_format_examples()}",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"handwritten-digits {__version__}")
    parser.add_argument(
        "--print-completion",
        action=PrintCompletion,
        choices=("bash", "zsh", "tcsh"),
        help="print a script by which this shell completes the flags of read-digits; needs the package shtab",
    )
    _add_inputs(parser.add_argument_group("inputs"))
    _add_outputs(parser.add_argument_group("results"))
    _add_reading(parser.add_argument_group("reading"))
    add_constraint(parser.add_argument_group("what all numbers are known to be"))
    _add_running(parser.add_argument_group("long runs"))
    add_cluster_flags(parser.add_argument_group("several machines"))
    add_live_flags(parser.add_argument_group("live camera"))
    add_service_flags(parser.add_argument_group("server"))
    return parser


def format_short_help() -> str:
    """Return the usage and the examples, for a person who gave no argument."""
    parser = build_parser()
    return f"{parser.format_usage()}\n{_format_examples()}\n\n{parser.prog} --help lists all flags"


def _format_examples() -> str:
    rows = [(f"{find_program()} {words}", meaning) for words, meaning in _EXAMPLES]
    width = max(len(command) for command, _ in rows)
    return "\n".join(["examples:", *(f"  {command:{width}}  {meaning}" for command, meaning in rows)])


def _add_inputs(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "inputs",
        nargs="*",
        metavar="INPUT",
        help="a picture, a PDF, a folder of them or its address, @LIST.txt with a path per line, - for a file on stdin",
    )
    group.add_argument(
        "--include", action="append", default=[], metavar="GLOB", help="in folders, read only files that match"
    )
    group.add_argument(
        "--exclude", action="append", default=[], metavar="GLOB", help="in folders, skip files and folders that match"
    )
    group.add_argument(
        "--pages", type=parse_pages, metavar="LIST", help="read only these pages of each file: 1-3,7,20-"
    )
    group.add_argument("--dpi", type=int, metavar="N", help="resolution at which PDF pages are rendered (300)")
    group.add_argument("--password", metavar="P", help="password of encrypted PDFs; other users may see it in ps")
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
    add("--apply-review", type=Path, metavar="CSV", help="put this table's right values into the results INPUT")
    add("--force", action="store_true", help="replace a file of results that this program has not written")
    add("--strict", action="store_true", help="exit with 6 if a number was rejected")
    loudness = group.add_mutually_exclusive_group()
    loudness.add_argument("-q", "--quiet", action="store_true", help="no progress and no summary on stderr")
    loudness.add_argument("-v", "--verbose", action="store_true", help="seconds per stage on stderr")


def _add_reading(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--model", default="digits", help="a name under models/, a folder, a .tflite, .keras or .h5 file (digits)")
    add("--settings", type=Path, metavar="FILE", help="TOML or JSON; python -m pipeline.settings prints one to edit")
    add("--reject-below", type=parse_probability, metavar="P", help="reject numbers of lower confidence, 0 to 1")
    add(
        "--roi",
        type=parse_region,
        metavar="L,T,R,B",
        help="read only this part of each page, or of a camera's frame: pixels, or percent: 10%%,20%%,90%%,60%%",
    )
    add_form_flags(group)
    add("--no-turn", action="store_true", help="do not turn pages that seem to lie on their side")
    add(
        "--writing",
        choices=("any", "hand", "printed"),
        metavar="KIND",
        help="numbers written by hand, printed ones, or any (the default)",
    )
    add("--table", action="store_true", help="read tables into rows and columns: a CSV file or a sheet for each")
    add("--signs", action="store_true", help="write signs into the text: 12/03/2024, 10:45, 12.50, -3, 98%%")


def _add_running(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--workers", type=parse_count, metavar="N", help="processes that read (one per core; none for one picture)")
    add("--timeout", type=parse_seconds, metavar="S", help=f"seconds that a page may take ({TIMEOUT_S:g})")
    add("--resume", action="store_true", help="skip the pages that are in the journal of --output already")
