"""Files -> pages -> outcomes, in worker processes or in this one; a page that fails does not end the run.

A job is a page, not a file, so that one long PDF keeps every worker busy.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from pipeline.batch.jobs import Job, Outcome
from pipeline.batch.process_pool import Pool
from pipeline.batch.sources import STDIN, Source
from pipeline.errors import Failure
from pipeline.outputs.records import make_record

_TICK_S = 0.2
"""Longest wait for an outcome before the progress is updated and new files are looked for."""

MOST_FAILED, MOST_LOST = 20, 5
"""Pages of a file that may fail in a row for one reason; fewer where each costs a process, or the whole timeout."""

MULTI_PAGE_SUFFIXES = (".pdf", ".tif", ".tiff")
"""Of the names of files that may have several pages."""

InputItem: TypeAlias = "Source | Failure | None"
"""A file; an input that cannot be read; None while a watched folder has no new file."""

ChoosePages: TypeAlias = Callable[[Source, "int | None"], Sequence[int]]
"""(file, its number of pages) -> the pages to read; while that number is unknown, at least the first of them."""


@dataclass(frozen=True, slots=True, order=True)
class _Page:
    """A page to read; pages sort by the position of their file among the inputs, then by number."""

    index: int
    number: int
    job: Job = field(compare=False)
    is_first: bool = field(default=False, compare=False)


class PageScheduler:
    """Submits the pages of many files to a pool and yields their outcomes.

    Parameters
    ----------
    items : what to read
    choose : which pages of each file to read
    pool : reads them
    stdin : the bytes of the file on stdin
    report : called now and then with the path of the page that was submitted first
    """

    def __init__(
        self,
        items: Iterable[InputItem],
        choose: ChoosePages,
        pool: Pool,
        stdin: bytes | None = None,
        report: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._items, self._choose, self._pool = enumerate(items), choose, pool
        self._stdin, self._report = stdin, report
        self._has_more = True
        self._pages: list[_Page] = []  # a heap: pages of opened files that are not yet submitted
        self._pending: dict[Future[Outcome], _Page] = {}
        self._failed: dict[int, tuple[str, int]] = {}  # by file: (reason, how many pages have failed for it in a row)
        self.n_further = 0
        """Pages after the first one of the files that have been opened."""
        self.on_idle: Callable[[], None] = lambda: None
        """Called now and then while a watched folder has no new file and all others have been read."""

    def read(self) -> Iterator[Outcome]:
        """Yield the outcome of each page as soon as it is known."""
        return (outcome for _, outcome in self._read())

    def read_in_order(self) -> Iterator[Outcome]:
        """Yield the outcomes in the order of the inputs; an early one is held back."""
        done: list[tuple[_Page, int, Outcome]] = []
        for n, (page, outcome) in enumerate(self._read()):
            heapq.heappush(done, (page, n, outcome))
            while done and not any(other < done[0][0] for other in (*self._pending.values(), *self._pages[:1])):
                yield heapq.heappop(done)[2]
        while done:
            yield heapq.heappop(done)[2]

    def _read(self) -> Iterator[tuple[_Page, Outcome]]:
        while True:
            self._submit_pages()
            if self._pending:
                self._report(next(iter(self._pending.values())).job.source.path)
            elif self._has_more:
                self.on_idle()
                time.sleep(_TICK_S)
            else:
                return
            for future in wait(self._pending, _TICK_S, FIRST_COMPLETED).done:
                page = self._pending.pop(future)
                outcome = self._pool.collect(future, page.job)
                if page.is_first and outcome.n_pages is not None:
                    self._open(page, outcome.n_pages)
                if not page.job.is_count_only:
                    if page.is_first and outcome.is_lost:
                        self._count_pages(page)
                    yield page, outcome
                    yield from self._give_up(page, outcome)

    def _submit_pages(self) -> None:
        """Submit pages until the pool has enough, those of opened files first."""
        while len(self._pending) < self._pool.most_pending and (self._pages or self._has_more):
            if self._pages:
                page = heapq.heappop(self._pages)
                self._pending[self._pool.submit(page.job)] = page
            elif not self._submit_next_file():
                return

    def _submit_next_file(self) -> bool:
        """Submit the first page of the next file; return whether there was one."""
        try:
            index, item = next(self._items)
        except StopIteration:
            self._has_more = False
            return False
        if item is None:
            return False
        if isinstance(item, Failure):  # treated as a page that is done
            page = _Page(index, 0, Job(Source(item.source, "")))
            self._pending[make_future(Outcome(make_record(item)))] = page
            return True
        raw = self._stdin if item.path == STDIN else None
        number = self._choose(item, None)[0]
        page = _Page(index, number, Job(item, number, raw), is_first=True)
        self._pending[self._pool.submit(page.job)] = page
        return True

    def _give_up(self, page: _Page, outcome: Outcome) -> Iterator[tuple[_Page, Outcome]]:
        """Yield one failure for all further pages of a file too many of whose pages failed in a row, and drop them."""
        error = outcome.record["error"]
        if error is None:
            self._failed.pop(page.index, None)
            return
        code, n_failed = self._failed.get(page.index, ("", 0))
        n_failed = n_failed + 1 if code == error["code"] else 1
        self._failed[page.index] = error["code"], n_failed
        dropped = sorted(other for other in self._pages if other.index == page.index)
        if n_failed < (MOST_LOST if outcome.is_lost else MOST_FAILED) or not dropped:
            return
        self._pages = [other for other in self._pages if other.index != page.index]
        heapq.heapify(self._pages)
        self.n_further -= len(dropped) - 1
        message = f"{len(dropped):,} pages from this one on were not tried, as {n_failed} in a row failed"
        message += f" ({error['message']})"
        source, number = dropped[0].job.source.path, dropped[0].number
        failure = Failure(source, number, error["code"], message, error["hint"])
        yield dropped[0], replace(outcome, record=make_record(failure), name="", traceback="")

    def _count_pages(self, first: _Page) -> None:
        """Submit a job that counts the pages of a file whose first page ended its process, if it may have more."""
        if first.job.source.path.lower().endswith(MULTI_PAGE_SUFFIXES):
            job = replace(first.job, is_count_only=True)
            self._pending[self._pool.submit(job)] = replace(first, job=job)

    def _open(self, first: _Page, n_pages: int) -> None:
        """Add the further pages of a file to the heap."""
        source, raw = first.job.source, first.job.raw
        for number in self._choose(source, n_pages):
            if number != first.number:
                self.n_further += 1
                heapq.heappush(self._pages, _Page(first.index, number, Job(source, number, raw)))


def make_future(outcome: Outcome) -> Future[Outcome]:
    """Return a future that is done."""
    future: Future[Outcome] = Future()
    future.set_result(outcome)
    return future
