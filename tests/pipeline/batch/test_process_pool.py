from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import psutil
import pytest

from pipeline.batch import process_pool as workers
from pipeline.batch.jobs import Job, Outcome, Plan, identify
from pipeline.batch.process_pool import share_memory, start_processes
from pipeline.batch.scheduler import PageScheduler
from pipeline.batch.sources import Source
from pipeline.errors import ModelError
from pipeline.settings.images import ImageSettings
from tests.bench.batches import encode
from tests.support import faults
from tests.support.drawing import write_page
from tests.support.pdfs import make_pdf

TOP = Path(__file__).resolve().parents[3]


def write_pictures(folder: Path, *names: str) -> list[Source]:
    for name in names:
        cv2.imwrite(str(folder / name), write_page("4237"))
    return [Source(str(folder / name), Path(name).stem) for name in names]


def read_all(sources: Sequence[Source], n_workers: int, timeout_s: float) -> list[Outcome]:
    with start_processes(Plan(), n_workers, timeout_s) as pool:
        return list(PageScheduler(sources, lambda _, n_pages: range(1, (n_pages or 1) + 1), pool).read_in_order())


def list_children() -> list[psutil.Process]:
    """Return the child processes that read: not the one in which multiprocessing keeps its accounts."""
    return [
        child
        for child in psutil.Process().children(recursive=True)
        if "resource_tracker" not in " ".join(child.cmdline())
    ]


@pytest.mark.slow
def test_whatever_a_page_does_costs_one_record_and_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = ("crash.png", "hang.png", "killed.png", "memory.png", "bug.png")
    names = ("a.png", *bad[:2], "b.png", *bad[2:], "c.png", "d.png")
    sources = write_pictures(tmp_path, *names)
    monkeypatch.setattr(workers, "read_in_worker", faults.read)
    n_threads = threading.active_count()
    outcomes = read_all(sources, n_workers=2, timeout_s=5)
    assert [Path(o.record["file"]).name for o in outcomes] == list(names)
    outcome_of = {Path(o.record["file"]).stem: o for o in outcomes}
    texts = {name: [n["text"] for n in o.record["numbers"]] for name, o in outcome_of.items()}
    assert texts == {Path(name).stem: [] if name in bad else ["4237"] for name in names}
    errors = {name: o.record["error"] for name, o in outcome_of.items() if o.record["error"]}
    assert {name: (error["code"], error["message"]) for name, error in errors.items()} == {
        "crash": ("crash", "the process that read it ended (SIGSEGV)"),
        "hang": ("timeout", "it was not read within 5 s"),
        "killed": ("crash", "the process that read it ended (SIGKILL)"),
        "memory": ("memory", "reading it takes more memory than there is"),
        "bug": ("bug", "RuntimeError: boom"),
    }
    assert all(error["hint"] for error in errors.values())
    assert [name for name, o in outcome_of.items() if o.traceback.startswith("Traceback")] == ["bug"]
    assert all(o.identity == identify(o.record["file"]) for o in outcomes)
    assert list_children() == []
    assert threading.active_count() == n_threads


@pytest.mark.slow
def test_pages_behind_one_that_crashes_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "first.pdf").write_bytes(encode([write_page(text) for text in ("17", "4237", "58")], ".pdf"))
    monkeypatch.setattr(workers, "read_in_worker", faults.read)
    outcomes = read_all([Source(str(tmp_path / "first.pdf"), "first")], n_workers=2, timeout_s=60)
    pages = [(o.record["page"], [n["text"] for n in o.record["numbers"]], o.record["status"]) for o in outcomes]
    assert pages == [(1, [], "failed"), (2, ["4237"], "ok"), (3, ["58"], "ok")]


def test_error_that_ends_the_run_comes_through_and_no_process_stays(tmp_path: Path) -> None:
    sources = write_pictures(tmp_path, "a.png")
    with pytest.raises(ModelError, match="nobody"), start_processes(Plan(model="nobody"), 1, 60) as pool:
        job = Job(sources[0])
        future = pool.submit(job)
        future.exception()
        pool.collect(future, job)
    assert list_children() == []
    assert multiprocessing.active_children() == []


def run_alone(code: str) -> Any:
    """Return what the code prints, as JSON, in a process of its own: it limits itself."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=TOP, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_worker_has_one_thread_and_its_share_of_the_memory() -> None:
    code = """if True:
        import json, os, resource, cv2, numpy as np
        from pipeline.batch.jobs import Plan
        from pipeline.batch import process_pool as workers
        workers._initialize_worker(Plan(model="mine"), 2**30)
        try:
            np.ones(2**31, np.uint8)
            is_refused = False
        except MemoryError:
            is_refused = True
        limit = resource.getrlimit(resource.RLIMIT_DATA)[0]
        print(json.dumps([is_refused, limit, cv2.getNumThreads(), os.environ["OMP_NUM_THREADS"], workers._plan.model]))
    """
    assert run_alone(code) == [True, 2**30, 1, "1", "mine"]


@pytest.mark.parametrize(
    ("free", "n_asked", "n_workers", "most_memory"),
    [
        (None, 4, 4, None),
        (16 << 30, 4, 4, 3 << 30),
        (4 << 30, 300, 3, 1 << 30),
        (1 << 29, 2, 1, 3 << 27),
        (1 << 40, 1, 1, (1 << 30) + 48 * 200_000_000),
    ],
    ids=["unknown", "shared", "too many workers", "hardly any", "no more than a picture takes"],
)
def test_workers_together_leave_a_quarter_of_the_memory(
    free: int | None, n_asked: int, n_workers: int, most_memory: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "find_free_memory", lambda: free)
    assert share_memory(n_asked, ImageSettings()) == (n_workers, most_memory)


FORM = b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]"


def run_program(*arguments: str) -> Any:
    """Return the records and exit code of a run in a process of its own, where workers are forked if they can be."""
    code = f"from pipeline.cli import main; raise SystemExit(main({[*arguments, '--format', 'json']!r}))"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=TOP, capture_output=True, check=False)
    return json.loads(done.stdout), done.returncode


@pytest.mark.slow
def test_single_file_that_takes_too_long_or_too_much_is_a_failed_record(tmp_path: Path) -> None:
    # What the page draws is also a form, which draws itself again and again.
    calls, resources = "/F Do " * 30, "/Resources<</XObject<</F 4 0 R>>>>"
    path = tmp_path / "form.pdf"
    path.write_bytes(make_pdf([calls], page=resources).replace(b"<</Length", FORM + resources.encode() + b"/Length", 1))
    (record,), code = run_program(str(path), "--timeout", "2")
    assert (record["error"]["code"], code) == ("timeout", 3)


@pytest.mark.slow
def test_processes_start_as_jobs_come(tmp_path: Path) -> None:
    sources = write_pictures(tmp_path, "a.png", "b.png")
    with start_processes(Plan(), 300, 60, n_jobs=1) as pool:
        assert len(list_children()) == 1
        pool.check_model()
        jobs = [Job(source) for source in sources]
        futures = [pool.submit(job) for job in jobs]
        assert [pool.collect(future, job).record["status"] for future, job in zip(futures, jobs, strict=True)] == [
            "ok"
        ] * 2
        assert len(list_children()) <= 2
        assert pool.most_pending > 2


@pytest.mark.slow
def test_idle_worker_that_is_ended_from_outside_is_replaced(tmp_path: Path) -> None:
    first, second = write_pictures(tmp_path, "a.png", "b.png")
    with start_processes(Plan(), 1, 30) as pool:
        assert next(PageScheduler([first], lambda *_: [1], pool).read()).record["status"] == "ok"
        for child in list_children():
            child.kill()  # not waited for: it is multiprocessing that must see it end
        assert [o.record["status"] for o in PageScheduler([second], lambda *_: [1], pool).read()] == ["ok"]
    assert list_children() == []


@pytest.mark.slow
def test_model_is_loaded_again_when_its_process_was_ended_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "load_in_worker", partial(faults.end_once, tmp_path / "ended"))
    with start_processes(Plan(), 1, 30) as pool:
        assert pool.check_model() == ("second",)


@pytest.mark.slow
def test_model_that_ends_its_process_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "load_in_worker", partial(os._exit, 3))
    with start_processes(Plan(model="mine"), 1, 30) as pool, pytest.raises(ModelError, match=r"ended \(exit code 3\)"):
        pool.check_model()
