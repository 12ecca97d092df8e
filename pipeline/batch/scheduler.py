"""Files -> pages -> outcomes, in worker processes or in this one; a bad page costs one record, and the run goes on.

Pages, not files, are given out, so that one long PDF keeps every worker busy.
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
"""How long to wait for an outcome before new files are looked for, and what is in hand is told."""

_MANY_PAGED = (".pdf", ".tif", ".tiff")
"""Endings of files with more than one page."""

Given: TypeAlias = "Source | Failure | None"
"""A file; an input that is none; nothing at present, where a folder is watched."""

ChoosePages: TypeAlias = Callable[[Source, "int | None"], Sequence[int]]
"""(file, its number of pages) -> the pages to read; while that number is unknown, at least the first of them."""


@dataclass(frozen=True, slots=True, order=True)
class _Page:
    """A page to read; they sort by the place of their file among the inputs and by their number."""

    index: int
    number: int
    job: Job = field(compare=False)
    is_first: bool = field(default=False, compare=False)


class Batch:
    """One run over many files.

    Parameters
    ----------
    given : what to read
    choose : which pages of each file
    pool : who reads them
    stdin : the bytes of what came there
    tell : called now and then with the path of the page that has been in hand for longest
    """

    def __init__(
        self,
        given: Iterable[Given],
        choose: ChoosePages,
        pool: Pool,
        stdin: bytes | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._given, self._choose, self._pool = enumerate(given), choose, pool
        self._stdin, self._tell = stdin, tell
        self._has_more = True
        self._pages: list[_Page] = []  # a heap: pages of files that have been opened, not given out yet
        self._in_hand: dict[Future[Outcome], _Page] = {}
        self.n_further = 0
        """Pages beyond the first of the files that have been opened."""

    def read(self) -> Iterator[Outcome]:
        """Yield what becomes of each page, as soon as it is known."""
        return (outcome for _, outcome in self._read())

    def read_in_order(self) -> Iterator[Outcome]:
        """Yield what becomes of each page in the order of the inputs: what is done early waits for its turn."""
        done: list[tuple[_Page, int, Outcome]] = []
        for n, (page, outcome) in enumerate(self._read()):
            heapq.heappush(done, (page, n, outcome))
            while done and not any(other < done[0][0] for other in (*self._in_hand.values(), *self._pages[:1])):
                yield heapq.heappop(done)[2]
        while done:
            yield heapq.heappop(done)[2]

    def _read(self) -> Iterator[tuple[_Page, Outcome]]:
        while True:
            self._give_out()
            if self._in_hand:
                self._tell(next(iter(self._in_hand.values())).job.source.path)
            elif self._has_more:
                time.sleep(_TICK_S)
            else:
                return
            for future in wait(self._in_hand, _TICK_S, FIRST_COMPLETED).done:
                page = self._in_hand.pop(future)
                outcome = self._pool.collect(future, page.job)
                if page.is_first and outcome.n_pages is not None:
                    self._open(page, outcome.n_pages)
                if not page.job.only_counts:
                    if page.is_first and outcome.is_lost:
                        self._count_pages(page)
                    yield page, outcome

    def _give_out(self) -> None:
        """Give pages to the pool until it has enough, those of opened files first."""
        while len(self._in_hand) < self._pool.most_in_hand and (self._pages or self._has_more):
            if self._pages:
                page = heapq.heappop(self._pages)
                self._in_hand[self._pool.submit(page.job)] = page
            elif not self._take_file():
                return

    def _take_file(self) -> bool:
        """Give out the next file's first page; return whether there was a file."""
        try:
            index, given = next(self._given)
        except StopIteration:
            self._has_more = False
            return False
        if given is None:
            return False
        if isinstance(given, Failure):  # passes for a page that has been read already
            page = _Page(index, 0, Job(Source(given.source, "")))
            self._in_hand[make_future(Outcome(make_record(given)))] = page
            return True
        raw = self._stdin if given.path == STDIN else None
        page = _Page(index, self._choose(given, None)[0], Job(given, self._choose(given, None)[0], raw), is_first=True)
        self._in_hand[self._pool.submit(page.job)] = page
        return True

    def _count_pages(self, first: _Page) -> None:
        """Have the pages of a file counted whose first one was too much for its process, if it may have others."""
        if first.job.source.path.lower().endswith(_MANY_PAGED):
            job = replace(first.job, only_counts=True)
            self._in_hand[self._pool.submit(job)] = replace(first, job=job)

    def _open(self, first: _Page, n_pages: int) -> None:
        """Note the further pages of a file."""
        source, raw = first.job.source, first.job.raw
        for number in self._choose(source, n_pages):
            if number != first.number:
                self.n_further += 1
                heapq.heappush(self._pages, _Page(first.index, number, Job(source, number, raw)))


def make_future(outcome: Outcome) -> Future[Outcome]:
    """Return a future that holds its result already."""
    future: Future[Outcome] = Future()
    future.set_result(outcome)
    return future
