from __future__ import annotations

import asyncio
from concurrent.futures import Future

import pytest

from pipeline.batch.jobs import Outcome, Plan
from pipeline.batch.page_ranges import PageRanges
from pipeline.outputs.records import Record
from pipeline.web.metrics import Metrics
from pipeline.web.reader import Reader, wait_for
from pipeline.web.request_errors import BusyError
from pipeline.web.uploads import Upload
from tests.support.api import FakePool, fail
from tests.support.records import make_page


def succeed(number: int, n_pages: int) -> Outcome:
    return Outcome(make_page(number=number), n_pages=n_pages)


def read(pool: FakePool, pages: str = "1-", n_waited: int = 100) -> list[Record]:
    """Return the records for a client who has gone when asked for the time after `n_waited`."""
    n_asked = 0

    async def has_gone() -> bool:
        nonlocal n_asked
        n_asked += 1
        return n_asked > n_waited

    reader = Reader(pool, 1, Metrics())
    return asyncio.run(reader.read(Upload("a.pdf", b"%PDF"), Plan(), PageRanges.parse(pages), has_gone))


def test_pages_are_read_one_after_the_other_in_order() -> None:
    pool = FakePool([succeed(n, 3) for n in (1, 2, 3)])
    assert [record["page"] for record in read(pool)] == [1, 2, 3]
    assert [(job.number, job.raw, job.plan) for job in pool.jobs] == [(n, b"%PDF", Plan()) for n in (1, 2, 3)]


def test_failed_page_leaves_the_others_and_a_lost_one_is_the_last() -> None:
    pool = FakePool([succeed(1, 5), fail("damaged", 2, 5), succeed(3, 5), fail("crash", 4, is_lost=True)])
    records = read(pool)
    assert [(record["page"], record["status"]) for record in records] == [
        *((1, "ok"), (2, "failed"), (3, "ok"), (4, "failed"), (5, "failed"))
    ]
    assert records[-1]["error"]["message"] == (
        "the pages from this one on were not tried, as page 4 failed (it is crash)"
    )


def test_lost_first_page_is_all_that_is_known() -> None:
    assert [record["error"]["code"] for record in read(FakePool([fail("timeout", is_lost=True)]))] == ["timeout"]


def test_nothing_is_read_for_a_client_who_has_gone() -> None:
    pool = FakePool([succeed(n, 9) for n in range(1, 10)])
    assert len(read(pool, n_waited=2)) == len(pool.jobs) == 3


def test_traceback_of_a_bug_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    read(FakePool([fail("bug", traceback="Traceback\n  boom")]))
    assert capsys.readouterr().err == "Traceback\n  boom\n"


def test_places_are_bounded_and_given_back() -> None:
    reader = Reader(FakePool([]), 2, Metrics())
    with pytest.raises(ZeroDivisionError), reader.enter():
        raise ZeroDivisionError
    with reader.enter(), reader.enter(), pytest.raises(BusyError, match="2 requests"), reader.enter():
        pass
    with reader.enter(), reader.enter():
        pass


def test_who_stops_waiting_cancels_nothing() -> None:
    future: Future[int] = Future()

    async def wait_shortly() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(wait_for(future), 0.01)

    asyncio.run(wait_shortly())
    assert not future.cancelled()
    future.set_result(1)  # after the loop has been closed, without a word
