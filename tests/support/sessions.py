"""Sessions of the page and what reads for them, without worker processes or a browser."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import cv2
import numpy as np

from pipeline.batch.jobs import Job, Outcome, Plan
from pipeline.batch.page_worker import Worker
from pipeline.outputs.records import Record
from pipeline.web.options import PageOptions
from pipeline.web.page.service import Service
from pipeline.web.page.session import GivenFile, OpenedPage, Session
from tests.support.drawing import make_reader, write_page
from tests.support.one_process import OneProcess

JPEG = cv2.imencode(".jpg", np.full((120, 160, 3), 210, np.uint8))[1].tobytes()
PNG = cv2.imencode(".png", write_page("4237", "56"))[1].tobytes()


class InProcess(OneProcess):
    """A pool of the page that does everything at once, with a reader that knows the hand of the tests' pages."""

    n_workers = 1

    def __init__(self) -> None:
        super().__init__(Worker(Plan(keeps_page=True), make_reader()))

    def call(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Make the call now."""
        future: Future[Any] = Future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future


class Outcomes:
    """A pool whose outcomes are given by file and page."""

    n_workers = 2

    def __init__(self, outcomes: dict[tuple[str, int], Outcome]) -> None:
        self._outcomes, self.asked = outcomes, list[tuple[str, int]]()

    def submit(self, job: Job) -> Future[Outcome]:
        """Return the outcome of a page."""
        self.asked.append((job.source.path, job.number))
        future: Future[Outcome] = Future()
        future.set_result(self._outcomes[self.asked[-1]])
        return future

    def collect(self, future: Future[Outcome], job: Job) -> Outcome:
        """Return the outcome."""
        return future.result()

    def call(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Refuse: no test of these calls anything."""
        raise NotImplementedError


def make_service() -> Service:
    """Return a service that reads in this process."""
    return Service(PageOptions(), InProcess())


def make_session(*names: str, most_bytes: int = 1000) -> Session:
    """Return a session with files of some bytes, whose keys are their names."""
    session = Session(most_bytes)
    for name in names:
        session.add(name, name, b"raw")
    return session


def open_page(record: Record, **corrections: str) -> OpenedPage:
    """Return a page that was read, with corrections by ``n`` and the index of the number: n0="12"."""
    given = {int(name[1:]): value for name, value in corrections.items()}
    picture = JPEG if record["status"] == "ok" else b""
    return OpenedPage(GivenFile("k", record["file"], b""), record, picture, given)
