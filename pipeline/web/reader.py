"""The requests that are being read, bounded in number, and the pages of each, read in the worker processes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any

from pipeline.batch.jobs import Job, Outcome, Plan
from pipeline.batch.page_ranges import PageRanges
from pipeline.batch.process_pool import Pool
from pipeline.batch.sources import Source
from pipeline.errors import Failure
from pipeline.outputs.records import Record, make_record
from pipeline.system.terminal import print_message
from pipeline.web.metrics import Metrics
from pipeline.web.request_errors import BusyError
from pipeline.web.uploads import Upload


class Reader:
    """Reads the uploads of requests; all its methods are called from one event loop.

    Parameters
    ----------
    pool : reads pages
    most_requests : that are received or read, or wait, at once
    metrics : counts them
    """

    def __init__(self, pool: Pool, most_requests: int, metrics: Metrics) -> None:
        self._pool, self._most_requests, self._metrics = pool, most_requests, metrics
        self._n_requests = 0

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Take a place for a request, from before its upload is received: so the memory of all uploads is bounded.

        Raises
        ------
        BusyError
            If all places are taken.
        """
        if self._n_requests >= self._most_requests:
            raise BusyError(f"{self._n_requests} requests are being read already")
        self._n_requests += 1
        self._metrics.in_flight.set(self._n_requests)
        try:
            yield
        finally:
            self._n_requests -= 1
            self._metrics.in_flight.set(self._n_requests)

    async def read(
        self, upload: Upload, plan: Plan, pages: PageRanges, has_gone: Callable[[], Awaitable[bool]]
    ) -> list[Record]:
        """Return the record of each page of a file, in order.

        The pages are read one after the other: a long file does not keep others waiting. A page that crashes its
        process or exceeds the time limit is the last that is tried; one failed record stands for those after it.

        Parameters
        ----------
        upload : the file
        plan : how to read it
        pages : which of its pages
        has_gone : whether nobody waits for the records any more; then no further page is read
        """
        outcome = await self._read_page(upload, plan, pages.first)
        records = [outcome.record]
        for number in pages.choose(outcome.n_pages or 0)[1:]:
            if outcome.is_lost:
                records.append(skip_rest(upload.name, number, outcome.record))
                break
            if await has_gone():
                break
            outcome = await self._read_page(upload, plan, number)
            records.append(outcome.record)
        return records

    async def _read_page(self, upload: Upload, plan: Plan, number: int) -> Outcome:
        job = Job(Source(upload.name, ""), number, upload.raw, plan=plan)
        future = self._pool.submit(job)
        await wait_for(future)
        outcome = self._pool.collect(future, job)
        if outcome.traceback:
            print_message(*outcome.traceback.splitlines())
        return outcome


async def wait_for(future: Future[Any]) -> None:
    """Wait until a future is done. Whoever stops waiting does not cancel it: its worker is at it."""
    loop, is_done = asyncio.get_running_loop(), asyncio.Event()

    def tell(_: Future[Any]) -> None:
        with suppress(RuntimeError):  # the loop has been closed: the server has ended
            loop.call_soon_threadsafe(is_done.set)

    future.add_done_callback(tell)
    await is_done.wait()


def skip_rest(name: str, number: int, lost: Record) -> Record:
    """Return the record that stands for the pages of a file from `number` on, which come after one that was lost."""
    error = lost["error"]
    message = f"the pages from this one on were not tried, as page {lost['page']} failed ({error['message']})"
    return make_record(Failure(name, number, error["code"], message, error["hint"]))
