"""What is said on stderr while a run goes on: lines about files, how far it is, and at the end what came of it.

On a terminal a bar tells how far; elsewhere, in a log say, a plain line every few seconds.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Literal

from pipeline.outputs.records import Record, count_rejected

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


Way = Literal["bar", "lines", "silence"]
"""How to tell how far the run is."""

_PATIENCE_S = 2.0
"""A run that is over by then shows no bar, and needs no summary."""

_LINE_EVERY_S = 10.0
_MOST_LETTERS = 40


@dataclass(slots=True)
class Tally:
    """What came of a run so far.

    Attributes
    ----------
    n_files, n_further : files to read, and the pages beyond the first of those that have been opened
    n_read, n_blank, n_failed : pages; of the read ones some are blank
    n_numbers, n_rejected : numbers, and those of them that are rejected
    reasons : failed pages by code
    n_skipped : files that an earlier run has read
    """

    n_files: int = 0
    n_further: int = 0
    n_read: int = 0
    n_blank: int = 0
    n_failed: int = 0
    n_numbers: int = 0
    n_rejected: int = 0
    n_skipped: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def n_pages(self) -> int:
        """Pages known of, read or not."""
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


class Teller:
    """Says things on stderr; used as a context manager, it takes its bar away at the end.

    Parameters
    ----------
    tally : what has come of the run, which the caller counts on
    way : how to tell how far the run is
    """

    def __init__(self, tally: Tally, way: Way) -> None:
        self._tally, self._way = tally, way
        self._start = self._last = perf_counter()
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Teller:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    @property
    def seconds(self) -> float:
        """Seconds since the beginning."""
        return perf_counter() - self._start

    @property
    def is_late(self) -> bool:
        """Whether the run has taken long enough for a person to want to know how far it is, and what came of it."""
        return self.seconds > _PATIENCE_S

    def say(self, line: str) -> None:
        """Print a line, above the bar if there is one."""
        if self._bar is None:
            print(line, file=sys.stderr)
        else:
            self._bar.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def update(self, path: str) -> None:
        """Tell how far the run is, if it is time to; `path` is the file in hand."""
        if self._way == "silence" or not self.is_late:
            return
        if self._way == "lines":
            if perf_counter() - self._last > _LINE_EVERY_S:
                self._last = perf_counter()
                self.say(self._tell_line())
            return
        if self._bar is None or self._task is None:
            self._show_bar()
        self._move_bar(path)

    def _tell_line(self) -> str:
        t, pace = self._tally, self._tally.n_done / self.seconds
        left = f", {_tell_time((t.n_pages - t.n_done) / pace)} left" if pace > 0 else ""
        return f"{t.n_done} of {t.n_pages} pages, {pace:.1f}/s{left}, {t.n_failed} failed, {t.n_rejected} rejected"

    def _show_bar(self) -> None:
        # Imported late: most runs need no bar, and rich takes as long to load as a photo to read.
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            BarColumn(bar_width=20),
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
        t = self._tally
        self._bar.update(  # type: ignore[union-attr]
            self._task,  # type: ignore[arg-type]
            completed=t.n_done,
            total=t.n_pages,
            pace=t.n_done / self.seconds,
            failed=t.n_failed,
            rejected=t.n_rejected,
            name=path[-_MOST_LETTERS:].encode(errors="replace").decode(),
        )


def summarize(tally: Tally, seconds: float, places: dict[str, str]) -> list[str]:
    """Return the closing summary, a line each: what was read, what failed and why, where everything is.

    Parameters
    ----------
    tally : what came of the run
    seconds : that it took
    places : what lies where
    """
    pace = f" ({tally.n_done / seconds:.1f}/s)" if tally.n_done else ""
    lines = [
        f"{_count(tally.n_read, 'page')} read in {_tell_time(seconds)}{pace}, {tally.n_blank} of them blank: "
        f"{_count(tally.n_numbers, 'number')}, {tally.n_rejected} rejected"
    ]
    if tally.n_skipped:
        lines.append(f"{_count(tally.n_skipped, 'file')} had been read before")
    if tally.n_failed:
        lines.append(f"{tally.n_failed} failed: " + ", ".join(f"{n} {code}" for code, n in tally.reasons.most_common()))
    return lines + [f"{what}: {where}" for what, where in places.items()]


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}" + ("" if n == 1 else "s")


def _tell_time(seconds: float) -> str:
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
