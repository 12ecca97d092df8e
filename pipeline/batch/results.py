"""Results, written to streams as they come, or to a journal and, at the end of the run, from it to files."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from pipeline.batch.jobs import Identity, Outcome
from pipeline.batch.journal import DonePages, Journal
from pipeline.batch.journal_lines import KEY
from pipeline.batch.progress import RunStatistics
from pipeline.decoding.constraints.constraint import Constraint
from pipeline.errors import InterruptedRunError, OutputError
from pipeline.forms.template import Template
from pipeline.outputs.formats import JSON_LINES, Format
from pipeline.outputs.records import Record, count_rejected
from pipeline.outputs.report import Report
from pipeline.outputs.review import write_table
from pipeline.region import Region
from pipeline.settings.tree import Settings
from pipeline.system.files import is_device, open_output
from pipeline.version import __version__

_JOURNAL_SUFFIX = ".journal.jsonl"
"""Of the journal's name if none of the outputs is a journal."""


@dataclass(frozen=True, slots=True)
class Output:
    """A file of results and its format."""

    path: Path
    format: Format

    @property
    def is_device(self) -> bool:
        """Whether it is a device or a pipe, which cannot be replaced at the end of the run."""
        return is_device(self.path)


def check_writable(paths: Sequence[Path]) -> None:
    """Raise OutputError now if one of the files could not be written at the end of the run."""
    for path in paths:
        target = path if is_device(path) else Path(os.path.realpath(path))
        if target.is_dir():
            raise OutputError(f"{path}: this is a folder", "name a file")
        if not target.parent.is_dir():
            raise OutputError(f"{path}: cannot be written (there is no folder {path.parent})")
        if not os.access(target if target.exists() else target.parent, os.W_OK):
            raise OutputError(f"{path}: cannot be written (it is write-protected)")


def choose_journal(paths: Sequence[Path], format: Format | None) -> Path:
    """Return the path of the journal: the first file of JSON lines, or else a file named after the first one.

    Parameters
    ----------
    paths : of the files of results
    format : of all of them; None if it follows from their suffixes
    """
    for path in paths:
        if format is JSON_LINES or (format is None and path.suffix.lower() in JSON_LINES.suffixes):
            return path
    return paths[0].with_name(paths[0].name + _JOURNAL_SUFFIX)


def make_mark(
    settings: Settings,
    model_hash: str,
    constraint: Constraint | None = None,
    region: Region | None = None,
    has_tables: bool = False,
    template: Template | None = None,
) -> str:
    """Return 16 hex digits, a hash of the program's version, the settings, the model, and what is read of each page."""
    facts: list[object] = [__version__, settings.to_dict(), model_hash]
    if constraint:
        facts.append(constraint.to_dict())
    facts += [] if region is None else [str(region)]
    facts += ["table"] if has_tables else []
    facts += [{"template": template.digest}] if template else []
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


class StreamResults:
    """Results that are written to streams as they come, in the order of the inputs.

    Parameters
    ----------
    reports : write the streams
    review : folder for the table of rejected numbers; None for no table
    """

    messages: Sequence[str] = ()
    stems: Mapping[str, str] = MappingProxyType({})

    def __init__(self, reports: Sequence[Report], review: Path | None) -> None:
        self._reports, self._review = reports, review
        self._rejected: list[tuple[Record, Sequence[str]]] = []

    def find_done(self, path: str, known: Identity | None = None) -> DonePages | None:
        """Return None: a stream cannot be resumed."""
        return None

    def add(self, outcome: Outcome) -> None:
        """Write the record of one page."""
        for report in self._reports:
            report.add(outcome.record)
        if count_rejected(outcome.record):
            self._rejected.append((outcome.record, outcome.crops or ()))

    def write(self, facts: Mapping[str, object]) -> dict[str, str]:
        """Write the table for review; return where it is, by what it is."""
        return _write_review(self._rejected, self._review) if self._review else {}

    def count_final(self, statistics: RunStatistics) -> RunStatistics:
        """Return the statistics as they are."""
        return statistics

    def explain_stop(self) -> InterruptedRunError:
        """Return the error for a run that was interrupted: what was written stays, and cannot be resumed."""
        return InterruptedRunError("interrupted; only a run with --output can be resumed", can_resume=False)

    def count_rejected(self) -> int:
        """Return how many numbers were rejected."""
        return sum(count_rejected(record) for record, _ in self._rejected)


class FileResults:
    """Results that are kept in a journal and written to files at the end.

    Parameters
    ----------
    journal : open
    outputs : the files; the journal may be one of them
    review : folder for the table of rejected numbers; None for no table
    """

    def __init__(self, journal: Journal, outputs: Sequence[Output], review: Path | None) -> None:
        self._journal, self._review = journal, review
        self._outputs = [output for output in outputs if Path(os.path.realpath(output.path)) != journal.path]
        self.messages, self.stems = journal.messages, journal.stems
        self.find_done, self.add = journal.find_done, journal.add

    def write(self, facts: Mapping[str, object]) -> dict[str, str]:
        """Write the files, sorted by path and page, each replaced as a whole; return where they are, by what they are.

        Parameters
        ----------
        facts : about the run, for the formats that show them

        Raises
        ------
        OutputError
            If one cannot be written.
        """
        paths: list[Path] = []
        for output in self._outputs:
            write_files = None if output.is_device else output.format.write_files
            if write_files:
                paths += write_files(output.path, self._list_records())
                continue
            with (
                open_output(output.path) as stream,
                Report(stream, output.format, str(output.path), facts) as report,
            ):
                for record in self._list_records():
                    report.add(record)
            paths.append(output.path)
        places = {"results": ", ".join(map(str, paths))} if paths else {}
        if self._review:
            rejected = (record for record in self._journal.read_sorted() if count_rejected(record))
            with_crops = ((record, record[KEY].get("crops", ())) for record in rejected)
            places |= _write_review(with_crops, self._review)
        self._journal.finish()
        n_left = self._journal.n_left
        left = f", {n_left:,} {'record' if n_left == 1 else 'records'} of other settings or contents left in it"
        return places | {"journal": f"{self._journal.path}{left if n_left else ''}"}

    def _list_records(self) -> Iterator[Record]:
        """Yield the results without what is the journal's."""
        for record in self._journal.read_sorted():
            del record[KEY]
            yield record

    def count_final(self, statistics: RunStatistics) -> RunStatistics:
        """Return the statistics of the records in the journal: a page that was read again is counted once."""
        final = RunStatistics(n_skipped=statistics.n_skipped, left_out=statistics.left_out)
        for record in self._journal.read_sorted():
            final.count(record)
        return final

    def explain_stop(self) -> InterruptedRunError:
        """Return the error for a run that was interrupted: which pages are safe in the journal."""
        n = self._journal.count_read()
        if not n:
            return InterruptedRunError("interrupted before a page was read", can_resume=False)
        message = f"interrupted; {n:,} {'page is' if n == 1 else 'pages are'} safe in {self._journal.path}"
        return InterruptedRunError(message, can_resume=True)

    def count_rejected(self) -> int:
        """Return how many numbers were rejected, in this run and in the runs that it resumes."""
        return sum(map(count_rejected, self._journal.read_sorted()))


def _write_review(with_crops: Iterable[tuple[Record, Sequence[str]]], folder: Path) -> dict[str, str]:
    """Write the table of rejected numbers; return where it is, and how many still need their right value."""
    n_open = write_table(with_crops, folder)
    return {"to review": f"{n_open} in {folder / 'review.csv'}"}
