"""What the server counts, in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

from pipeline.outputs.records import Record

_SECONDS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60)
"""Upper ends of the bins of the histogram."""


class Metrics:
    """The counts of one server; each app has its own.

    Attributes
    ----------
    in_flight : requests that are being received or read, or wait
    """

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._answers = Counter("digits_answers", "Answers to /read, by HTTP status.", ["status"], registry=registry)
        self._pages = Counter("digits_pages", "Pages, by the status of their record.", ["status"], registry=registry)
        self._numbers = Counter("digits_numbers", "Numbers on pages, by status.", ["status"], registry=registry)
        self._seconds = Histogram(
            "digits_read_seconds", "From a request to its records.", buckets=_SECONDS, registry=registry
        )
        self.in_flight = Gauge(
            "digits_requests_in_flight", "Requests that are read, or wait for it.", registry=registry
        )
        ProcessCollector(registry=registry)

    def count_answer(self, status: int) -> None:
        """Count an answer to /read."""
        self._answers.labels(status).inc()

    def count_records(self, records: Iterable[Record], seconds: float) -> None:
        """Count the pages of a request, the numbers on them, and the seconds that it took."""
        self._seconds.observe(seconds)
        for record in records:
            self._pages.labels(record["status"]).inc()
            for number in record["numbers"]:
                self._numbers.labels(number["status"]).inc()

    def format(self) -> bytes:
        """Return all counts as text."""
        return generate_latest(self._registry)
