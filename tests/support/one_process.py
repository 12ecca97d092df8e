"""A pool that reads pages in this process: starting others takes a second, and tests replace what is called there."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import nullcontext

from pipeline.batch.jobs import Job, Outcome, Plan
from pipeline.batch.page_worker import Worker
from pipeline.recognition.classify import load_classifier


class OneProcess:
    """Reads pages at once."""

    most_pending = 1

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def check_model(self) -> tuple[str, ...]:
        """Return the notes of the model, which has been loaded."""
        return self._worker.notes

    def submit(self, job: Job) -> Future[Outcome]:
        """Read the page now."""
        future: Future[Outcome] = Future()
        future.set_result(self._worker.read(job))
        return future

    def collect(self, future: Future[Outcome], job: Job) -> Outcome:
        """Return the outcome of a job."""
        return future.result()


def start_none(plan: Plan, *_: object) -> nullcontext[OneProcess]:
    """Stand for `start_processes`."""
    return nullcontext(OneProcess(Worker(plan, load_classifier(plan.model))))
