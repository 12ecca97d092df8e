"""A batch run on a cluster: the run of one machine, with another pool."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pipeline.batch import run as batch
from pipeline.batch.jobs import Plan
from pipeline.batch.options import TIMEOUT_S, BatchOptions
from pipeline.batch.process_pool import count_cores
from pipeline.batch.scheduler import InputItem
from pipeline.cluster.node_pool import NodePool
from pipeline.cluster.node_reader import NodeTask, choose_probe
from pipeline.cluster.ray_nodes import RayCluster, connect
from pipeline.recognition.classify import hash_model
from pipeline.system.terminal import print_message


def run(options: BatchOptions) -> int:
    """Read everything that the options name on a cluster; return the exit code, as on one machine."""
    return batch.run(options, start_cluster)


@contextmanager
def start_cluster(options: BatchOptions, plan: Plan, items: Sequence[InputItem]) -> Iterator[NodePool]:
    """Yield a pool that reads on the nodes of the cluster."""
    task = NodeTask(plan, options.timeout_s or TIMEOUT_S, str(Path.cwd()), choose_probe(items))
    with connect(options.ray_address, options.n_workers or count_cores()):
        cluster = RayCluster(task, options.n_workers)
        pool = NodePool(cluster.find_new, hash_model(plan.model), lambda line: _warn(options, line))
        try:
            yield pool
        finally:
            pool.stop()


def _warn(options: BatchOptions, line: str) -> None:
    if not options.is_quiet:
        print_message(f"warning: {line}")
