from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr

import pytest

from pipeline.batch import progress
from pipeline.batch.progress import ProgressReporter, ProgressStyle, RunStatistics, summarize
from pipeline.errors import Failure
from pipeline.geometry import Box
from pipeline.outputs.records import Record, make_record
from pipeline.types import PageReading, Reading

HOSTILE = "scans/[red]a[/red] \udcff.jpg"


class Window(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    """Stands for `perf_counter`: it stands still until a test advances it. `window` is the terminal of the run."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.window = Window()

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "perf_counter", clock)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    return clock


def make_page(*statuses: str) -> Record:
    box = Box(1, 2, 3, 4)
    readings = tuple(Reading("7", 0.5, box, (), s, None if s == "accepted" else "unsure") for s in statuses)
    return make_record(PageReading("a.jpg", 1, (9, 9), readings, "digits", {}))


def fail_page(code: str) -> Record:
    return make_record(Failure("a.jpg", None, code, "broken", ""))


@contextmanager
def start(clock: Clock, statistics: RunStatistics, style: ProgressStyle) -> Iterator[ProgressReporter]:
    with redirect_stderr(clock.window), ProgressReporter(statistics, style) as reporter:
        yield reporter


def run(clock: Clock, style: ProgressStyle, seconds: float) -> str:
    statistics = RunStatistics(n_files=2, n_further=1)
    with start(clock, statistics, style) as reporter:
        for _ in range(2):
            clock.seconds += seconds / 2
            statistics.count(make_page("accepted", "rejected"))
            reporter.update(HOSTILE)
            reporter.print_line("error: [red]a.jpg[/red]: is empty")
    return clock.window.getvalue()


@pytest.mark.parametrize("style", ["bar", "lines", "silence"])
def test_short_run_shows_no_bar(clock: Clock, style: ProgressStyle) -> None:
    assert run(clock, style, 1.0) == "error: [red]a.jpg[/red]: is empty\n" * 2


def test_no_bar_where_none_is_wanted(clock: Clock) -> None:
    assert run(clock, "silence", 100) == "error: [red]a.jpg[/red]: is empty\n" * 2


def test_long_run_shows_a_bar_and_lines_above_it(clock: Clock) -> None:
    shown = run(clock, "bar", 8)
    assert "2/3" in shown
    assert "0.2/s" in shown
    assert "0 failed, 2 rejected" in shown
    assert r"scans/[red]a[/red] \udcff.jpg" in shown  # as it is spelled, but for what no terminal can show
    assert "error: [red]a.jpg[/red]: is empty\n" in shown
    assert shown.endswith("\x1b[2K")  # the bar is taken away


def test_long_name_is_cut_at_its_start(clock: Clock) -> None:
    with start(clock, RunStatistics(n_files=1), "bar") as reporter:
        clock.seconds = 5
        reporter.update("folder/" * 20 + "last.jpg")
    shown = clock.window.getvalue()
    assert ("folder/" * 20 + "last.jpg")[-40:] in shown
    assert ("folder/" * 20 + "last.jpg")[-41:] not in shown


def test_time_left_is_shown_at_80_columns(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    statistics = RunStatistics(n_files=12_000)
    with start(clock, statistics, "bar") as reporter:
        for _ in range(1_234):
            clock.seconds += 0.1
            statistics.count(make_page("rejected"))
            reporter.update("folder/" * 20 + "last.jpg")
    shown = clock.window.getvalue()
    assert re.search(r"\d:\d\d:\d\d", shown) and "0 failed, 1234 rejected" in shown
    assert "\u2026" not in shown


def test_log_gets_a_plain_line_now_and_then(clock: Clock) -> None:
    statistics = RunStatistics(n_files=100)
    with start(clock, statistics, "lines") as reporter:
        for _ in range(21):
            clock.seconds += 1
            statistics.count(make_page("rejected"))
            reporter.update("a.jpg")
    assert clock.window.getvalue().splitlines() == ["11 of 100 pages, 1.0/s, 1 min 29 s left, 0 failed, 11 rejected"]


def test_log_knows_no_pace_before_the_first_page(clock: Clock) -> None:
    with start(clock, RunStatistics(n_files=100), "lines") as reporter:
        clock.seconds = 11
        reporter.update("a.jpg")
    assert clock.window.getvalue() == "0 of 100 pages, 0.0/s, 0 failed, 0 rejected\n"


def test_names_of_any_bytes_can_be_printed(clock: Clock) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", write_through=True)  # as stderr is
    with redirect_stderr(stream), ProgressReporter(RunStatistics(n_files=1), "bar") as reporter:
        reporter.print_line(f"error: {HOSTILE}")
        clock.seconds = 5
        reporter.update(HOSTILE)
        reporter.print_line(f"error: {HOSTILE}")
    assert raw.getvalue().count(rb"error: scans/[red]a[/red] \udcff.jpg") == 2


def test_statistics_by_hand() -> None:
    statistics = RunStatistics(n_files=3, n_further=2)
    for record in (make_page(), make_page("accepted", "rejected"), *map(fail_page, ("crash", "crash", "size"))):
        statistics.count(record)
    assert (statistics.n_read, statistics.n_blank, statistics.n_failed) == (2, 1, 3)
    assert (statistics.n_numbers, statistics.n_rejected) == (2, 1)
    assert (statistics.n_pages, statistics.n_done) == (5, 5)
    assert dict(statistics.reasons) == {"crash": 2, "size": 1}


def test_summary_says_what_was_read_what_failed_and_where_everything_is() -> None:
    statistics = RunStatistics(n_read=1250, n_blank=3, n_failed=3, n_numbers=1, n_rejected=1, n_skipped=1)
    statistics.left_out.update({"of other types": 1200, "hidden": 1})
    statistics.reasons.update({"size": 1, "crash": 2})
    assert summarize(statistics, 125.3, {"results": "a.csv", "journal": "a.csv.journal.jsonl"}) == [
        "1,250 pages read in 2 min 5 s (10.0/s), 3 of them blank: 1 number, 1 rejected",
        "1 file had been read before",
        "left out of folders: 1 hidden, 1,200 of other types",
        "3 failed: 2 crashed, 1 too large or too small",
        "results: a.csv",
        "journal: a.csv.journal.jsonl",
    ]


def test_summary_of_nothing() -> None:
    assert (
        summarize(RunStatistics(n_failed=1), 2.0, {})[0]
        == "0 pages read in 2.0 s, 0 of them blank: 0 numbers, 0 rejected"
    )
    assert summarize(RunStatistics(), 0.0, {}) == ["0 pages read in 0.0 s, 0 of them blank: 0 numbers, 0 rejected"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (59.94, "59.9 s"),
        (59.97, "1 min 0 s"),
        (61, "1 min 1 s"),
        (3599.6, "1 h 0 min"),
        (7260, "2 h 1 min"),
    ],
)
def test_duration_in_hours_minutes_and_seconds(seconds: float, text: str) -> None:
    assert summarize(RunStatistics(), seconds, {})[0].startswith(f"0 pages read in {text},")
