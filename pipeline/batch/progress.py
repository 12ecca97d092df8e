"""Messages on stderr during a run: lines about files, the progress, and a summary at the end.

The progress is a bar on a terminal, and a plain line every few seconds elsewhere, as in a log.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Literal

from pipeline.outputs.records import Record, count_rejected
from pipeline.system.terminal import escape_text, print_message

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


ProgressStyle = Literal["bar", "lines", "silence"]
"""How the progress is shown."""

_SHORT_RUN_S = 2.0
"""A run that takes no longer shows no bar and needs no summary."""

_FAILURES = {
    "missing": "not found",
    "not-a-picture": "not a picture",
    "size": "too large or too small",
    "timeout": "timed out",
    "memory": "out of memory",
    "crash": "crashed",
    "bug": "stopped by a bug",
}
"""Error codes in words; the others are words."""

_LINE_EVERY_S = 10.0
_MOST_CHARACTERS = 40
_BAR_WIDTH = 12
_TIME_WIDTH = 7


@dataclass(slots=True)
class RunStatistics:
    """Counts of a run so far.

    Attributes
    ----------
    n_files, n_further : files to read; pages after the first one of the files that have been opened
    n_read, n_blank, n_failed : pages read, those of them that are blank, and pages that could not be read
    n_numbers, n_rejected : numbers read, and those of them that are rejected
    n_skipped : files that an earlier run has read
    left_out : number of files and folders in folders that are not read, by why
    reasons : number of failed pages by error code
    """

    n_files: int = 0
    n_further: int = 0
    n_read: int = 0
    n_blank: int = 0
    n_failed: int = 0
    n_numbers: int = 0
    n_rejected: int = 0
    n_skipped: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def n_pages(self) -> int:
        """Pages that are known, read or not."""
        return self.n_files + self.n_further

    @property
    def n_done(self) -> int:
        """Pages read or failed."""
        return self.n_read + self.n_failed

    def count(self, record: Record) -> None:
        """Count one page."""
        if record["status"] == "failed":
            self.n_failed += 1
            self.reasons[record["error"]["code"]] += 1
            return
        self.n_read += 1
        self.n_blank += not record["numbers"]
        self.n_numbers += len(record["numbers"])
        self.n_rejected += count_rejected(record)


class ProgressReporter:
    """Prints messages and the progress on stderr; used as a context manager, it removes its bar at the end.

    Parameters
    ----------
    statistics : of the run; the caller updates them
    style : how the progress is shown
    """

    def __init__(self, statistics: RunStatistics, style: ProgressStyle) -> None:
        self._statistics, self._style = statistics, style
        self._start = self._last = perf_counter()
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> ProgressReporter:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return perf_counter() - self._start

    @property
    def is_long(self) -> bool:
        """Whether the run has taken long enough to show its progress and a summary."""
        return self.seconds > _SHORT_RUN_S

    def print_line(self, *lines: str) -> None:
        """Print lines, above the bar if there is one; what a terminal would obey is escaped."""
        if self._bar is None:
            print_message(*lines)
            return
        for line in lines:
            self._bar.console.print(escape_text(line), markup=False, highlight=False, soft_wrap=True)

    def update(self, path: str) -> None:
        """Show the progress, if it is due; `path` is the file that is being read."""
        if self._style == "silence" or not self.is_long:
            return
        if self._style == "lines":
            if perf_counter() - self._last > _LINE_EVERY_S:
                self._last = perf_counter()
                self.print_line(self._format_progress())
            return
        if self._bar is None or self._task is None:
            self._show_bar()
        self._move_bar(path)

    def _format_progress(self) -> str:
        counts, pace = self._statistics, self._statistics.n_done / self.seconds
        left = f", {_format_duration((counts.n_pages - counts.n_done) / pace)} left" if pace > 0 else ""
        done = f"{counts.n_done} of {counts.n_pages} pages, {pace:.1f}/s{left}"
        return f"{done}, {counts.n_failed} failed, {counts.n_rejected} rejected"

    def _show_bar(self) -> None:
        # Imported late: few runs show a bar, and importing rich takes as long as reading a photo.
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            BarColumn(_BAR_WIDTH),
            MofNCompleteColumn(),
            TextColumn("{task.fields[pace]:.1f}/s"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[failed]} failed, {task.fields[rejected]} rejected"),
            TextColumn("{task.fields[name]}", markup=False),
        )
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False)
        self._task = self._bar.add_task("reading", total=None, pace=0.0, failed=0, rejected=0, name="")
        self._bar.start()

    def _move_bar(self, path: str) -> None:
        counts = self._statistics
        self._bar.update(  # type: ignore[union-attr]
            self._task,  # type: ignore[arg-type]
            completed=counts.n_done,
            total=counts.n_pages,
            pace=counts.n_done / self.seconds,
            failed=counts.n_failed,
            rejected=counts.n_rejected,
            name=self._fit_name(escape_text(path)),
        )

    def _fit_name(self, name: str) -> str:
        """Return the end of the name that there is room for after the figures, which are never cut."""
        counts = self._statistics
        figures = (
            f"{counts.n_pages}/{counts.n_pages} {counts.n_done / self.seconds:.1f}/s "
            f"{counts.n_failed} failed, {counts.n_rejected} rejected "
        )
        room = self._bar.console.width - _BAR_WIDTH - _TIME_WIDTH - len(figures) - 2  # type: ignore[union-attr]
        n = min(_MOST_CHARACTERS, room)
        return name[-n:] if n > 0 else ""


def summarize(counts: RunStatistics, seconds: float, places: dict[str, str]) -> list[str]:
    """Return the lines of the summary: what was read, what failed and why, and where the results are.

    Parameters
    ----------
    counts : of the run
    seconds : that it took
    places : where the results are, by what they are
    """
    pace = f" ({counts.n_done / seconds:.1f}/s)" if counts.n_read else ""
    lines = [
        f"{_format_count(counts.n_read, 'page')} read in {_format_duration(seconds)}{pace}, "
        f"{counts.n_blank} of them blank: {_format_count(counts.n_numbers, 'number')}, {counts.n_rejected} rejected"
    ]
    if counts.n_skipped:
        lines.append(f"{_format_count(counts.n_skipped, 'file')} had been read before")
    if counts.left_out:
        why = ", ".join(f"{n:,} {reason}" for reason, n in sorted(counts.left_out.items()))
        lines.append(f"left out of folders: {why}")
    if counts.n_failed:
        reasons = ", ".join(f"{n:,} {_FAILURES.get(code, code)}" for code, n in counts.reasons.most_common())
        lines.append(f"{counts.n_failed} failed: {reasons}")
    return lines + list_places(places)


def list_places(places: dict[str, str]) -> list[str]:
    """Return a line for each place where results are, by what they are."""
    return [f"{what}: {where}" for what, where in places.items()]


def _format_count(n: int, what: str) -> str:
    return f"{n:,} {what}" + ("" if n == 1 else "s")


def _format_duration(seconds: float) -> str:
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
