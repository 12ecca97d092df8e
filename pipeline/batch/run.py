"""One run of the program: what the command line asks for -> files read, results written, an exit code."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from itertools import chain
from time import strftime
from typing import TextIO, TypeAlias

from pipeline.batch.jobs import BUG_CODE, Outcome, Plan
from pipeline.batch.journal import Journal
from pipeline.batch.options import TIMEOUT_S, BatchOptions
from pipeline.batch.page_ranges import PageRanges
from pipeline.batch.page_worker import Worker
from pipeline.batch.process_pool import OneProcess, Pool, start_processes
from pipeline.batch.progress import Tally, Teller, Way, summarize
from pipeline.batch.results import (
    FileResults,
    Output,
    StreamResults,
    choose_journal,
    make_mark,
    plan_outputs,
)
from pipeline.batch.scheduler import Batch, Given
from pipeline.batch.sources import STDIN, Source, list_sources
from pipeline.batch.watch import watch_folder
from pipeline.errors import Failure, InputError, NoInputError, StrictError, UsageError
from pipeline.outputs.formats import TEXT
from pipeline.outputs.records import format_failure
from pipeline.outputs.report import Report
from pipeline.outputs.review import TABLE, read_table
from pipeline.recognition.classify import hash_model, load_classifier
from pipeline.system.files import make_folder, open_output

_BUG = 70
_OF_MANY_PAGES = (".pdf", ".tif", ".tiff")

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
    worker = Worker(plan, load_classifier(plan.model))
    given = _list_given(options, options.inputs)
    tally = Tally()
    with ExitStack() as stack:
        results = stack.enter_context(_open_results(options, outputs, plan, given))
        teller = stack.enter_context(Teller(tally, _choose_way(options)))
        for line in () if options.is_quiet else results.told:
            teller.say(line)
        choice = _Choice(options.pages, results, tally)
        files: Iterable[Given] = list(choice.leave_out_done(given))
        if options.watch:
            watched = watch_folder(options.watch, lambda: _list_given(options, [str(options.watch)]))
            files = chain(files, choice.leave_out_done(watched))
        pool = stack.enter_context(_start_pool(options, worker, plan, given))
        batch = Batch(files, choice.choose, pool, _read_stdin(given), teller.update)
        try:
            outcomes = batch.read_in_order() if isinstance(results, StreamResults) else batch.read()
            for outcome in outcomes:
                tally.count(outcome.record)  # first: what is kept has been counted, also where Ctrl-C comes between
                results.add(outcome)
                tally.n_further = batch.n_further
                _tell(outcome, teller, options.is_verbose)
        except KeyboardInterrupt:
            if not options.watch:
                raise
        places = results.write(_list_facts(options, teller.seconds))
        _tell_summary(options, tally, teller, places)
        return _find_exit_code(tally, options.is_strict, results)


class _Choice:
    """Chooses what of the files to read: the pages that are asked for and have not been read before."""

    def __init__(self, pages: PageRanges, results: Results, tally: Tally) -> None:
        self._pages, self._results, self._tally = pages, results, tally

    def choose(self, source: Source, n_pages: int | None) -> Sequence[int]:
        """Return the pages of a file to read; of one whose number of pages is unknown, the first of them."""
        done = self._results.find_done(source.path)
        n_pages = n_pages or (done.n_pages if done else None)
        numbers = (n_pages and self._pages.choose(n_pages)) or [self._pages.first]
        return [n for n in numbers if n not in done.numbers] if done else numbers

    def leave_out_done(self, given: Iterable[Given]) -> Iterator[Given]:
        """Yield what is not done, counting all of it."""
        for one in given:
            if isinstance(one, Source) and not self.choose(one, None):
                self._tally.n_skipped += 1
                continue
            self._tally.n_files += one is not None
            yield one


def _list_given(options: BatchOptions, inputs: Sequence[str]) -> list[Source | Failure]:
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
    options: BatchOptions, outputs: Sequence[Output], plan: Plan, given: Sequence[Given]
) -> Iterator[Results]:
    """Yield where the results go: into a journal, or where nothing can be kept, into a stream."""
    files = [output for output in outputs if not output.is_device]
    if files:
        paths = [one.path for one in given if isinstance(one, Source)] if options.is_resumed else None
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
    """Return stdout, ready for file names of any bytes on any platform."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")
    return sys.stdout


def _read_stdin(given: Sequence[Given]) -> bytes | None:
    is_wanted = any(isinstance(one, Source) and one.path == STDIN for one in given)
    return sys.stdin.buffer.read() if is_wanted else None


def _start_pool(
    options: BatchOptions, worker: Worker, plan: Plan, given: Sequence[Given]
) -> AbstractContextManager[Pool]:
    """Return who reads: this process for a single picture, else as many as were asked for, or as there are cores."""
    is_plain = not (options.n_workers or options.timeout_s or options.watch)
    if is_plain and len(given) == 1 and not _may_have_pages(given[0]):
        return nullcontext(OneProcess(worker))
    return start_processes(plan, options.n_workers or _count_cores(), options.timeout_s or TIMEOUT_S)


def _may_have_pages(one: Given) -> bool:
    return isinstance(one, Source) and one.path.lower().endswith(_OF_MANY_PAGES)


def _count_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _choose_way(options: BatchOptions) -> Way:
    """Return how to tell how far the run is: with no bar between results on the same terminal."""
    if options.is_quiet:
        return "silence"
    if not sys.stderr.isatty():
        return "lines"
    return "bar" if options.outputs or not sys.stdout.isatty() else "silence"


def _tell(outcome: Outcome, teller: Teller, is_verbose: bool) -> None:
    record = outcome.record
    if outcome.told:
        teller.say(outcome.told.rstrip())
    if record["status"] == "failed":
        teller.say(f"error: {format_failure(record)}")
    elif is_verbose:
        spent = ", ".join(f"{stage} {seconds:.3f}" for stage, seconds in record["seconds"].items())
        teller.say(f"{record['file']} [{record['page']}]: {len(record['numbers'])} numbers; seconds: {spent}")
    if record["note"]:
        teller.say(f"{record['file']}: {record['note']}")


def _list_facts(options: BatchOptions, seconds: float | None) -> dict[str, object]:
    """Return facts about the run, for the formats that show them; `seconds` is None while it goes on."""
    return {
        "read": strftime("%Y-%m-%d %H:%M"),
        "inputs": " ".join(options.inputs),
        "model": options.model,
        "settings": str(options.settings_file) if options.settings_file else "default",
        "seconds": None if seconds is None else round(seconds, 1),
    }


def _tell_summary(options: BatchOptions, tally: Tally, teller: Teller, places: dict[str, str]) -> None:
    pictures = {name: str(folder) for name, folder in options.folders.items() if name != "review"}
    if not options.is_quiet and (options.outputs or teller.is_late):
        for line in summarize(tally, teller.seconds, places | pictures):
            teller.say(line)


def _find_exit_code(tally: Tally, is_strict: bool, results: Results) -> int:
    """Return the run's exit code: of what went wrong, the gravest."""
    if tally.reasons[BUG_CODE]:
        return _BUG
    if tally.n_failed:  # each has been told of already
        return InputError.exit_code if tally.n_read or tally.n_skipped else NoInputError.exit_code
    if is_strict and (n_rejected := results.count_rejected()):
        raise StrictError(f"{n_rejected} {'number was' if n_rejected == 1 else 'numbers were'} rejected")
    return 0
