"""The HTTP API under load: many clients send pictures without a pause: `python -m tests.bench api`.

Each client sends the samples, a photo of 12 megapixels, a text and half a picture in turn, and waits as long as a 503
says. What is read is compared with what the same worker processes read without HTTP, which is timed in the same run.
Memory is the sum of the proportional set sizes of the server and its workers. Linux only, as it looks into /proc.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import cycle, islice
from pathlib import Path
from time import monotonic, perf_counter, sleep

import cv2

from pipeline.batch.jobs import Job, Outcome, Plan
from pipeline.batch.process_pool import start_processes
from pipeline.batch.sources import Source
from pipeline.outputs.records import Record
from tests.bench.bench_batch import PHOTO_PX, read_pss
from tests.bench.batches import find_session, list_samples, running

_START_S, _BARE_S = 60.0, 10.0
"""How long the server may take to start; how long the workers are timed without HTTP."""

_LONGEST_S = 120.0
"""How long a client waits for an answer before it counts as lost."""


@dataclass
class Load:
    """What the clients send, and what they have seen.

    Attributes
    ----------
    port : of the server
    uploads, expected : what is sent, and the texts that are to be read in it, by name
    statuses : answers by HTTP status
    seconds : of the answers, refusals left out
    lost, different : a line for each request without an answer, and for each answer that is not as expected
    """

    port: int
    uploads: Mapping[str, bytes]
    expected: Mapping[str, list[str]]
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)

    def run_clients(load: Load, n_clients: int, seconds: float, server: int) -> list[float]:
    """Let the clients send for some seconds; return the memory of the server and its workers meanwhile, in MB."""
    clients = [threading.Thread(target=load.send_all, args=(seconds, n)) for n in range(n_clients)]
    for client in clients:
        client.start()
    memory = []
    while any(client.is_alive() for client in clients):
        memory.append(measure_memory(server))
        sleep(0.5)
    return memory


def measure_memory(server: int) -> float:
    """Return the memory of the server and its workers together, in MB."""
    return sum(map(read_pss, find_session(server))) / 1e6


def put_under_load(n_clients: int, seconds: float, n_workers: int, where: Path) -> int:
    """Run the load, print its figures, and return 1 if an answer was lost or another one than expected, else 0."""
    uploads = make_uploads()
    bare, expected = read_bare(uploads, n_workers)
    with serving(where, n_workers) as (server, port):
        run_clients(Load(port, uploads, expected), n_workers, 3, server.pid)  # so that every worker has its model
        load, begun_s = Load(port, uploads, expected), perf_counter()
        before = measure_memory(server.pid)
        memory = run_clients(load, n_clients, seconds, server.pid)
        took_s, after = perf_counter() - begun_s, measure_memory(server.pid)
        server.send_signal(signal.SIGTERM)
        code = server.wait(_START_S)
    print(f"{n_clients} clients, {n_workers} workers, {took_s:.0f} s")
    print_answers(load, took_s, bare)
    half = len(memory) // 2
    peaks = f"peak of the first half {max(memory[:half]):.0f}, of the second {max(memory[half:]):.0f}"
    print(f"memory, MB: before {before:.0f}, {peaks}, after {after:.0f}; exit code after SIGTERM: {code}")
    for line in (*load.lost[:10], *load.different[:10]):
        print(line, file=sys.stderr)
    return 1 if load.lost or load.different or code else 0


def print_answers(load: Load, took_s: float, bare: float) -> None:
    """Print how many requests were answered, how, and how fast, beside the workers' pages a second without HTTP."""
    n_answered = len(load.seconds)
    statuses = ", ".join(f"{n} of {status}" for status, n in sorted(load.statuses.items()))
    print(f"answered {n_answered}, refused {load.statuses[503]}, lost {len(load.lost)} ({statuses})")
    print(f"answers that differ from what is read without HTTP: {len(load.different)}")
    if n_answered:
        slow = sorted(load.seconds)[-max(1, n_answered // 20)]
        print(f"seconds for an answer: median {statistics.median(load.seconds):.2f}, 95 % under {slow:.2f}")
    rate = n_answered / took_s
    print(f"answers a second {rate:.1f}; pages a second of the workers alone {bare:.1f}; ratio {rate / bare:.2f}")


def main(argv: list[str] | None = None) -> int:
    """Put a server under load."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench api", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seconds", type=float, default=60, metavar="S", help="how long clients send (%(default)s)")
    parser.add_argument("--clients", type=int, default=20, metavar="N", help="that send at once (%(default)s)")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="processes that read (%(default)s)")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as scratch:
        return put_under_load(args.clients, args.seconds, args.workers, Path(scratch))


if __name__ == "__main__":
    sys.exit(main())
