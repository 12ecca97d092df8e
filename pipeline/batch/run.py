"""A batch run: options in; files read, results written and an exit code out."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import chain
from time import strftime
from typing import TextIO, TypeAlias

from pipeline.batch.jobs import BUG_CODE, Outcome, Plan
from pipeline.batch.journal import Journal
from pipeline.batch.options import TIMEOUT_S, BatchOptions
from pipeline.batch.page_ranges import PageRanges
from pipeline.batch.process_pool import Pool, start_processes
from pipeline.batch.progress import ProgressReporter, ProgressStyle, RunStatistics, summarize
from pipeline.batch.results import (
    FileResults,
    Output,
    StreamResults,
    choose_journal,
    make_mark,
    plan_outputs,
)
from pipeline.batch.scheduler import InputItem, PageScheduler
from pipeline.batch.sources import STDIN, Source, list_sources
from pipeline.batch.watch import watch_folder
from pipeline.errors import Failure, InputError, NoInputError, StrictError, UsageError
from pipeline.images.load import MOST_BYTES
from pipeline.outputs.formats import TEXT
from pipeline.outputs.records import format_failure
from pipeline.outputs.report import Report
from pipeline.outputs.review import TABLE, read_table
from pipeline.recognition.classify import hash_model
from pipeline.system.files import make_folder, open_output

_BUG = 70

Results: TypeAlias = StreamResults | FileResults


def run(options: BatchOptions) -> int:
    """Read everything that the options name; return the exit code, or raise the error that owns one.

    Whatever can be known to fail is tried first, so that nobody waits for results that cannot be written.
    """
    _check_paths(options)
    outputs = plan_outputs(options.outputs, options.format)
    folders = {name: make_folder(folder) for name, folder in options.folders.items()}
    if options.review:
        read_table(options.review / TABLE)  # raises now if it could not be replaced later
    formats = [output.format for output in outputs] or [options.format or TEXT]
    has_thumbnails = any(format.has_thumbnails for format in formats)
    plan = Plan(options.settings, options.model, **folders, has_thumbnails=has_thumbnails)
    items = _list_items(options, options.inputs)
    statistics = RunStatistics()
    with ExitStack() as stack:
        pool = stack.enter_context(_start_pool(options, plan, items))  # before this process has other threads
        pool.check_model()
        results = stack.enter_context(_open_results(options, outputs, plan, items))
        reporter = stack.enter_context(ProgressReporter(statistics, _choose_progress_style(options)))
        for line in () if options.is_quiet else results.messages:
            reporter.print_line(line)
        chooser = _PageChooser(options.pages, results, statistics)
        unread: Iterable[InputItem] = list(chooser.skip_done(items))
        if options.watch:
            watched = watch_folder(options.watch, lambda: _list_items(options, [str(options.watch)]))
            unread = chain(unread, chooser.skip_done(watched))
        scheduler = PageScheduler(unread, chooser.choose, pool, _read_stdin(items), reporter.update)
        try:
            outcomes = scheduler.read_in_order() if isinstance(results, StreamResults) else scheduler.read()
            for outcome in outcomes:
                statistics.count(outcome.record)  # before it is kept: Ctrl-C may come in between
                results.add(outcome)
                statistics.n_further = scheduler.n_further
                _report_outcome(outcome, reporter, options.is_verbose)
        except KeyboardInterrupt:
            if not options.watch:
                raise
        places = results.write(_list_facts(options, reporter.seconds))
        _print_summary(options, statistics, reporter, places)
        return _find_exit_code(statistics, options.is_strict, results)


class _PageChooser:
    """Chooses the pages of the files to read: those that are asked for and have not been read before."""

    def __init__(self, pages: PageRanges, results: Results, statistics: RunStatistics) -> None:
        self._pages, self._results, self._statistics = pages, results, statistics

    def choose(self, source: Source, n_pages: int | None) -> Sequence[int]:
        """Return the pages of a file to read; while its number of pages is unknown, at least the first of them."""
        done = self._results.find_done(source.path)
        n_pages = n_pages or (done.n_pages if done else None)
        numbers = (n_pages and self._pages.choose(n_pages)) or [self._pages.first]
        return [n for n in numbers if n not in done.numbers] if done else numbers

    def skip_done(self, items: Iterable[InputItem]) -> Iterator[InputItem]:
        """Yield the items that are not done yet, and count all of them."""
        for item in items:
            if isinstance(item, Source) and not self.choose(item, None):
                self._statistics.n_skipped += 1
                continue
            self._statistics.n_files += item is not None
            yield item


def _list_items(options: BatchOptions, inputs: Sequence[str]) -> list[Source | Failure]:
    return list_sources(inputs, list(options.folders.values()), options.include, options.exclude)


def _check_paths(options: BatchOptions) -> None:
    """Raise UsageError if there is no folder to watch, or if an output would replace an input or become one."""
    if options.watch and not options.watch.is_dir():
        raise UsageError(f"--watch {options.watch}: there is no such folder", "make it first")
    watched = (str(options.watch),) if options.watch else ()
    inputs = {os.path.realpath(path) for path in options.inputs + watched}  # Path.resolve raises on a ring of links
    for flag, paths in (("output", options.outputs), ("trace", [options.trace]), ("review", [options.review])):
        for path in filter(None, paths):
            if os.path.realpath(path) in inputs:
                raise UsageError(f"--{flag} {path} is one of the inputs", "choose another name")


@contextmanager
def _open_results(
    options: BatchOptions, outputs: Sequence[Output], plan: Plan, items: Sequence[InputItem]
) -> Iterator[Results]:
    """Yield the results: in a journal if one of the outputs is a file, else in streams."""
    files = [output for output in outputs if not output.is_device]
    if files:
        paths = [item.path for item in items if isinstance(item, Source)] if options.is_resumed else None
        mark = make_mark(plan.settings, hash_model(plan.model))
        with Journal(choose_journal(files), mark, paths) as journal:
            yield FileResults(journal, outputs, plan.review)
        return
    facts = _list_facts(options, None)
    with ExitStack() as stack:
        if outputs:
            streams = [(stack.enter_context(open_output(one.path)), one.format, str(one.path)) for one in outputs]
        else:
            streams = [(_prepare_stdout(), options.format or TEXT, "standard output")]
        reports = [stack.enter_context(Report(*stream, facts)) for stream in streams]
        yield StreamResults(reports, plan.review)


def _prepare_stdout() -> TextIO:
    """Return stdout, set to UTF-8 with surrogate escapes, so that every file name can be written."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")
    return sys.stdout


def _read_stdin(items: Sequence[InputItem]) -> bytes | None:
    is_wanted = any(isinstance(item, Source) and item.path == STDIN for item in items)
    return sys.stdin.buffer.read(MOST_BYTES + 1) if is_wanted else None


def _start_pool(options: BatchOptions, plan: Plan, items: Sequence[InputItem]) -> AbstractContextManager[Pool]:
    """Return the pool: as many workers as asked for, or one per core; a single picture is read in one worker, too."""
    n_files = sum(isinstance(item, Source) for item in items)
    return start_processes(plan, options.n_workers or _count_cores(), options.timeout_s or TIMEOUT_S, n_files)


def _count_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _choose_progress_style(options: BatchOptions) -> ProgressStyle:
    """Return how to show the progress: no bar between results on the same terminal."""
    if options.is_quiet:
        return "silence"
    if not sys.stderr.isatty():
        return "lines"
    return "bar" if options.outputs or not sys.stdout.isatty() else "silence"


def _report_outcome(outcome: Outcome, reporter: ProgressReporter, is_verbose: bool) -> None:
    record = outcome.record
    if outcome.traceback:
        reporter.print_line(outcome.traceback.rstrip())
    if record["status"] == "failed":
        reporter.print_line(f"error: {format_failure(record)}")
    elif is_verbose:
        seconds = ", ".join(f"{stage} {duration_s:.3f}" for stage, duration_s in record["seconds"].items())
        reporter.print_line(
            f"{record['file']} [{record['page']}]: {len(record['numbers'])} numbers; seconds: {seconds}"
        )
    if record["note"]:
        reporter.print_line(f"{record['file']}: {record['note']}")


def _list_facts(options: BatchOptions, seconds: float | None) -> dict[str, object]:
    """Return facts about the run, for the formats that show them; `seconds` is None while it goes on."""
    return {
        "read": strftime("%Y-%m-%d %H:%M"),
        "inputs": " ".join(options.inputs),
        "model": options.model,
        "settings": str(options.settings_file) if options.settings_file else "default",
        "seconds": None if seconds is None else round(seconds, 1),
    }


def _print_summary(
    options: BatchOptions, statistics: RunStatistics, reporter: ProgressReporter, places: dict[str, str]
) -> None:
    pictures = {name: str(folder) for name, folder in options.folders.items() if name != "review"}
    if not options.is_quiet and (options.outputs or reporter.is_long):
        for line in summarize(statistics, reporter.seconds, places | pictures):
            reporter.print_line(line)


def _find_exit_code(statistics: RunStatistics, is_strict: bool, results: Results) -> int:
    """Return the exit code of the run, that of its worst failure."""
    if statistics.reasons[BUG_CODE]:
        return _BUG
    if statistics.n_failed:  # each has been reported already
        return InputError.exit_code if statistics.n_read or statistics.n_skipped else NoInputError.exit_code
    if is_strict and (n_rejected := results.count_rejected()):
        raise StrictError(f"{n_rejected} {'number was' if n_rejected == 1 else 'numbers were'} rejected")
    return 0
