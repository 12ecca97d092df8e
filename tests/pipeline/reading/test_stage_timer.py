"""Seconds per stage, on a clock that is set by hand."""

from __future__ import annotations

import pytest

from pipeline.reading import stage_timer
from pipeline.reading.stage_timer import StageTimer


def test_stages_that_run_twice_are_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([10.0, 11.0, 13.0, 17.0])
    monkeypatch.setattr(stage_timer, "perf_counter", lambda: next(times))
    clock = StageTimer(0.5)
    for stage in ("light", "ink", "light"):
        clock.lap(stage)
    assert clock.seconds() == {"decode": 0.5, "light": 5.0, "ink": 2.0, "total": 7.5}


def test_nothing_but_decoding() -> None:
    assert StageTimer(0.25).seconds() == {"decode": 0.25, "total": 0.25}
