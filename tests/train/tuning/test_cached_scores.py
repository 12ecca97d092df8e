"""Pages read under many settings: read once, remembered, gone on with; the same from several processes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from rich.console import Console
from rich.progress import Progress

from pipeline.errors import InputError, OutputError, UsageError
from tests.support.drawing import make_reader, write_page
from train.tuning import cached_scores as room
from train.tuning.cached_scores import Rereads
from train.tuning.candidates import Change

TRUTHS: list[dict[str, Any]] = [{"file": "a.png", "numbers": ["42"]}, {"file": "b.png", "numbers": ["7"]}]
CHANGE = Change("decode", "doubtful", 0.5)
TRIALS = [(), (CHANGE,), (Change("text_lines", "steepest", 2.0), CHANGE)]
QUIET = Progress(console=Console(file=io.StringIO()))

Open = Callable[..., Rereads]


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Read by a fake that finds as many edits as settings are changed, and ten on page b; returns the files it read."""
    read: list[str] = []

    def count(folder: Path, truths: list[dict[str, Any]], model: str, values: dict[str, Any]) -> list[int]:
        read.extend(truth["file"] for truth in truths)
        return [sum(map(len, values.values())) + 10 * (truth["file"] == "b.png") for truth in truths]

    monkeypatch.setattr(room, "count_edits", count)
    return read


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    for truth in TRUTHS:
        cv2.imwrite(str(tmp_path / truth["file"]), write_page(*truth["numbers"], size_px=(160, 90)))
    monkeypatch.setattr(room, "load_classifier", lambda model: make_reader())
    room._load_model.cache_clear()

    def open_work(work: Path | None, truths: list[dict[str, Any]] = TRUTHS) -> Rereads:
        return Rereads(tmp_path, truths, "digits", work, 1, QUIET)

    return open_work


def test_each_page_is_read_once_under_each_setting(begin: Open, jobs: list[str]) -> None:
    with begin(None) as rereads:
        assert rereads.count([], [0, 1], "none").shape == (0, 2)
        assert rereads.count(TRIALS, [0, 1], "all").tolist() == [[0, 10], [1, 11], [2, 12]]
        assert rereads.count([TRIALS[2][::-1]], [1], "the other way round").tolist() == [[12]]
        assert sorted(jobs) == ["a.png"] * 3 + ["b.png"] * 3


def test_stopped_run_goes_on_where_it_was(begin: Open, jobs: list[str], tmp_path: Path) -> None:
    work = tmp_path / "new" / "work.jsonl"
    with begin(work) as rereads:
        rereads.count(TRIALS[:2], [0, 1], "first")
    whole = work.read_text("utf-8").splitlines()
    assert len(whole) == 5 and json.loads(whole[0])["made_by"] == "train.tuning.leave_one_source_out"
    work.write_text("\n".join(whole[:4]) + "\n" + whole[4][:20], "utf-8")
    jobs.clear()
    with begin(work) as rereads:
        assert rereads.count(TRIALS, [0, 1], "again").tolist() == [[0, 10], [1, 11], [2, 12]]
    assert sorted(jobs) == ["a.png", "b.png", "b.png"]
    lines = [json.loads(line) for line in work.read_text("utf-8").splitlines()[1:]]
    assert {(line["changes"], line["file"]) for line in lines} == {
        (name, file)
        for name in ("", "decode.doubtful=0.5", "decode.doubtful=0.5 text_lines.steepest=2")
        for file in ("a.png", "b.png")
    }
    assert len(lines) == 6


def test_file_of_other_pages_is_refused(begin: Open, tmp_path: Path) -> None:
    work = tmp_path / "work.jsonl"
    begin(work).__exit__(None, None, None)
    with pytest.raises(UsageError, match="other pages"):
        begin(work, [{**TRUTHS[0], "numbers": ["43"]}])
    cv2.imwrite(str(tmp_path / "a.png"), write_page("43"))
    with pytest.raises(UsageError, match="other pages"):
        begin(work)
    work.write_text('{"a": 1}\n[]\n', "utf-8")
    with pytest.raises(UsageError, match="other pages"):
        begin(work)
    work.write_text("no JSON\n", "utf-8")
    with pytest.raises(UsageError, match="no work file"):
        begin(work)
    with pytest.raises(OutputError):
        begin(tmp_path)


def test_missing_picture_is_one_line(begin: Open, tmp_path: Path) -> None:
    (tmp_path / "a.png").unlink()
    with pytest.raises(InputError, match=r"a\.png"):
        begin(tmp_path / "work.jsonl")
    with begin(None) as rereads, pytest.raises(InputError):
        rereads.count([()], [0], "read")


def test_edits_are_those_of_the_pages_read(begin: Open) -> None:
    with begin(None) as rereads:
        edits = rereads.count([(), (Change("outliers", "least_height_frac", 1.0),)], [0, 1], "read")
    assert edits[0].tolist() == [0, 0] and edits.dtype == np.int64


@pytest.mark.slow
def test_processes_count_the_same(tmp_path: Path) -> None:
    for truth in TRUTHS:
        cv2.imwrite(str(tmp_path / truth["file"]), write_page(*truth["numbers"], size_px=(160, 90)))
    room._load_model.cache_clear()
    counted = []
    for n_workers in (1, 2):
        with Rereads(tmp_path, TRUTHS, "digits", None, n_workers, QUIET) as rereads:
            counted.append(rereads.count(TRIALS, [0, 1], "read").tolist())
    assert counted[0] == counted[1]
