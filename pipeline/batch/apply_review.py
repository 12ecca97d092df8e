"""Merges what a person has filled into a review's table into the results of its run: ``--apply-review``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from time import strftime

from pipeline.batch.options import BatchOptions
from pipeline.batch.read_results import find_results, read_results
from pipeline.batch.results import Output, check_writable
from pipeline.batch.run import prepare_stdout
from pipeline.errors import StrictError, UsageError
from pipeline.outputs.corrections import Counts, correct_records, read_corrections
from pipeline.outputs.formats import TEXT, find_format
from pipeline.outputs.overwriting import check_replaceable, check_sources_are_kept
from pipeline.outputs.records import Record
from pipeline.outputs.report import Report
from pipeline.system.files import open_output
from pipeline.system.terminal import print_message


def apply_review(options: BatchOptions) -> int:
    """Write the results that the options name with the right values of a review's table; return the exit code.

    All is checked before anything is written.

    Raises
    ------
    UsageError
        If the table or the results cannot be used, or do not belong together.
    OutputError
        If an output cannot be written.
    StrictError
        If one is to be raised for numbers that are rejected still.
    """
    if options.apply_review is None:
        raise ValueError("apply_review: expected options with a table, received none")
    table, sources = options.apply_review, [find_results(Path(text)) for text in options.inputs]
    written = [("--output", path) for path in options.outputs]
    check_sources_are_kept(written, [("the table", table), *(("one of the results", path) for path in sources)])
    if not options.is_forced:
        check_replaceable(written)
    check_writable(options.outputs)
    outputs = [Output(path, options.format or find_format(path)) for path in options.outputs]
    corrections = read_corrections(table)
    records = [one for path in sources for one in read_results(path)]
    _check_once([record for record, _ in records])
    corrected, counts, doubts = correct_records(records, corrections, table)
    facts = {"read": strftime("%Y-%m-%d %H:%M"), "inputs": " ".join(options.inputs), "corrected by": str(table)}
    _write(corrected, outputs, options, facts)
    if not options.is_quiet:
        print_message(*doubts, _summarize(counts))
    if options.is_strict and counts.n_open:
        raise StrictError(f"{counts.n_open} {'number is' if counts.n_open == 1 else 'numbers are'} rejected still")
    return 0


def _check_once(records: Sequence[Record]) -> None:
    """Raise UsageError if a page is in the results twice: nobody knows which reading was reviewed."""
    seen: set[tuple[str, int | None]] = set()
    for record in records:
        key = record["file"], record["page"]
        if key in seen:
            raise UsageError(f"page {key[1]} of {key[0]} is in the results twice", "name results that have it once")
        seen.add(key)


def _write(
    records: Sequence[Record], outputs: Sequence[Output], options: BatchOptions, facts: Mapping[str, object]
) -> None:
    with ExitStack() as stack:
        streams = [(stack.enter_context(open_output(one.path)), one.format, str(one.path)) for one in outputs]
        for stream in streams or [(prepare_stdout(), options.format or TEXT, "standard output")]:
            with Report(*stream, facts) as report:
                for record in records:
                    report.add(record)


def _summarize(counts: Counts) -> str:
    done = f"{counts.n_changed} corrected, {counts.n_confirmed} confirmed, {counts.n_removed} removed"
    done += f", {counts.n_added} added" if counts.n_added else ""
    return f"{done}; {counts.n_open} rejected still"
