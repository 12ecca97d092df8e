"""The plan for many pages: what a cluster takes for a million and a billion of them, by simulation.

Nodes read pages whose times are drawn from a distribution with the measured median and mean, bounded by the timeout. A
node is lost after a random time, and another one comes some minutes later; the pages that it had are read again. The
figures that go in are arguments with their sources; docs/scale.md holds what comes out, and a test compares the two.
"""

from __future__ import annotations

import argparse
import heapq
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

_HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class PageKind:
    """Pages of one kind: core-seconds that one takes, and bytes of its file."""

    name: str
    median_s: float
    mean_s: float
    n_bytes: int


@dataclass(frozen=True, slots=True)
class Cluster:
    """Machines: how many, their cores, price of a core-hour, mean hours until one is lost, minutes to the next."""

    name: str
    n_nodes: int
    n_cores: int
    price: float
    life_h: float = math.inf
    replace_min: float = 3.0
    timeout_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Result:
    """Of a simulation: seconds until the last page, share of the paid core time that read a page, pages read again."""

    makespan_s: float
    efficiency: float
    again_frac: float


KINDS = (
    PageKind("photos of 12 Mpx", 0.18, 0.18, 3_400_000),
    PageKind("mixed photos", 0.12, 0.44, 2_000_000),
)
"""README's speed on two cores: 11 photos/s; 0.12 s and 0.44 s a page over sets 2 and 3, whose files are smaller."""

CLUSTERS = (
    Cluster("no failure", 16, 8, 0.04),
    Cluster("a node lost every 500 h", 16, 8, 0.04, life_h=500.0),
    Cluster("spot, lost after 4 h", 16, 8, 0.013, life_h=4.0),
    Cluster("spot, lost after 0.5 h", 16, 8, 0.013, life_h=0.5),
)
"""Prices in dollars of a core-hour are assumptions of the order of public list prices: change them here."""

SIMULATED_PAGES = 200_000
RECORD_BYTES = 7_200
DRIVER_RATE = 880.0
"""Bytes of a page's record and pages a second of one driver: `python -m tests.bench cluster` prints them."""


def draw_times(kind: PageKind, n_pages: int, timeout_s: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return core-seconds of pages, log-normal with the kind's median and mean, at most the timeout."""
    sigma = math.sqrt(2 * math.log(max(1.0, kind.mean_s / kind.median_s)))
    return np.minimum(kind.median_s * np.exp(sigma * rng.standard_normal(n_pages)), timeout_s)


def simulate(kind: PageKind, cluster: Cluster, n_pages: int, rng: np.random.Generator) -> Result:
    """Return what a cluster takes for so many pages.

    The pages go out in order. A loss costs the time that was spent on the pages under way, which go out again, and the
    time until another node comes.
    """
    times = draw_times(kind, n_pages, cluster.timeout_s, rng)
    losses = [_Losses(cluster, rng) for _ in range(cluster.n_nodes)]
    free = [(0.0, node, core, 0) for node in range(cluster.n_nodes) for core in range(cluster.n_cores)]
    again: list[float] = []
    pages, n_again, end_s, busy_s = iter(times), 0, 0.0, 0.0
    while free:
        now_s, node, core, n_lost = heapq.heappop(free)
        page_s = again.pop() if again else next(pages, None)
        if page_s is None:
            break
        if now_s + page_s > (lost_s := losses[node].find(n_lost)):
            n_again += 1
            again.append(page_s)
            heapq.heappush(free, (lost_s + 60 * cluster.replace_min, node, core, n_lost + 1))
            continue
        busy_s += page_s
        end_s = max(end_s, now_s + page_s)
        heapq.heappush(free, (now_s + page_s, node, core, n_lost))
    n_all = cluster.n_nodes * cluster.n_cores
    return Result(end_s, busy_s / (end_s * n_all), n_again / n_pages)


class _Losses:
    """When a node, and those that take its place, are lost."""

    def __init__(self, cluster: Cluster, rng: np.random.Generator) -> None:
        self._cluster, self._rng = cluster, rng
        self._times: list[float] = []

    def find(self, number: int) -> float:
        """Return the seconds from the start at which the loss of this number, from 0, happens."""
        if math.isinf(self._cluster.life_h):
            return math.inf
        while len(self._times) <= number:
            start_s = self._times[-1] + 60 * self._cluster.replace_min if self._times else 0.0
            self._times.append(start_s + self._rng.exponential(self._cluster.life_h * _HOUR_S))
        return self._times[number]


def format_rows(kind: PageKind, n_pages: int, seed: int) -> Iterator[str]:
    """Yield a row of the plan for each cluster: hours, cost, efficiency, pages read again; scaled from fewer pages."""
    for cluster in CLUSTERS:
        result = simulate(kind, cluster, SIMULATED_PAGES, np.random.default_rng(seed))
        core_h = n_pages * _mean_s(kind, cluster) / result.efficiency / _HOUR_S
        n_cores = cluster.n_nodes * cluster.n_cores
        yield (
            f"| {kind.name} | {cluster.name} | {core_h:,.0f} | {core_h / n_cores:,.1f} | {core_h * cluster.price:,.0f} "
            f"| {100 * result.efficiency:.1f} | {100 * result.again_frac:.2f} |"
        )


def _mean_s(kind: PageKind, cluster: Cluster) -> float:
    return float(draw_times(kind, SIMULATED_PAGES, cluster.timeout_s, np.random.default_rng(0)).mean())


def format_tail(kind: PageKind, timeouts_s: tuple[float, ...], seed: int) -> Iterator[str]:
    """Yield a row for each timeout: what the slowest pages of a short run cost."""
    for timeout_s in timeouts_s:
        cluster = replace(CLUSTERS[0], timeout_s=timeout_s)
        result = simulate(kind, cluster, 20_000, np.random.default_rng(seed))
        yield f"| {timeout_s:g} | {result.makespan_s:.0f} | {100 * result.efficiency:.1f} |"


def format_needs(kind: PageKind, n_cores: int) -> str:
    """Return a row of what so many cores need: bytes a second of the bucket and of records, drivers; days, dollars."""
    rate = n_cores / kind.mean_s
    days = 1e9 / rate / 24 / _HOUR_S
    cells = (f"{rate:,.0f}", f"{rate * kind.n_bytes / 1e6:,.0f}", f"{rate * RECORD_BYTES / 1e6:.1f}")
    cells += (f"{math.ceil(rate / DRIVER_RATE)}", f"{days:,.1f}", f"{days * 24 * n_cores * CLUSTERS[0].price:,.0f}")
    return f"| {kind.name} | {n_cores:,} | {' | '.join(cells)} |"


def list_lines(seed: int = 0) -> list[str]:
    """Return the tables of docs/scale.md, line by line."""
    first, second, last = (
        "| a million pages | machines | core-hours | hours | dollars | busy % | again % |",
        "| timeout, s | seconds for 20,000 pages | busy % |",
        "| a billion pages | cores | pages/s | MB/s read | MB/s of records | drivers | days | dollars |",
    )
    return [
        *(first, _rule(first), *(row for kind in KINDS for row in format_rows(kind, 1_000_000, seed)), ""),
        *(second, _rule(second), *format_tail(KINDS[1], (10.0, 60.0, 600.0), seed), ""),
        *(last, _rule(last), *(format_needs(kind, n_cores) for kind in KINDS for n_cores in (128, 1024, 8192))),
    ]


def _rule(heads: str) -> str:
    return "|" + "---|" * (heads.count("|") - 1)


def main(argv: list[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench scale", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the random numbers (%(default)s)")
    print(*list_lines(parser.parse_args(argv).seed), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
