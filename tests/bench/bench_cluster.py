"""A Ray cluster of two nodes beside one machine, on the same cores, and what its driver can bear.

A thousand pages, 5 % of them bad, are read by two worker processes of one machine, by a cluster of two nodes with one
each, and by such a cluster whose second node is killed in the middle. The tables must be the same, row for row. Then
the driver alone is timed: pages that nodes answer at once, and records that the journal puts on the disk.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from concurrent.futures import Future
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter

import cv2

from pipeline.batch.jobs import Job, Outcome, Plan
from pipeline.batch.journal import Journal
from pipeline.batch.scheduler import PageScheduler
from pipeline.batch.sources import Source
from pipeline.cluster.node_pool import NodePool
from pipeline.cluster.node_reader import NodeTask
from pipeline.recognition.classify import hash_model
from tests.support.drawing import write_page
from tests.support.ray_cluster import run_program, start_program, starting_cluster, wait_for_pages

PAGE_PX = (827, 1169)
BAD_EVERY = 20
_GOAL = 1.25
_DIGIT_PX = 40


class NullPool:
    """Answers at once with the record that a page has: what is left is the work of the driver and of Ray."""

    most_pending = 1

    def __init__(self, *_: object) -> None:
        self._record = json.loads(Path("record.json").read_text("utf-8"))

    def check_model(self) -> tuple[str, ...]:
        """Return no notes."""
        return ()

    def submit(self, job: Job) -> Future[Outcome]:
        """Return a future that is done."""
        future: Future[Outcome] = Future()
        future.set_result(Outcome({**self._record, "file": job.source.path}, n_pages=1))
        return future

    def collect(self, future: Future[Outcome], job: Job) -> Outcome:
        """Return the record."""
        return future.result()


def draw_pages(folder: Path, n_pages: int) -> None:
    """Write pages of an A4 sheet at 100 dpi, 18 numbers each, every twentieth of them cut short or no picture."""
    drawn = []
    for n in range(10):
        rows = [f"{(n * 7919 + r * 104729) % 99991} {(n * 31 + r * 17) % 997} {r + n}" for r in range(6)]
        picture = write_page(*rows, size_px=PAGE_PX, height_px=_DIGIT_PX, pen_px=4)
        drawn.append(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes())
    folder.mkdir()
    for n, raw in enumerate(islice(cycle(drawn), n_pages)):
        is_bad = n % BAD_EVERY == BAD_EVERY - 1
        (folder / f"page{n}.jpg").write_bytes((raw[:200] if n % 40 == 39 else b"none") if is_bad else raw)


def time_one_machine(where: Path) -> float:
    """Return the seconds of a run with two workers."""
    return _time(where, "pages", "-o", "one.jsonl", "-o", "one.csv", "-o", "one.parquet", "--workers", "2")


def time_cluster(where: Path) -> float:
    """Return the seconds of a run on two nodes of one core, which are there already."""
    with starting_cluster() as (cluster, _):
        flags = ("--engine", "ray", "--ray-address", cluster.address)
        return _time(where, "pages", "-o", "two.jsonl", "-o", "two.csv", *flags)


def _time(where: Path, *words: str) -> float:
    start = perf_counter()
    code, said = run_program(where, *words)
    if code != 1:  # the bad pages
        raise RuntimeError(f"the run ended with {code}:\n{said}")
    return perf_counter() - start


def read_with_a_loss(where: Path, n_pages: int) -> str:
    """Return what a run said whose second node is killed once half of the pages are read."""
    with starting_cluster() as (cluster, node):
        words = ("pages", "-o", "lost.jsonl", "-o", "lost.csv", "--engine", "ray", "--ray-address", cluster.address)
        with start_program(where, *words) as run:
            wait_for_pages(run, where / "lost.jsonl", n_pages // 2)
            cluster.remove_node(node, allow_graceful=False)
            return run.communicate()[0]


def time_driver(where: Path, n_pages: int) -> float:
    """Return pages a second of scheduler, pool, Ray and an actor that answers at once."""
    from pipeline.cluster.ray_nodes import RayCluster, connect

    task = NodeTask(Plan(), 60.0, str(where))
    items = [Source(f"page{n}.jpg", f"page{n}") for n in range(n_pages)]
    with connect(None, 1):
        cluster = RayCluster(task, 1, NullPool)
        pool = NodePool(cluster.find_new, hash_model("digits"), print)
        try:
            pool.check_model()
            start = perf_counter()
            n = sum(1 for _ in PageScheduler(items, lambda *_: [1], pool).read())
            return n / (perf_counter() - start)
        finally:
            pool.stop()


def time_journal(where: Path, record: dict[str, object], n_pages: int) -> float:
    """Return records a second that a journal puts on this disk."""
    outcome = Outcome(dict(record), "page", 1, (1, 1))
    with Journal(where / "speed.jsonl", "mark", is_resumed=False) as journal:
        start = perf_counter()
        for n in range(n_pages):
            journal.add(replace(outcome, record={**record, "file": f"page{n}.jpg"}))
        return n_pages / (perf_counter() - start)


def measure(where: Path, n_pages: int) -> int:
    """Print times, ratios and sizes; return 1 if the tables differ, else 0."""
    draw_pages(where / "pages", n_pages)
    one_s, two_s = time_one_machine(where), time_cluster(where)
    print(f"{n_pages} pages of {PAGE_PX[0]}x{PAGE_PX[1]}, 1 of {BAD_EVERY} bad, two cores")
    print(f"one machine, two workers: {one_s:.1f} s, {n_pages / one_s:.1f} pages/s")
    print(f"Ray, two nodes of one core: {two_s:.1f} s, {n_pages / two_s:.1f} pages/s")
    print(f"ratio: {two_s / one_s:.2f} (goal: at most {_GOAL})")
    said = read_with_a_loss(where, n_pages)
    print(*(line for line in said.splitlines() if line.startswith("warning:")), sep="\n")
    tables = [(where / name).read_bytes() for name in ("one.csv", "two.csv", "lost.csv")]
    is_same = len(set(tables)) == 1
    print(f"tables of one machine, of the cluster, and of the one that lost a node: {'equal' if is_same else 'DIFFER'}")
    journal = (where / "one.jsonl").read_bytes().splitlines()
    n_bytes = sum((where / name).stat().st_size for name in ("one.parquet", "one.pages.parquet"))
    print(f"bytes a page: {sum(map(len, journal)) / n_pages:,.0f} in the journal, {n_bytes / n_pages:,.0f} in Parquet")
    return 0 if is_same else 1


def measure_driver(where: Path, n_pages: int) -> None:
    """Print what the driver alone can bear, with the record of a page of 18 numbers."""
    draw_pages(where / "single", 1)
    run_program(where, "single", "-o", "single.jsonl", "--workers", "1")
    record = json.loads((where / "single.jsonl").read_text("utf-8"))
    del record["journal"]
    (where / "record.json").write_text(json.dumps(record), "utf-8")
    print(f"a record: {len(json.dumps(record)):,} bytes")
    print(f"driver and Ray, one node that answers at once: {time_driver(where, n_pages):,.0f} pages/s")
    print(f"journal on this disk: {time_journal(where, record, n_pages):,.0f} records/s")


def main(argv: list[str] | None = None) -> int:
    """Measure, and compare the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench cluster", description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--pages", type=int, default=1000, metavar="N", help="of each run (%(default)s; 0: the driver alone)"
    )
    parser.add_argument("--driver-pages", type=int, default=3000, metavar="N", help="of the driver alone (%(default)s)")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as scratch:
        measure_driver(Path(scratch), args.driver_pages)
        return measure(Path(scratch), args.pages) if args.pages else 0


if __name__ == "__main__":
    sys.exit(main())
