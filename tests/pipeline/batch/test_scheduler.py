"""The order of a batch, with a pool in this process that ends its jobs when and how the test says."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from itertools import chain, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.batch import scheduler as batch
from pipeline.batch.jobs import Job, Outcome
from pipeline.batch.page_ranges import PageRanges
from pipeline.batch.scheduler import InputItem, PageScheduler, make_future
from pipeline.batch.sources import Source
from pipeline.errors import Failure
from pipeline.outputs.records import Record, make_record
from pipeline.types import PageReading


def make_outcome(path: str, number: int | None, n_pages: int | None) -> Outcome:
    if n_pages is None:
        return Outcome(make_record(Failure(path, None, "crash", "it crashed", "")))
    return Outcome(make_record(PageReading(path, number, (9, 9), (), "none", {})), n_pages=n_pages)


class Pool:
    """Reads at most `most_pending` pages at once, of which it ends one when a new one finds no room.

    `n_pages` has for each file its number of pages, None for one that cannot be read; `pick` says which job ends next.
    """

    def __init__(self, n_pages: dict[str, int | None], most_pending: int = 3, pick: Callable[[int], int] | None = None):
        self.n_pages, self.most_pending, self._pick = n_pages, most_pending, pick or (lambda n: 0)
        self.jobs: list[Job] = []
        self.waiting: list[tuple[Future[Outcome], Job]] = []
        self.most_waiting = 0

    def submit(self, job: Job) -> Future[Outcome]:
        future: Future[Outcome] = Future()
        self.jobs.append(job)
        self.waiting.append((future, job))
        self.most_waiting = max(self.most_waiting, len(self.waiting))
        return future

    def end_one(self) -> None:
        if self.waiting:
            future, job = self.waiting.pop(self._pick(len(self.waiting)))
            future.set_result(make_outcome(job.source.path, job.number, self.n_pages[job.source.path]))

    def collect(self, future: Future[Outcome], job: Job) -> Outcome:
        return future.result()


def start(pool: Pool, given: Iterable[InputItem], pages: PageRanges | None = None) -> PageScheduler:
    ranges = pages or PageRanges()

    def choose(source: Source, n_pages: int | None) -> Sequence[int]:
        return (n_pages and ranges.choose(n_pages)) or [ranges.first]

    return PageScheduler(given, choose, pool, b"bytes", report=lambda _: pool.end_one())


def name(record: Record) -> tuple[str, int | None]:
    return record["file"], record["page"]


def make_sources(*paths: str) -> list[InputItem]:
    return [Source(path, path) for path in paths]


def test_nothing_given_is_nothing_read() -> None:
    assert list(start(Pool({}), []).read()) == []
    assert list(start(Pool({}), []).read_in_order()) == []


def test_pages_of_a_long_file_are_spread_before_the_next_files() -> None:
    pool = Pool({"a": 1, "long": 4, "b": 1, "c": 1, "d": 1})
    outcomes = list(start(pool, make_sources("a", "long", "b", "c", "d")).read())
    yielded = [(job.source.path, job.number) for job in pool.jobs]
    assert yielded == [
        *(("a", 1), ("long", 1), ("b", 1), ("c", 1)),  # as many as it may hold, and one for the first that is done
        *(("long", 2), ("long", 3), ("long", 4), ("d", 1)),
    ]
    assert pool.most_waiting == 3
    assert sorted(name(o.record) for o in outcomes) == sorted(yielded)


def test_pages_that_are_not_wanted_are_not_read() -> None:
    pool = Pool({"a": 9, "b": 1})
    read = start(pool, make_sources("a", "b"), PageRanges(((3, 3), (8, None))))
    assert [name(o.record) for o in read.read_in_order()] == [("a", 3), ("a", 8), ("a", 9), ("b", 3)]
    assert read.n_further == 2


@given(
    st.lists(st.one_of(st.none(), st.integers(1, 5)), max_size=6), st.integers(1, 5), st.randoms(use_true_random=False)
)
def test_order_is_that_of_the_inputs_and_each_page_comes_once(
    counts: list[int | None], most_pending: int, chance: random.Random
) -> None:
    files = {f"f{9 - i}": n for i, n in enumerate(counts)}
    expected = [(path, n) for path, count in files.items() for n in (range(1, count + 1) if count else [None])]
    sources = make_sources(*files)
    pool = Pool(files, most_pending, chance.randrange)
    assert [name(o.record) for o in start(pool, sources).read_in_order()] == expected
    assert pool.most_waiting <= most_pending
    pool = Pool(files, most_pending, chance.randrange)
    assert sorted(name(o.record) for o in start(pool, sources).read()) == sorted(expected)


def test_what_is_done_early_waits_for_its_turn_and_no_longer() -> None:
    pool = Pool({"a": 2, "b": 1, "c": 1}, pick=lambda n: n - 1)  # the last one given out ends first
    outcomes = start(pool, make_sources("a", "b", "c")).read_in_order()
    assert [name(o.record) for o in outcomes] == [("a", 1), ("a", 2), ("b", 1), ("c", 1)]
    pool = Pool({"a": 1, "b": 1})
    assert name(next(start(pool, make_sources("a", "b")).read_in_order()).record) == ("a", 1)
    assert len(pool.waiting) == 1  # b is still being read


def test_input_that_is_no_file_is_a_record_in_its_place() -> None:
    failure = Failure("folder", None, "empty", "no picture", "")
    a, b = make_sources("a", "b")
    outcomes = list(start(Pool({"a": 1, "b": 1}), [a, failure, b]).read_in_order())
    assert [o.record["file"] for o in outcomes] == ["a", "folder", "b"]
    assert outcomes[1].record == make_record(failure)


def test_file_whose_first_page_fails_leaves_the_others_to_be_read() -> None:
    outcomes = list(start(Pool({"a": None, "b": 2}), make_sources("a", "b")).read_in_order())
    assert [(name(o.record), o.record["status"]) for o in outcomes] == [
        *((("a", None), "failed"), (("b", 1), "ok"), (("b", 2), "ok"))
    ]


def test_pages_behind_one_that_ends_its_process_are_read() -> None:
    class Fragile(Pool):
        def collect(self, future: Future[Outcome], job: Job) -> Outcome:
            if job.number > 1 or job.is_count_only:
                return future.result()
            return replace(make_outcome(job.source.path, None, None), is_lost=True)

    pool = Fragile({"a.PDF": 3, "b.png": 1, "c.tif": 1})
    outcomes = list(start(pool, make_sources("a.PDF", "b.png", "c.tif")).read_in_order())
    assert [(name(o.record), o.record["status"]) for o in outcomes] == [
        *((("a.PDF", None), "failed"), (("a.PDF", 2), "ok"), (("a.PDF", 3), "ok")),
        *((("b.png", None), "failed"), (("c.tif", None), "failed")),
    ]
    assert [job.source.path for job in pool.jobs if job.is_count_only] == ["a.PDF", "c.tif"]


def test_pages_that_cannot_be_counted_either() -> None:
    class Deadly(Pool):
        def collect(self, future: Future[Outcome], job: Job) -> Outcome:
            return replace(make_outcome(job.source.path, None, None), is_lost=True)

    pool = Deadly({"a.pdf": 3, "b.pdf": 1})
    outcomes = list(start(pool, make_sources("a.pdf", "b.pdf")).read_in_order())
    assert [name(o.record) for o in outcomes] == [("a.pdf", None), ("b.pdf", None)]


class Failing(Pool):
    """Pages fail with the code that `code_of` gives for their number; "" is a page that is read."""

    code_of: Callable[[int], str]
    is_lost = False

    def collect(self, future: Future[Outcome], job: Job) -> Outcome:
        outcome = future.result()
        if not (code := self.code_of(job.number)):
            return outcome
        failure = Failure(job.source.path, job.number, code, "it failed", "hint")
        return replace(outcome, record=make_record(failure), is_lost=self.is_lost and job.number > 1)


@pytest.mark.parametrize(
    ("code_of", "is_lost", "n_records"),
    [
        (lambda number: "damaged", False, 20 + 3),
        (lambda number: "timeout", True, 5 + 3),
        (lambda number: "damaged" if number % 20 else "", False, 999),
        (lambda number: "damaged" if number % 20 else "size", False, 999),
        (lambda number: "damaged" if number > 990 else "", False, 999),
    ],
    ids=["all fail", "all time out", "some are read", "for several reasons", "the last ones fail"],
)
def test_pages_after_many_that_failed_are_one_record(
    code_of: Callable[[int], str], is_lost: bool, n_records: int
) -> None:
    pool = Failing({"a.pdf": 999, "b.png": 1})
    pool.code_of, pool.is_lost = (lambda number: code_of(number) if number > 1 or n_records < 999 else ""), is_lost
    read = start(pool, make_sources("a.pdf", "b.png"))
    *records, last = (outcome.record for outcome in read.read_in_order())
    assert name(last)[0] == "b.png"
    assert len(records) == n_records
    assert len({name(record) for record in records}) == n_records
    assert read.n_further == n_records - 1
    if n_records < 999:
        n_tried = max(job.number for job in pool.jobs)
        summary = next(record for record in records if "not tried" in record["error"]["message"])
        assert summary["page"] == n_tried + 1
        assert summary["error"]["message"].startswith(f"{999 - n_tried} pages from this one on were not tried, as ")


def test_every_page_of_stdin_gets_its_bytes_and_others_none() -> None:
    pool = Pool({"-": 2, "a": 1})
    list(start(pool, make_sources("-", "a")).read())
    assert {(job.source.path, job.number, job.raw) for job in pool.jobs} == {
        *(("-", 1, b"bytes"), ("-", 2, b"bytes"), ("a", 1, None))
    }


def test_watched_folder_may_have_nothing_at_present(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(batch.time, "sleep", waits.append)
    (a, b), nothing = make_sources("a", "b"), repeat(None, 3)
    read = start(Pool({"a": 1, "b": 1}), chain([a], nothing, [b]))
    assert [o.record["file"] for o in read.read()] == ["a", "b"]
    assert waits  # with nothing pending it does not poll again at once


def test_error_that_ends_the_run_is_raised() -> None:
    class Broken(Pool):
        def collect(self, future: Future[Outcome], job: Job) -> Outcome:
            raise OSError("no model")

    with pytest.raises(OSError, match="no model"):
        list(start(Broken({"a": 1}), make_sources("a")).read())


def test_future_that_is_done() -> None:
    outcome = make_outcome("a", 1, 1)
    assert make_future(outcome).result(timeout=0) is outcome
