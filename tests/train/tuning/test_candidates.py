"""Candidate values: a table by eye, and all of them within their ranges."""

from __future__ import annotations

from dataclasses import fields

import pytest

from pipeline.errors import UsageError
from pipeline.settings.tree import Settings
from train.tuning.candidates import LEFT_OUT, Change, combine, list_changes, list_values


@pytest.mark.parametrize(
    ("shipped", "low", "high", "values"),
    [
        (1, 1, 1, []),
        (0.5, 0, 1, [0.4, 0.625, 0.3, 0.8]),
        (0.7, 0, 1, [0.8, 0.56, 0.9, 0.42]),
        (0.25, 0.2, 1, [0.2333, 0.2167, 0.3125, 0.4]),
        (0.0, 0, 10, [0.25, 0.6]),
        (1.0, 0, 1, [0.8, 0.6]),
        (16, 1, 200, [13, 20, 10, 26]),
        (4, 2, 50, [3, 5, 2, 6]),
        (2, 1, 9, [1, 3, 4]),
    ],
    ids=["no room", "shares", "thirds upward", "thirds downward", "zero", "at the end", "whole", "small", "at the rim"],
)
def test_values_surround_the_shipped_one(shipped: float, low: float, high: float, values: list[float]) -> None:
    assert list_values(shipped, low, high) == pytest.approx(values)
    assert all(isinstance(value, type(shipped)) for value in list_values(shipped, low, high))


@pytest.mark.slow
def test_every_setting_but_those_left_out_has_changes_on_both_sides() -> None:
    trials = {f"{t[0].stage}.{t[0].knob}": t for t in list_changes()}
    shipped = Settings()
    knobs = {f"{s.name}.{k.name}": k for s in fields(Settings) for k in fields(getattr(shipped, s.name))}
    tuned = {name for name, knob in knobs.items() if name not in LEFT_OUT and not isinstance(knob.default, bool)}
    assert set(trials) == tuned and set(LEFT_OUT) <= set(knobs)
    for changes in trials.values():
        default = getattr(getattr(shipped, changes[0].stage), changes[0].knob)
        assert min(c.value for c in changes) < default < max(c.value for c in changes)
        for change in changes:
            Settings.from_dict(combine([change]))  # raises where a value is out of its range


def test_stages_are_chosen_by_name() -> None:
    trials = list_changes(["decode", "text_lines"])
    assert {change.stage for trial in trials for change in trial} == {"decode", "text_lines"}
    with pytest.raises(UsageError, match="no stage 'colour'"):
        list_changes(["colour"])


def test_changes_make_settings() -> None:
    assert combine([]) == {}
    changes = [Change("skew", "least_deg", 3.0), Change("decode", "doubtful", 0.5), Change("skew", "least_deg", 2.0)]
    assert combine(changes) == {"skew": {"least_deg": 2.0}, "decode": {"doubtful": 0.5}}
    assert str(changes[0]) == "skew.least_deg=3"
