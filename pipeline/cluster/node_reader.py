"""What a node of the cluster does: it reads pages in worker processes of its own, as one machine does.

So a page that hangs, crashes or takes too much memory ends a process, not the node's reader, and its record is the one
that a single machine writes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from pipeline.batch.jobs import Job, Outcome, Plan
from pipeline.batch.process_pool import ManyProcesses, Pool
from pipeline.batch.scheduler import InputItem
from pipeline.batch.sources import STDIN, Source
from pipeline.errors import DigitsError
from pipeline.recognition.classify import hash_model
from pipeline.remote.addresses import is_address
from pipeline.version import __version__

StartNodePool: TypeAlias = Callable[[Plan, int, float, int], Pool]
"""As the constructor of `ManyProcesses`: the plan, workers, seconds that a page may take, pages known already."""


@dataclass(frozen=True, slots=True)
class NodeTask:
    """What each node is told at its start.

    Attributes
    ----------
    plan : what to do with every page
    timeout_s : seconds that a page may take
    folder : that relative paths start from, on every node
    probe : a file that is to be read, which the node must see; None where there is none on a disk
    """

    plan: Plan
    timeout_s: float
    folder: str
    probe: str | None = None


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What a node tells of itself once it is ready.

    Attributes
    ----------
    version, model_hash : of the program and the model that it reads with
    notes : what the user should know of the model
    sees_inputs : whether the probe is there
    """

    version: str
    model_hash: str
    notes: tuple[str, ...]
    sees_inputs: bool


class NodeReader:
    """Reads pages in worker processes of this node.

    Parameters
    ----------
    task : of the run
    n_workers : number of processes
    start_pool : makes the pool
    """

    def __init__(self, task: NodeTask, n_workers: int, start_pool: StartNodePool = ManyProcesses) -> None:
        self._task = task
        os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as for a batch; the processes inherit it
        if Path(task.folder).is_dir():
            os.chdir(task.folder)
        sys.modules["__main__"].__dict__.pop(
            "__file__", None
        )  # which each process would run: the start of a Ray worker
        self._pool = start_pool(task.plan, n_workers, task.timeout_s, n_workers)

    def prepare(self) -> NodeFacts | DigitsError:
        """Load the model; return what the node is, or why it cannot read."""
        probe = self._task.probe
        try:
            notes = self._pool.check_model()
            return NodeFacts(__version__, hash_model(self._task.plan.model), notes, probe is None or _exists(probe))
        except DigitsError as error:
            return error

    def read(self, job: Job) -> Outcome | DigitsError:
        """Return the outcome of a job, or the error that ends the run: a model or an output that fails."""
        try:
            return self._pool.collect(self._pool.submit(job), job)
        except DigitsError as error:
            return error


def choose_probe(items: Sequence[InputItem]) -> str | None:
    """Return the path of a file on a disk, which each node must see; None where all lie elsewhere."""
    on_disk = (item.path for item in items if isinstance(item, Source) and item.path != STDIN)
    return next((path for path in on_disk if not is_address(path) and Path(path).exists()), None)


def _exists(path: str) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:
        return False
