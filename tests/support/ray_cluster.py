"""A Ray cluster of two nodes on this machine, the program run on it, and a bucket of S3, for tests and benchmarks."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TOP = Path(__file__).resolve().parents[2]
_STORE_BYTES = 80 << 20
_POLL_S = 0.02


@contextmanager
def starting_cluster() -> Iterator[tuple[Any, Any]]:
    """Yield a cluster of two nodes of one core each, and the node that may be killed."""
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0"}
    from ray.cluster_utils import Cluster

    common = {"num_cpus": 1, "object_store_memory": _STORE_BYTES}
    cluster = Cluster()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # Ray 2.40 leaves the logs of its processes open
            cluster.add_node(**common, include_dashboard=False)
            node = cluster.add_node(**common)
        yield cluster, node
    finally:
        cluster.shutdown()


def start_program(where: Path, *words: str, **variables: str) -> subprocess.Popen[str]:
    """Start the program in a folder, with these words."""
    return subprocess.Popen(
        [sys.executable, str(TOP / "run_pipeline.py"), *words],
        cwd=where,
        env={**os.environ, "PYTHONPATH": str(TOP), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run_program(where: Path, *words: str, most_s: float = 600, **variables: str) -> tuple[int, str]:
    """Run the program to its end; return its exit code and all that it said. One that takes `most_s` is killed."""
    with start_program(where, *words, **variables) as run:
        try:
            said = run.communicate(timeout=most_s)[0]
        except subprocess.TimeoutExpired:
            run.kill()
            raise
        return run.returncode, said


def wait_for_pages(run: subprocess.Popen[str], journal: Path, n_pages: int) -> None:
    """Wait until so many pages are in the journal; AssertionError if the run ends before."""
    while not journal.exists() or journal.read_bytes().count(b"\n") < n_pages:
        assert run.poll() is None, run.communicate()[0]
        time.sleep(_POLL_S)


@contextmanager
def serving_bucket() -> Iterator[dict[str, str]]:
    """Yield the variables by which a program finds a server of S3 on this machine."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield {
            "FSSPEC_S3_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
    finally:
        server.stop()
