"""What is said on stderr while a run goes on: lines about files and, when it takes long, a progress bar."""

from __future__ import annotations

import sys
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_PATIENCE_S = 2.0
"""A run that is over by then shows no bar."""


class Teller:
    """Says things on stderr; used as a context manager, it takes its bar away at the end.

    Parameters
    ----------
    n_inputs : inputs that `advance` will be called for
    has_bar : whether a bar may be shown: only where a person looks at stderr and results go elsewhere
    """

    def __init__(self, n_inputs: int, has_bar: bool) -> None:
        self._n_inputs, self._has_bar = n_inputs, has_bar
        self._start = perf_counter()
        self._n_done = 0
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Teller:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def say(self, line: str) -> None:
        """Print a line, above the bar if there is one."""
        if self._bar is None:
            print(line, file=sys.stderr)
        else:
            self._bar.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def advance(self) -> None:
        """Count one input as done; the bar appears once the run has taken its time."""
        self._n_done += 1
        if self._bar is None and self._has_bar and perf_counter() - self._start > _PATIENCE_S:
            self._show_bar()
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self._n_done)

    def _show_bar(self) -> None:
        # Imported late: most runs need no bar, and rich takes as long to load as a photo to read.
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("reading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False)
        self._task = self._bar.add_task("reading", total=self._n_inputs)
        self._bar.start()
