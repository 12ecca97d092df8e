from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import psutil
import pytest

from pipeline.batch import process_pool as workers
from pipeline.batch.jobs import Job, Outcome, Plan, identify
from pipeline.batch.page_worker import Worker
from pipeline.batch.process_pool import OneProcess, limit_memory, start_processes
from pipeline.batch.scheduler import PageScheduler
from pipeline.batch.sources import Source
from pipeline.errors import ModelError
from pipeline.recognition.classify import load_classifier
from tests.bench.batches import encode
from tests.support import faults
from tests.support.drawing import write_page

TOP = Path(__file__).resolve().parents[3]


def write_pictures(folder: Path, *names: str) -> list[Source]:
    for name in names:
        cv2.imwrite(str(folder / name), write_page("4237"))
    return [Source(str(folder / name), Path(name).stem) for name in names]


def read_all(sources: Sequence[Source], n_workers: int, timeout_s: float) -> list[Outcome]:
    with start_processes(Plan(), n_workers, timeout_s) as pool:
        return list(PageScheduler(sources, lambda _, n_pages: range(1, (n_pages or 1) + 1), pool).read_in_order())


def list_children() -> list[psutil.Process]:
    """Return the child processes that read: not those in which multiprocessing keeps its accounts."""
    return [child for child in psutil.Process().children(recursive=True) if "spawn_main" in " ".join(child.cmdline())]


def test_own_process_reads_at_once(tmp_path: Path) -> None:
    (source,) = write_pictures(tmp_path, "a.png")
    pool = OneProcess(Worker(Plan(), load_classifier()))
    job = Job(source)
    future = pool.submit(job)
    assert future.done()
    assert pool.collect(future, job).record["numbers"][0]["text"] == "4237"
    assert pool.most_pending == 1


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
        workers._initialize_worker(Plan(model="mine"), 1000000)
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
    ("container", "n_workers", "limit"),
    [
        ("max\n", 4, 4 << 30),
        ("8589934592\n", 2, 4 << 30),
        ("999999999999999\n", 2, 8 << 30),
        ("8589934592\n", 99, 1 << 30),
    ],
    ids=["no container's limit", "container's limit", "container larger than the machine", "many workers"],
)
def test_share_is_of_the_machine_or_of_its_container(
    container: str, n_workers: int, limit: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = pytest.importorskip("resource")
    limits: list[tuple[int, int]] = []
    (tmp_path / "memory.max").write_text(container)
    monkeypatch.setattr(workers, "_CONTAINER_LIMIT", tmp_path / "memory.max")
    monkeypatch.setattr("os.sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": (16 << 30) // 4096}.__getitem__)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (-1, -1))
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: limits.append(pair))
    assert limit_memory(n_workers) == limit
    monkeypatch.setattr(resource, "getrlimit", lambda _: (-1, 2**29))  # nobody may raise what the system set
    limit_memory(n_workers)
    assert limits == [(limit, -1), (2**29, 2**29)]


@pytest.mark.parametrize(("code", "text"), [(3, "exit code 3"), (-11, "SIGSEGV"), (-99, "signal 99")])
def test_exit_code_is_named(code: int, text: str) -> None:
    assert workers._format_exit(code) == text


@pytest.mark.slow
def test_idle_worker_that_is_ended_from_outside_is_replaced(tmp_path: Path) -> None:
    first, second = write_pictures(tmp_path, "a.png", "b.png")
    with start_processes(Plan(), 1, 30) as pool:
        assert next(PageScheduler([first], lambda *_: [1], pool).read()).record["status"] == "ok"
        for child in list_children():
            child.kill()  # not waited for: it is multiprocessing that must see it end
        deadline = time.monotonic() + 60
        while pool._pool.active and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [o.record["status"] for o in PageScheduler([second], lambda *_: [1], pool).read()] == ["ok"]
    assert list_children() == []
