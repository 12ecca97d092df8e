"""Files that are read badly, by their names: for tests of what a batch survives. `read` stands for the workers' own."""

from __future__ import annotations

import ctypes
import os
import time
from pathlib import Path

import numpy as np

from pipeline.batch import page_worker as worker
from pipeline.batch import process_pool as workers
from pipeline.batch.jobs import Job, Outcome

_read, _analyze_page = workers.read_in_worker, worker.analyze_page


def read(job: Job) -> Outcome:
    """Hang, crash (over the first page or all), take all memory or be buggy where the file's name says so."""
    name = Path(job.source.path).name
    if name.startswith("hang"):
        time.sleep(600)
    if name.startswith("crash"):
        ctypes.string_at(0)
    if name.startswith("first") and job.number == 1 and not job.is_count_only:
        ctypes.string_at(0)
    if name.startswith("killed"):
        os.kill(os.getpid(), 9)
    if name.startswith("memory"):
        worker.analyze_page = lambda *_, **__: np.ones(2**40, np.uint8)
    elif name.startswith("bug"):
        worker.analyze_page = boom
    else:
        worker.analyze_page = _analyze_page
    return _read(job)


def boom(*_: object, **__: object) -> None:
    """Raise what no code foresees."""
    raise RuntimeError("boom")


def end_once(mark: Path) -> tuple[str, ...]:
    """End this process; the second time return."""
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), 9)
    return ("second",)
