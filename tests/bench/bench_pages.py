"""CPU seconds a page of folders of pictures, and those of another checkout of this project beside it.

Run as `python -m tests.bench pages FOLDER... [--against CHECKOUT] [--rounds N]`. Both read the same folder in turn with
one worker, so that a busy machine slows both alike; the ratio of the least CPU seconds of all rounds is the figure. The
seconds of starting are among them.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

TOP = Path(__file__).resolve().parents[2]
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Run:
    """CPU seconds of reading some folders, and the seconds of each page by its file, from its record."""

    cpu_s: float
    pages: dict[str, float]

    def describe(self) -> str:
        """Return the mean of the CPU seconds, and the median and the slowest of the pages' own seconds."""
        if not self.pages:
            return "no pages"
        slowest = max(self.pages, key=self.pages.__getitem__)
        return (
            f"{len(self.pages)} pages, {self.cpu_s / len(self.pages):.3f} CPU s a page; of reading alone median "
            f"{median(self.pages.values()):.3f} s, slowest {self.pages[slowest]:.2f} s ({Path(slowest).name})"
        )


def read_folders(checkout: Path, folders: list[Path], workers: int = 1) -> Run:
    """Return the times of reading folders with a checkout's own program."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "run_pipeline.py", *map(str, folders), "--format", "jsonl", "-q"]
    command += ["--workers", str(workers), "--timeout", "600"]
    environment = os.environ | _ONE_THREAD | {"PYTHONPATH": str(checkout)}
    done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode > 1:
        sys.exit(f"error: {checkout}: {done.stderr.strip()}")
    records = map(json.loads, done.stdout.splitlines())
    pages = {f"{one['file']} {one['page']}": one["seconds"]["total"] for one in records if one.get("seconds")}
    return Run(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, pages)


def main(argv: list[str] | None = None) -> None:
    """Print what both checkouts take."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench pages", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="another checkout, read in turn with this one")
    parser.add_argument("--rounds", type=int, default=1, metavar="N", help="(%(default)s)")
    args = parser.parse_args(argv)
    folders = [folder.resolve() for folder in args.folders]
    checkouts = [TOP, *([args.against.resolve()] if args.against else [])]
    best: dict[Path, Run] = {}
    for _ in range(args.rounds):
        for checkout in checkouts:
            run = read_folders(checkout, folders)
            best[checkout] = min(run, best.get(checkout, run), key=lambda one: one.cpu_s)
    for name, checkout in zip(("this", "other"), checkouts, strict=False):
        print(f"{name:6}{best[checkout].describe()}")
    if args.against:
        print(f"ratio of the CPU seconds: {best[TOP].cpu_s / best[checkouts[1]].cpu_s:.2f}")
