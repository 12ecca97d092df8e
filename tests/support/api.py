"""An HTTP API in this process, whose pages are read in it, too, for tests; and uploads of all kinds."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field

from fastapi.testclient import TestClient

from pipeline.batch.jobs import Job, Outcome, Plan
from pipeline.batch.page_worker import Worker
from pipeline.errors import Failure
from pipeline.outputs.records import make_record
from pipeline.web.app import Api, make_app
from pipeline.web.metrics import Metrics
from pipeline.web.reader import Reader
from tests.support.drawing import make_reader
from tests.support.one_process import OneProcess


@dataclass
class FakePool:
    """A pool whose outcomes are given by hand: one for each page that is asked for, in this order.

    Attributes
    ----------
    outcomes : of the pages to come
    jobs : that have been submitted
    """

    outcomes: list[Outcome]
    jobs: list[Job] = field(default_factory=list)
    most_pending: int = 1

    def check_model(self) -> tuple[str, ...]:
        """Return no notes."""
        return ()

    def submit(self, job: Job) -> Future[Outcome]:
        """Return the next outcome."""
        self.jobs.append(job)
        future: Future[Outcome] = Future()
        future.set_result(self.outcomes.pop(0))
        return future

    def collect(self, future: Future[Outcome], job: Job) -> Outcome:
        """Return the outcome."""
        return future.result()


def fail(code: str, number: int = 1, n_pages: int | None = None, is_lost: bool = False, traceback: str = "") -> Outcome:
    """Return the outcome of a page that failed."""
    record = make_record(Failure("a.pdf", number, code, f"it is {code}", "try again"))
    return Outcome(record, n_pages=n_pages, is_lost=is_lost, traceback=traceback)


def start_client(
    token: str | None = None,
    most_bytes: int = 1_000_000,
    most_requests: int = 2,
    timeout_s: float = 60,
    is_verbose: bool = False,
    outcomes: list[Outcome] | None = None,
) -> tuple[TestClient, Reader]:
    """Return a client of an API and what reads in it: a reader without a model, or a `FakePool` of `outcomes`."""
    metrics, plan = Metrics(), Plan()
    pool = OneProcess(Worker(plan, make_reader())) if outcomes is None else FakePool(outcomes)
    reader = Reader(pool, most_requests, metrics)
    api = Api(reader, metrics, plan, most_bytes, timeout_s, token, is_verbose)
    return TestClient(make_app(api), raise_server_exceptions=False), reader
