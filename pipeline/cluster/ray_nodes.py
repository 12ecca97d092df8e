"""The nodes of a Ray cluster: one actor on each, with as many worker processes as it was given cores."""

from __future__ import annotations

import logging
import os
import re
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from pipeline.batch.jobs import Job
from pipeline.batch.process_pool import ManyProcesses
from pipeline.cluster.node_pool import LostNodeError, Node
from pipeline.cluster.node_reader import NodeReader, NodeTask, StartNodePool
from pipeline.errors import ClusterError

_ray: Any = ray
"""Its types lack what actors take."""

_CALLS_PER_WORKER = 4
"""Calls that an actor has threads for: as many pages as the pool gives it, and one more."""

_CONNECT_S = 10.0
_IN_START = "creation task"
"""In the first line of Ray's message, where the reader of a node could not be made."""

_MOST_STARTS = 3
"""Of the reader on a node that stays: one that ends so often would end again."""

_STORE_BYTES = 100 << 20
"""Of the shared memory of a cluster that is started here: records are small, and pictures never pass through Ray."""

_QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
"""Nothing is reported to anybody, and what is no concern of a user is not warned of."""


class RayNode:
    """A node of the cluster and the actor on it; a `pipeline.cluster.node_pool.Node`."""

    def __init__(self, node_id: str, name: str, n_workers: int, task: NodeTask, start_pool: StartNodePool) -> None:
        self.name, self.n_workers = name, n_workers
        place = NodeAffinitySchedulingStrategy(node_id, soft=False)
        self.has_ended = False
        n_calls = _CALLS_PER_WORKER * n_workers
        kind = _ray.remote(num_cpus=n_workers, max_restarts=0, max_concurrency=n_calls, scheduling_strategy=place)
        self._actor: Any = kind(NodeReader).remote(task, n_workers, start_pool)

    def prepare(self, answer: Callable[[Any], None]) -> None:
        """Load the model on the node."""
        _answer(self._actor.prepare.remote(), answer)

    def read(self, job: Job, answer: Callable[[Any], None]) -> None:
        """Read a page on the node."""
        _answer(self._actor.read.remote(job), answer)

    def end(self) -> None:
        """End the actor: its node may only have been out of reach."""
        self.has_ended = True
        with suppress(RayError, ValueError):
            _ray.kill(self._actor)


def _answer(reference: Any, answer: Callable[[Any], None]) -> None:
    """Call `answer` once there is a result, the actor has ended, or has failed in a way that would come again."""

    def take(future: Any) -> None:
        try:
            answer(future.result())
        except BaseException as error:
            answer(explain_lost(error))

    reference.future().add_done_callback(take)


def explain_lost(error: BaseException) -> LostNodeError | ClusterError:
    """Return what an error of Ray means: the node is lost, or its reader cannot be started or has a bug."""
    lines = str(error).strip().splitlines() or [""]
    if isinstance(error, RayError) and not isinstance(error, RayTaskError) and _IN_START not in lines[0]:
        return LostNodeError(type(error).__name__)
    hint = "install the same version of this program on all nodes"
    return ClusterError(f"its reader failed ({lines[-1].strip()[:200]})", hint)


class RayCluster:
    """Finds the nodes of the cluster that this process is connected to.

    Parameters
    ----------
    task : of the run, for each node
    n_workers : processes on each node at most; None for one per core
    start_pool : makes the pool of each node
    """

    def __init__(self, task: NodeTask, n_workers: int | None, start_pool: StartNodePool = ManyProcesses) -> None:
        self._task, self._n_workers, self._start_pool = task, n_workers, start_pool
        self._known: dict[str, list[RayNode]] = {}  # by id: one for each time that its reader was started

    def find_new(self) -> list[Node]:
        """Return the nodes with cores that have come since the last call, and those whose reader has ended."""
        found: list[Node] = []
        for row in _ray.nodes():
            n_cores, node_id = int(row["Resources"].get("CPU", 0)), row["NodeID"]
            readers = self._known.setdefault(node_id, [])
            may_start = not readers or (readers[-1].has_ended and len(readers) < _MOST_STARTS)
            if row["Alive"] and n_cores and may_start:
                n_workers = min(n_cores, self._n_workers or n_cores)
                name = f"node {row['NodeManagerAddress']} ({node_id[:6]})"
                readers.append(RayNode(node_id, name, n_workers, self._task, self._start_pool))
                found.append(readers[-1])
        return found


@contextmanager
def connect(address: str | None, n_workers: int) -> Iterator[None]:
    """Connect to a cluster, or start one on this machine; the connection ends with the context.

    Parameters
    ----------
    address : of the cluster; None for that of the variable RAY_ADDRESS, or else for a new one of this machine alone
    n_workers : cores of a new one

    Raises
    ------
    ClusterError
        If it cannot be reached.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    place = address or os.environ.get("RAY_ADDRESS") or "local"
    _check_reachable(place)
    own = {"num_cpus": n_workers, "object_store_memory": _STORE_BYTES, "include_dashboard": False}
    before = signal.getsignal(signal.SIGTERM)
    try:
        _ray.init(place, logging_level=logging.ERROR, log_to_driver=False, **(own if place == "local" else {}))
    except (ConnectionError, RayError, RuntimeError, ValueError, OSError) as error:
        first = (str(error).splitlines() or [""])[0][:200]
        raise ClusterError(f"the cluster {place} cannot be reached ({first})") from error
    try:
        _keep_stdout_clean()
        if callable(before):
            signal.signal(signal.SIGTERM, before)  # Ray has one of its own, which would end a run without a word
        yield
    finally:
        _ray.shutdown()


def _check_reachable(address: str) -> None:
    """Raise ClusterError if nothing listens at HOST:PORT: Ray itself would try for minutes."""
    found = re.fullmatch(r"(?:ray://)?(.+):(\d+)", address)
    if not found:
        return
    try:
        socket.create_connection((found[1].strip("[]"), int(found[2])), _CONNECT_S).close()
    except (OSError, OverflowError) as error:
        raise ClusterError(f"the cluster {address} cannot be reached ({error})") from error


def _keep_stdout_clean() -> None:
    """Drop what Ray prints on stdout, such as the log of a node that was lost: results go there."""
    from ray._private import worker

    if hasattr(worker, "print_to_stdstream"):
        worker.print_to_stdstream = lambda *_, **__: None
