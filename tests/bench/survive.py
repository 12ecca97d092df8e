"""A long run over good and bad files, and one that is killed again and again: `python -m tests.bench.survive`.

Each good page must be read as when its file is read alone, each bad file be reported once, with its reason; and a run
that was killed at random moments and resumed must end with the very same CSV as one that nobody disturbed. Exits with 1
if there is a fault. Linux only, as it looks into /proc for processes left behind.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from rich.progress import track

from tests.bench.batches import JOURNAL, console, find_session, read_journal, run_trial, running
from tests.bench.mixed_files import Expected, drop_own_keys, make_bad_files, make_good_files, write_mixed_files

_LONGEST_S = 3600.0
_ORPHANS_MAY_LIVE_S = 10.0
_FIRST_KILL_S = 0.1
_TIMEOUT_RANGE_S, _TIMEOUT_FACTOR = (4.0, 30.0), 10.0
"""A page may take so many times as long as the slowest file took alone: a busy machine is no fault of the program."""

PAGES, WHOLE, KILLED = "pages", "whole.csv", "killed.csv"


@dataclass(slots=True)
class Trial:
    """One trial: its folder, its files with kind and what must be reported of each, and the faults that were found."""

    where: Path
    files: dict[str, tuple[str, Expected]]
    flags: Sequence[str]
    faults: list[str] = field(default_factory=list)

    def count_failed(self) -> int:
        """Return how many pages are to fail."""
        return sum(isinstance(one, str) for _, expected in self.files.values() for one in expected.values())

    def start(self, output: str, *flags: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
        """Return a run, not yet begun, that writes to `output`."""
        log = self.where / f"{output}.log"
        return running(self.where, PAGES, "-o", output, *self.flags, *flags, log=log, is_faulty=True)

    def finish(self, output: str, *flags: str) -> float:
        """Run to the end; return the seconds that it took."""
        start = perf_counter()
        with self.start(output, *flags) as run:
            try:
                code = run.wait(_LONGEST_S)
            except subprocess.TimeoutExpired:
                code = None
        if code != 1:  # some inputs failed
            self.faults.append(f"{output}: exit code {code}, expected 1")
        return perf_counter() - start


def check_records(trial: Trial, output: str) -> None:
    """Compare the journal with what must be reported of every page; note the faults."""
    records: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in read_journal(trial.where / f"{output}{JOURNAL}"):
        records[record["file"]].append(record)
    for path in records.keys() - trial.files.keys():
        trial.faults.append(f"{output}: a record of {path!r}, which is none of the files")
    for path, (kind, expected) in trial.files.items():
        found = {None if None in expected else record["page"]: _condense(record) for record in records[path]}
        if len(records[path]) != len(expected) or found != expected:
            codes = [record["error"]["code"] if record["error"] else "ok" for record in records[path]]
            trial.faults.append(f"{output}: {path!r} ({kind}): {len(records[path])} records ({codes}), not as expected")


def _condense(record: dict[str, Any]) -> dict[str, Any] | str:
    """Return the code of a failure that has a reason, or the record of a page without what is its own."""
    error = record["error"]
    if error:
        return str(error["code"]) if error["message"] else "no reason"
    return drop_own_keys(record)


def check_table(trial: Trial, output: str) -> None:
    """Note the faults in the CSV: each failed page has one row, with a reason; each other page has rows, too."""
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    with (trial.where / output).open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        for row in csv.DictReader(file):
            is_failed = row["status"] == "failed"
            rows[row["file"]]["failed" if is_failed else row["page"]] += 1
            if is_failed and not row["reason"]:
                trial.faults.append(f"{output}: {row['file']!r} failed without a reason")
    for path, (kind, expected) in trial.files.items():
        n_failed = sum(isinstance(one, str) for one in expected.values())
        if rows[path]["failed"] != n_failed or len(rows[path].keys() - {"failed"}) != len(expected) - n_failed:
            trial.faults.append(f"{output}: {path!r} ({kind}) has rows {dict(rows[path])}")


def check_stderr(trial: Trial, output: str) -> None:
    """Note the faults on stderr: one line for each page that failed, and no traceback."""
    lines = (trial.where / f"{output}.log").read_text("utf-8", "replace").split("\n")
    n_errors = sum(line.startswith("error: ") for line in lines)
    if n_errors != trial.count_failed():
        trial.faults.append(f"{output}: {n_errors} lines of errors on stderr, expected {trial.count_failed()}")
    trial.faults += [f"{output}: on stderr: {line}" for line in lines if line.startswith("Traceback")]


def kill_and_resume(trial: Trial, n_kills: int, whole_s: float, rng: np.random.Generator) -> list[float]:
    """Kill runs at random moments, each resuming the one before, and then let one end; return the moments, s."""
    moments: list[float] = []
    longest = min(0.9 * whole_s, max(3.0, 2.5 * whole_s / n_kills))
    for _ in track(range(2 * n_kills), "killing", console=console, transient=True):
        moment = float(rng.uniform(_FIRST_KILL_S, longest))
        with trial.start(KILLED, "--resume") as run:
            try:
                run.wait(moment)
                longest = max(1.0, longest / 2)
                (trial.where / f"{KILLED}{JOURNAL}").unlink()  # it was over by then: from the beginning again
            except subprocess.TimeoutExpired:
                run.kill()
                moments.append(moment)
        _check_orphans(trial, run.pid)
        records = read_journal(trial.where / f"{KILLED}{JOURNAL}")
        read = Counter((r["file"], r["page"]) for r in records if r["status"] == "ok")
        twice = [page for page, n in read.items() if n > 1]
        trial.faults += [f"after a kill at {moment:.1f} s: two records of {page}" for page in twice]
        if len(moments) == n_kills:
            break
    trial.finish(KILLED, "--resume")
    return moments


def _check_orphans(trial: Trial, session: int) -> None:
    """Note the worker processes that outlive the run that started them."""
    end = perf_counter() + _ORPHANS_MAY_LIVE_S
    while (left := find_session(session)) and perf_counter() < end:
        time.sleep(0.1)
    if left:
        trial.faults.append(f"{len(left)} processes were left behind by a run that was killed")


def survive(where: Path, n_pages: int, n_kills: int, seed: int, n_samples: int) -> list[str]:
    """Return the faults; print what was checked.

    Parameters
    ----------
    where : empty folder
    n_pages, n_kills, seed : pages, how often to kill, and what all chance comes from
    n_samples : how many of the samples to read
    """
    rng = np.random.default_rng(seed)
    good = make_good_files(n_samples)
    timeout_s = float(np.clip(_TIMEOUT_FACTOR * max(one.seconds for one in good), *_TIMEOUT_RANGE_S))
    files = write_mixed_files(where / PAGES, good, make_bad_files(), n_pages, rng)
    trial = Trial(where, files, ("--timeout", f"{timeout_s:g}", "--workers", "2"))
    n_expected = sum(len(expected) for _, expected in files.values())
    print(f"{len(files)} files of {n_expected} pages, {trial.count_failed()} of them bad:")
    kinds = Counter(kind for kind, _ in files.values())
    print("  " + ", ".join(f"{n} {kind}" for kind, n in kinds.most_common()))
    with console.status("reading undisturbed"):
        whole_s = trial.finish(WHOLE)
    for check in (check_records, check_table, check_stderr):
        check(trial, WHOLE)
    print(f"undisturbed: {whole_s:.1f} s, up to {timeout_s:.1f} s for a page")
    print("every page was compared with its file read alone, every bad one with its reason")
    moments = kill_and_resume(trial, n_kills, whole_s, rng)
    check_records(trial, KILLED)
    is_same = (where / WHOLE).read_bytes() == (where / KILLED).read_bytes()
    if not is_same:
        trial.faults.append(f"{KILLED} is not {WHOLE}")
    if len(moments) < n_kills:
        trial.faults.append(f"only {len(moments)} runs were killed: the others were over by then")
    print(f"killed {len(moments)} times, after {', '.join(f'{moment:.1f}' for moment in moments)} s, and resumed")
    print(f"its CSV of {(where / KILLED).stat().st_size:,} bytes is {'the same' if is_same else 'ANOTHER ONE'}")
    drafts = [path.name for path in where.glob(".*.part")]
    print(f"drafts left behind by the kills: {len(drafts)}")
    return trial.faults


def main(argv: list[str] | None = None) -> int:
    """Run the trial; return 1 if there is a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.survive", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--pages", type=int, default=2000, metavar="N", help="pages (%(default)s)")
    parser.add_argument("--kills", type=int, default=10, metavar="N", help="how often to kill (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of all chance (%(default)s)")
    parser.add_argument("--samples", type=int, default=20, metavar="N", help="different pictures (%(default)s)")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="empty folder to work in, which is kept")
    args = parser.parse_args(argv)
    return run_trial(args.folder, lambda where: survive(where, args.pages, args.kills, args.seed, args.samples))


if __name__ == "__main__":
    sys.exit(main())
