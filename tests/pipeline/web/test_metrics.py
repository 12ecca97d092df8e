from __future__ import annotations

from pipeline.web.metrics import Metrics


def test_counts_are_those_of_one_server() -> None:
    first, second = Metrics(), Metrics()
    record = {"status": "ok", "numbers": [{"status": "accepted"}, {"status": "rejected"}, {"status": "accepted"}]}
    first.count_records([record, {"status": "failed", "numbers": []}], 0.3)
    first.count_answer(200)
    first.in_flight.set(3)
    lines = first.format().decode().splitlines()
    for line in (
        'digits_pages_total{status="ok"} 1.0',
        'digits_pages_total{status="failed"} 1.0',
        'digits_numbers_total{status="accepted"} 2.0',
        'digits_numbers_total{status="rejected"} 1.0',
        'digits_answers_total{status="200"} 1.0',
        'digits_read_seconds_bucket{le="0.2"} 0.0',
        'digits_read_seconds_bucket{le="0.5"} 1.0',
        "digits_requests_in_flight 3.0",
    ):
        assert line in lines
    assert 'status="ok"' not in second.format().decode()
