"""What a batch survives, at small size: bad files of every kind, kills, files damaged at random bytes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.batch.journal_lines import encode_line
from pipeline.errors import Failure
from pipeline.outputs.records import make_record
from pipeline.types import PageReading
from tests.bench import attack_journal, mutate, survive
from tests.bench.attack_inputs import attack
from tests.bench.mixed_files import make_bad_files


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc, and names files in any bytes")
def test_bad_files_and_kills_cost_no_good_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert survive.survive(tmp_path, n_pages=40, n_kills=2, seed=1, n_samples=3) == []
    out = capsys.readouterr().out
    assert all(bad.kind in out for bad in make_bad_files())
    assert "killed 2 times" in out


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_damaged_journals_kills_and_double_starts_cost_no_record(tmp_path: Path) -> None:
    assert attack_journal.attack(tmp_path, n_damages=30, n_stops=6, n_starts=1, seed=1) == []


@pytest.mark.slow
def test_damaged_bytes_cost_no_more_than_their_file(tmp_path: Path) -> None:
    assert mutate.try_mutants(tmp_path, n_files=32, seed=1, timeout_s=20) == []


def test_trial_sees_every_fault(tmp_path: Path) -> None:
    files = {"a.jpg": ("empty", {None: "empty"}), "b.jpg": ("good", {1: {"status": "ok"}, 2: "size"})}
    empty = make_record(Failure("a.jpg", None, "empty", "it is empty", ""))
    lost = make_record(PageReading("b.jpg", 1, (9, 9), (), "digits", {}))
    rows = [empty, empty, lost, {**lost, "file": "c.jpg"}]
    origin = {"bytes": 1, "mtime_ns": 1, "pages": 2, "mark": "0", "name": ""}
    (tmp_path / "out.csv.journal.jsonl").write_bytes(b"".join(encode_line(row, origin) for row in rows))
    trial = survive.Trial(tmp_path, files, ())
    survive.check_records(trial, "out.csv")
    assert [line.split(": ", 1)[1][:9] for line in trial.faults] == ["a record ", "'a.jpg' (", "'b.jpg' ("]


@pytest.mark.parametrize("ending", [".jpg", ".png", ".tif", ".pdf", ".heic"])
def test_attacks_change_the_file_but_not_its_kind(ending: str) -> None:
    raw = dict(mutate.make_originals())[ending]
    attacked = {attack(ending, raw, np.random.default_rng([2, n])) for n in range(20)}
    assert len(attacked - {raw}) > 5
    assert all(one[:3] == raw[:3] for one in attacked)


def test_mutants_depend_on_seed_and_number_alone() -> None:
    for ending, raw in mutate.make_originals():
        first, again, other = (mutate.mutate(ending, raw, np.random.default_rng([1, n])) for n in (5, 5, 6))
        assert first == again
        assert first not in (raw, other)
