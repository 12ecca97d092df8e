"""A batch run: options in; files read, results written and an exit code out."""

from __future__ import annotations

import io
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from itertools import chain
from time import strftime
from typing import TextIO, TypeAlias

from pipeline.batch.forms import suit_form
from pipeline.batch.jobs import BUG_CODE, Outcome, Plan
from pipeline.batch.journal import Journal
from pipeline.batch.options import TIMEOUT_S, BatchOptions
from pipeline.batch.output_guard import check_outputs
from pipeline.batch.output_names import TakenNames
from pipeline.batch.page_ranges import PageRanges
from pipeline.batch.planning import list_outputs, make_plan
from pipeline.batch.process_pool import Pool, count_cores, start_processes
from pipeline.batch.progress import ProgressReporter, ProgressStyle, RunStatistics, list_places, summarize
from pipeline.batch.results import (
    FileResults,
    Output,
    StreamResults,
    check_writable,
    choose_journal,
    make_mark,
)
from pipeline.batch.scheduler import InputItem, PageScheduler
from pipeline.batch.sources import STDIN, Source, list_sources
from pipeline.batch.watch import watch_folder
from pipeline.errors import Failure, InputError, NoInputError, OutputError, StrictError, UsageError
from pipeline.forms.template_file import load_template
from pipeline.images.load import MOST_BYTES
from pipeline.outputs.records import format_failure
from pipeline.outputs.report import Report
from pipeline.outputs.review import list_stems
from pipeline.recognition.classify import hash_model
from pipeline.remote.buckets import upload_files
from pipeline.system.files import make_folder, open_output

_BUG = 70

StartPool: TypeAlias = Callable[[BatchOptions, Plan, Sequence[InputItem]], AbstractContextManager[Pool]]
"""(options, plan, all that is going to be read) -> the pool that reads it."""

Results: TypeAlias = StreamResults | FileResults


def run(options: BatchOptions, start_pool: StartPool | None = None) -> int:
    """Read everything that the options name; return the exit code, or raise the error that owns one.

    Whatever can be known to fail is tried first, so that nobody waits for results that cannot be written.

    Parameters
    ----------
    options : of the run
    start_pool : makes the pool that reads; None for worker processes of this machine
    """
    if options.watch and not options.watch.is_dir():
        raise UsageError(f"--watch {options.watch}: there is no such folder", "make it first")
    template = load_template(options.template) if options.template else None
    statistics = RunStatistics()
    items = _list_items(options, options.inputs, statistics)
    check_outputs(options, items, template.files if template else ())
    check_writable(options.outputs)
    options = suit_form(options, template) if template else options
    outputs = list_outputs(options, template)
    folders = {name: make_folder(folder) for name, folder in options.folders.items()}
    paths = [item.path for item in items if isinstance(item, Source)]
    stems = list_stems(options.review, paths) if options.review else {}  # raises now if its table is in the way later
    plan = replace(make_plan(options, outputs, folders), template=template)
    with ExitStack() as stack:
        pool = stack.enter_context(
            (start_pool or _start_pool)(options, plan, items)
        )  # before this process has other threads
        notes = pool.check_model()
        results = stack.enter_context(_open_results(options, outputs, plan))
        reporter = stack.enter_context(ProgressReporter(statistics, _choose_progress_style(options)))
        for line in () if options.is_quiet else (*notes, *results.messages):
            reporter.print_line(line)
        names = TakenNames({**stems, **results.stems})
        writer = _ResultsWriter(options, results, statistics, reporter)
        try:
            stdin = _read_stdin(items)
            chooser = _PageChooser(options.pages, results, names, statistics)
            scheduler = PageScheduler(chooser.list_unread(options, items), chooser.choose, pool, stdin, reporter.update)
            scheduler.on_idle = writer.write_when_idle
            _read(scheduler, results, statistics, reporter, options)
            places = writer.write()
        except KeyboardInterrupt as stop:
            raise results.explain_stop() from stop
        statistics = results.count_final(statistics) if options.watch else statistics
        _print_summary(options, statistics, reporter, places)
        return _find_exit_code(statistics, options.is_strict, results)


def _read(
    scheduler: PageScheduler,
    results: Results,
    statistics: RunStatistics,
    reporter: ProgressReporter,
    options: BatchOptions,
) -> None:
    """Read all pages and keep their records; Ctrl-C is the usual end for a watched folder."""
    try:
        for outcome in scheduler.read_in_order() if isinstance(results, StreamResults) else scheduler.read():
            statistics.count(outcome.record)  # before it is kept: Ctrl-C may come in between
            results.add(outcome)
            statistics.n_further = scheduler.n_further
            _report_outcome(outcome, reporter, options.is_verbose)
    except KeyboardInterrupt:
        if not options.watch:
            raise


class _ResultsWriter:
    """Writes the results at the end, and for a watched folder each time that all of its files have been read."""

    def __init__(
        self, options: BatchOptions, results: Results, statistics: RunStatistics, reporter: ProgressReporter
    ) -> None:
        self._options, self._results, self._statistics, self._reporter = options, results, statistics, reporter
        self._n_written = 0

    def write(self) -> dict[str, str]:
        """Write the results; return where they are, by what they are."""
        places = self._results.write(_list_facts(self._options, self._reporter.seconds))
        if upload := self._options.upload:
            upload_files(self._options.list_files(), upload)
            places |= {"uploaded": upload}
        return places

    def write_when_idle(self) -> None:
        """Write the results if pages were added since; one that cannot be written now is tried again later."""
        if self._statistics.n_done == self._n_written:
            return
        self._n_written = self._statistics.n_done
        try:
            self.write()
        except OutputError as error:
            self._reporter.print_line(f"error: {error}")


class _PageChooser:
    """Chooses the pages of the files to read: those that are asked for and have not been read before."""

    def __init__(self, pages: PageRanges, results: Results, names: TakenNames, statistics: RunStatistics) -> None:
        self._pages, self._results, self._names, self._statistics = pages, results, names, statistics

    def choose(self, source: Source, n_pages: int | None) -> Sequence[int]:
        """Return the pages of a file to read; while its number of pages is unknown, at least the first of them."""
        done = self._results.find_done(source.path, source.known)
        n_pages = n_pages or (done.n_pages if done else None)
        numbers = (n_pages and self._pages.choose(n_pages)) or [self._pages.first]
        return [n for n in numbers if n not in done.numbers] if done else numbers

    def skip_done(self, items: Iterable[InputItem]) -> Iterator[InputItem]:
        """Yield the items that are not done yet, files with a stem that no other file has; count all of them."""
        for item in items:
            if isinstance(item, Source):
                if not self.choose(item, None):
                    self._statistics.n_skipped += 1
                    continue
                item = replace(item, stem=self._names.claim(item.path, item.stem))
            self._statistics.n_files += item is not None
            yield item

    def list_unread(self, options: BatchOptions, items: Iterable[InputItem]) -> Iterable[InputItem]:
        """Return the items that are not done yet, then those that arrive in the watched folder, if there is one."""
        unread: Iterable[InputItem] = [*self.skip_done(items)]
        if options.watch:
            watched = watch_folder(options.watch, lambda: _list_items(options, [str(options.watch)], self._statistics))
            unread = chain(unread, self.skip_done(watched))
        return unread


def _list_items(options: BatchOptions, inputs: Sequence[str], statistics: RunStatistics) -> list[Source | Failure]:
    statistics.left_out = Counter()
    folders = list(options.folders.values())
    return list_sources(inputs, folders, options.include, options.exclude, statistics.left_out)


@contextmanager
def _open_results(options: BatchOptions, outputs: Sequence[Output], plan: Plan) -> Iterator[Results]:
    """Yield the results: in a journal if one of the outputs is a file, else in streams."""
    files = [output for output in outputs if not output.is_device]
    if files:
        mark = make_mark(
            plan.settings, hash_model(plan.model), plan.constraint, plan.region, plan.has_tables, plan.template
        )
        path = choose_journal([output.path for output in files], options.format)
        with Journal(path, mark, options.is_resumed, plan.review is not None) as journal:
            yield FileResults(journal, outputs, plan.review)
        return
    facts = _list_facts(options, None)
    with ExitStack() as stack:
        if outputs:
            streams = [(stack.enter_context(open_output(one.path)), one.format, str(one.path)) for one in outputs]
        else:
            streams = [(prepare_stdout(), options.stdout_format, "standard output")]
        reports = [stack.enter_context(Report(*stream, facts)) for stream in streams]
        yield StreamResults(reports, plan.review)


def prepare_stdout() -> TextIO:
    """Return stdout, set to UTF-8 with surrogate escapes, so that every file name can be written."""
    if sys.stdout is None:
        raise OutputError("standard output: cannot be written (it is closed)", "name a file with --output")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")
    return sys.stdout


def _read_stdin(items: list[Source | Failure]) -> bytes | None:
    """Return the bytes on stdin if it is one of the inputs; where they cannot be read, its item becomes a failure."""
    wanted = [index for index, item in enumerate(items) if isinstance(item, Source) and item.path == STDIN]
    if not wanted:
        return None
    reason = "it is closed"
    if sys.stdin is not None:
        try:
            return sys.stdin.buffer.read(MOST_BYTES + 1)
        except OSError as refusal:  # a folder, or a terminal that has gone
            reason = refusal.strerror or str(refusal)
    error = InputError(f"standard input cannot be read ({reason})", "give the file on stdin, or name it")
    items[wanted[0]] = Failure.of(error, STDIN)
    return None


def _start_pool(options: BatchOptions, plan: Plan, items: Sequence[InputItem]) -> AbstractContextManager[Pool]:
    """Return the pool: as many workers as asked for, or one per core; a single picture is read in one worker, too."""
    n_files = sum(isinstance(item, Source) for item in items)
    return start_processes(plan, options.n_workers or count_cores(), options.timeout_s or TIMEOUT_S, n_files)


def _choose_progress_style(options: BatchOptions) -> ProgressStyle:
    """Return how to show the progress: no bar between results on the same terminal."""
    if options.is_quiet:
        return "silence"
    if not sys.stderr.isatty():
        return "lines"
    return "bar" if options.outputs or not (sys.stdout and sys.stdout.isatty()) else "silence"


def _report_outcome(outcome: Outcome, reporter: ProgressReporter, is_verbose: bool) -> None:
    record = outcome.record
    if outcome.traceback:
        reporter.print_line(*outcome.traceback.rstrip().splitlines())
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
        **({"known": str(options.constraint)} if options.constraint else {}),
        "seconds": None if seconds is None else round(seconds, 1),
    }


def _print_summary(
    options: BatchOptions, statistics: RunStatistics, reporter: ProgressReporter, places: dict[str, str]
) -> None:
    if statistics.n_read or statistics.n_skipped:
        places |= {name: str(folder) for name, folder in options.folders.items() if name != "review"}
    if not options.is_quiet:
        is_whole = options.outputs or reporter.is_long
        reporter.print_line(*(summarize(statistics, reporter.seconds, places) if is_whole else list_places(places)))


def _find_exit_code(statistics: RunStatistics, is_strict: bool, results: Results) -> int:
    """Return the exit code of the run, that of its worst failure."""
    if statistics.reasons[BUG_CODE]:
        return _BUG
    if statistics.n_failed:  # each has been reported already
        return InputError.exit_code if statistics.n_read or statistics.n_skipped else NoInputError.exit_code
    if is_strict and (n_rejected := results.count_rejected()):
        raise StrictError(f"{n_rejected} {'number was' if n_rejected == 1 else 'numbers were'} rejected")
    return 0
