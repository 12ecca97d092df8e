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
from tests.bench.batches import find_session, list_samples, running
from tests.bench.bench_batch import PHOTO_PX, read_pss

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

    def send_all(self, seconds: float, first: int) -> None:
        """Send one upload after the other, from number `first` on, for some seconds, and count the answers."""
        until_s = monotonic() + seconds
        connection = HTTPConnection("127.0.0.1", self.port, timeout=_LONGEST_S)
        for name, raw in islice(cycle(self.uploads.items()), first, None):
            if monotonic() > until_s:
                break
            begun_s = perf_counter()
            try:
                connection.request("POST", "/read", raw)
                answer = connection.getresponse()
                body = json.loads(answer.read())
            except (OSError, HTTPException, ValueError) as error:
                self.lost.append(f"{name}: {type(error).__name__}: {error}")
                connection.close()
                continue
            self.statuses[answer.status] += 1
            if answer.status == 503:
                sleep(float(answer.headers["Retry-After"]))
                continue
            self.seconds.append(perf_counter() - begun_s)
            self._compare(name, answer.status, list_texts(body if isinstance(body, list) else [body]))
        connection.close()

    def _compare(self, name: str, status: int, texts: list[str]) -> None:
        if texts != self.expected[name]:
            self.different.append(f"{name}: {status} {' '.join(texts)}, not {' '.join(self.expected[name])}")


def make_uploads() -> dict[str, bytes]:
    """Return what is sent, by name: pictures, and two files that cannot be read."""
    uploads = {path.name: path.read_bytes() for path in list_samples()}
    first = next(iter(uploads.values()))
    photo = cv2.resize(cv2.imread(str(list_samples()[-1])), PHOTO_PX, interpolation=cv2.INTER_CUBIC)
    return {
        **uploads,
        "photo.jpg": cv2.imencode(".jpg", photo)[1].tobytes(),
        "letter.jpg": b"I am a letter, not a photo.",
        "half.jpg": first[: len(first) // 2],
    }


def list_texts(records: Sequence[Record]) -> list[str]:
    """Return the numbers of all pages, or the codes of the errors of pages that failed."""
    return [n["text"] for r in records for n in r["numbers"]] or [r["error"]["code"] for r in records if r["error"]]


def read_bare(uploads: Mapping[str, bytes], n_workers: int) -> tuple[float, dict[str, list[str]]]:
    """Return the pages a second of the worker processes alone, and what they read in each upload."""
    texts: dict[str, list[str]] = {}
    with start_processes(Plan(), n_workers, _LONGEST_S, n_workers) as pool:
        jobs = (Job(Source(name, name), raw=raw) for name, raw in cycle(uploads.items()))
        for future in [pool.submit(next(jobs)) for _ in range(n_workers)]:  # before the clock starts: it loads models
            future.result()
        start, n_read = perf_counter(), 0
        pending: dict[Future[Outcome], Job] = {}
        while pending or not n_read:
            while len(pending) < pool.most_pending and (n_read < len(uploads) or perf_counter() - start < _BARE_S):
                job = next(jobs)
                pending[pool.submit(job)] = job
            for future in wait(pending, return_when=FIRST_COMPLETED).done:
                texts[pending.pop(future).source.path] = list_texts([future.result().record])
                n_read += 1
        return n_read / (perf_counter() - start), texts


@contextmanager
def serving(where: Path, n_workers: int) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Yield a running server and its port.

    Raises
    ------
    RuntimeError
        If it does not start.
    """
    log = where / "server.log"
    with running(where, "--api", "--port", "0", "--workers", str(n_workers), log=log) as server:
        until_s = monotonic() + _START_S
        while not (found := re.search(r"http://127\.0\.0\.1:(\d+)", log.read_text("utf-8"))):
            if server.poll() is not None or monotonic() > until_s:
                raise RuntimeError(f"the server did not start:\n{log.read_text('utf-8')}")
            sleep(0.05)
        yield server, int(found[1])


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
        took_s, after, own = perf_counter() - begun_s, measure_memory(server.pid), read_pss(server.pid) / 1e6
        server.send_signal(signal.SIGTERM)
        code = server.wait(_START_S)
    print(f"{n_clients} clients, {n_workers} workers, {took_s:.0f} s")
    print_answers(load, took_s, bare)
    half = len(memory) // 2
    peaks = f"peak of the first half {max(memory[:half]):.0f}, of the second {max(memory[half:]):.0f}"
    print(f"memory, MB: before {before:.0f}, {peaks}, after {after:.0f}, of which {own:.0f} without the workers")
    print(f"exit code after SIGTERM: {code}")
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
