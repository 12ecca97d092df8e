"""Attacks on the journal: damages, stops, double starts. `python -m tests.bench journal` prints its counts.

A run is stopped by a signal to itself, to a worker or to all of its processes, at any moment of its course. Whatever
happens to a journal, the run that resumes it must keep every record whose line is whole, end without a traceback, and
write the table of a run that nobody disturbed. Exits with 1 if there is a fault. Linux only, as it looks into /proc.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np
from rich.progress import Progress, track

from pipeline.batch import run
from pipeline.batch.journal_lines import decode_line
from pipeline.batch.page_worker import Worker
from pipeline.cli import main as read_digits
from pipeline.recognition.classify import load_classifier
from tests.bench.batches import JOURNAL, console, find_session, run_trial, running
from tests.support.drawing import write_page
from tests.support.one_process import OneProcess

N_FILES = 6
N_STOPPED_FILES = 40
"""Of the runs that are stopped: so many that reading them takes longer than starting."""

TABLE = "out.csv"
_LONGEST_S = 120.0
_ORPHANS_MAY_LIVE_S = 10.0
_MOST_TRIES = 3
_SIGNALS = {
    "the run is killed": ("SIGKILL", "run"),
    "a worker is killed": ("SIGKILL", "worker"),
    "all are killed": ("SIGKILL", "group"),
    "SIGTERM": ("SIGTERM", "run"),
    "SIGTERM to all": ("SIGTERM", "group"),
    "Ctrl-C": ("SIGINT", "group"),
    "the terminal closes": ("SIGHUP", "group"),
}
"""Ways to stop a run: the signal, and whether the run gets it, a worker of it, or all of its processes."""

_WORST_CODE = 2
"""A journal of which nothing is left is refused, with one line; everything else is resumed."""


@dataclass(slots=True)
class Attack:
    """The folder, what a run that nobody disturbs leaves in it, the faults that were found, and counts by outcome.

    Such a run reads `n_files` pictures in `whole_s` seconds, into the journal `whole` and the table `table`.
    """

    where: Path
    n_files: int
    whole: bytes = b""
    whole_s: float = 0.0
    table: bytes = b""
    faults: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def journal(self) -> Path:
        """Path of the journal."""
        return self.where / f"{TABLE}{JOURNAL}"

    def start(self, *flags: str, log: Path) -> AbstractContextManager[subprocess.Popen[bytes]]:
        """Return a run, not yet begun, over the folder's pictures."""
        return running(self.where, str(self.where / "in"), "-o", TABLE, "--workers", "1", *flags, log=log)

    def list_lines(self) -> set[bytes]:
        """Return the lines of the journal, and of those put aside, that are whole."""
        lines: set[bytes] = set()
        for path in self.where.glob(f"{TABLE}{JOURNAL}*"):
            lines |= {line.rstrip(b"\n") for line in path.read_bytes().splitlines() if decode_line(line)}
        return lines


def flip(raw: bytearray, rng: np.random.Generator) -> None:
    """Flip one to three bits."""
    for _ in range(rng.integers(1, 4)):
        raw[rng.integers(len(raw))] ^= 1 << int(rng.integers(8))


def cut(raw: bytearray, rng: np.random.Generator) -> None:
    """Drop the end."""
    del raw[rng.integers(1, len(raw)) :]


def drop(raw: bytearray, rng: np.random.Generator) -> None:
    """Drop a part in the middle."""
    start = int(rng.integers(1, len(raw)))
    del raw[start : start + int(rng.integers(1, 400))]


def blank(raw: bytearray, rng: np.random.Generator) -> None:
    """Overwrite a part with zeros, as a power cut does."""
    start = int(rng.integers(len(raw)))
    raw[start : start + 300] = bytes(len(raw[start : start + 300]))


def scramble(raw: bytearray, rng: np.random.Generator) -> None:
    """Overwrite a part with random bytes."""
    start = int(rng.integers(len(raw)))
    raw[start : start + 40] = rng.bytes(len(raw[start : start + 40]))


def repeat(raw: bytearray, rng: np.random.Generator) -> None:
    """Repeat a part."""
    start = int(rng.integers(len(raw)))
    raw[start:start] = raw[start : start + int(rng.integers(1, 2000))]


def insert(raw: bytearray, rng: np.random.Generator) -> None:
    """Insert a line that is JSON and no record."""
    strange = (b'{"schema": 1, "journal": {}}', b"[" * 50_000, b"{}", b"null", b"", b"9" * 9_000, b'"\\ud800"')
    at = raw.find(b"\n", int(rng.integers(len(raw)))) + 1
    raw[at:at] = strange[rng.integers(len(strange))] + b"\n"


def reorder(raw: bytearray, rng: np.random.Generator) -> None:
    """Shuffle the lines."""
    lines = raw.splitlines(keepends=True)
    raw[:] = b"".join(lines[n] for n in rng.permutation(len(lines)))


DAMAGES: tuple[Callable[[bytearray, np.random.Generator], None], ...] = (
    *(flip, cut, drop, blank, scramble, repeat, insert, reorder),
)


def damage_and_resume(attack: Attack, n_damages: int, rng: np.random.Generator) -> None:
    """Damage the journal of a finished run in every way, and resume it in this process."""
    classifier = load_classifier()
    run.start_processes = lambda plan, *_: nullcontext(OneProcess(Worker(plan, classifier)))  # type: ignore[assignment]
    for n in track(range(n_damages), "damaging", console=console, transient=True):
        damage = DAMAGES[n % len(DAMAGES)]
        raw = bytearray(attack.whole)
        for _ in range(rng.integers(1, 4)):
            damage(raw, rng)
        attack.journal.write_bytes(raw)
        kept = attack.list_lines()
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = read_digits([str(attack.where / "in"), "-o", str(attack.where / TABLE), "--resume"])
        name = f"{damage.__name__} {n}"
        if code == _WORST_CODE and not kept and attack.journal.read_bytes() == raw:
            attack.counts["refused, nothing of it being whole"] += 1
            continue
        attack.counts["resumed"] += 1
        _check(attack, name, code, err.getvalue(), kept)


def _check(attack: Attack, name: str, code: int | None, err: str, kept: set[bytes]) -> None:
    """Note the faults after a run on a journal in which these lines were whole."""
    if code != 0 or "Traceback" in err:
        attack.faults.append(f"{name}: exit code {code}: {err[-300:]}")
    _check_kept(attack, name, kept)
    if (attack.where / TABLE).read_bytes() != attack.table:
        attack.faults.append(f"{name}: another table")


def _check_kept(attack: Attack, name: str, kept: set[bytes]) -> None:
    """Note the pages whose records were whole and are gone."""
    before, now = _list_read(kept), _list_read(attack.list_lines())
    if lost := before - now:
        attack.faults.append(f"{name}: {len(lost)} records are lost")


def _list_read(lines: Iterable[bytes]) -> set[tuple[str, int]]:
    """Return the pages, as file and number, that these lines of journals say were read."""
    return {(r["file"], r["page"]) for r in map(decode_line, lines) if r and r["status"] == "ok"}


def stop_and_resume(attack: Attack, n_stops: int, rng: np.random.Generator) -> None:
    """Stop runs at random moments before their end, each resuming the one before or beginning anew; nothing is lost.

    A run that is over before its moment does not count: another one is tried.
    """
    attack.journal.unlink(missing_ok=True)
    n_hits, ways = 0, list(_SIGNALS)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("stopping", total=n_stops)
        for _ in range(_MOST_TRIES * n_stops):
            if n_hits < n_stops and _stop_one(attack, ways[n_hits % len(ways)], rng):
                n_hits += 1
                progress.advance(task)
    attack.counts["runs stopped before their end, in all"] = n_hits
    if n_hits < n_stops:
        attack.faults.append(f"only {n_hits} of {n_stops} runs were stopped before their end")
    log = attack.where / "last.log"
    with attack.start("--resume", log=log) as process:
        code = process.wait(_LONGEST_S)
    _check(attack, "after the stops", code, log.read_text("utf-8", "replace"), set())


def _stop_one(attack: Attack, how: str, rng: np.random.Generator) -> bool:
    """Begin a run and stop it; return whether it was still going on at that moment.

    One that would find all pages done begins anew, so that most moments fall while pages are read.
    """
    kept, n_done, log = attack.list_lines(), _count_read(attack.journal), attack.where / "stop.log"
    is_resumed = n_done < attack.n_files and rng.random() < 0.8
    log.unlink(missing_ok=True)
    with attack.start(*(["--resume"] if is_resumed else []), log=log) as process:
        try:
            process.wait(float(rng.uniform(0, attack.whole_s)))
            attack.counts["over before the moment, not counted"] += 1
            is_hit = False
        except subprocess.TimeoutExpired:
            is_reading = _count_read(attack.journal) > (n_done if is_resumed else 0)
            is_hit = _send(how, process.pid)
            if is_hit:
                attack.counts[f"{how}, {'while pages were read' if is_reading else 'before the first page'}"] += 1
                _check_end(attack, how, process, log)
    _check_kept(attack, how, kept)
    if _count_read(attack.journal) == attack.n_files:  # those put aside hold nothing that this one lacks
        for old in attack.where.glob(f"{TABLE}{JOURNAL}.old*"):
            old.unlink()
    return is_hit


def _send(how: str, run: int) -> bool:
    """Send the signal of `how` to the run, its group or one of its workers; return whether there was one."""
    name, to = _SIGNALS[how]
    number = getattr(signal, name)  # Windows lacks some
    if to == "group":
        os.killpg(run, number)
        return True
    target = run if to == "run" else next(iter(_find_workers(run)), None)
    if target is None:
        return False
    try:
        os.kill(target, number)
    except ProcessLookupError:
        return False
    return True


def _find_workers(run: int) -> list[int]:
    """Return the processes of a run that read pages: all but itself and Python's tracker of semaphores."""
    found = []
    for one in find_session(run):
        with suppress(OSError):  # it has ended meanwhile
            if one != run and b"resource_tracker" not in Path(f"/proc/{one}/cmdline").read_bytes():
                found.append(one)
    return found


def _check_end(attack: Attack, how: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Note the faults of how a run ends that was sent a signal: its code, what it prints, and processes left."""
    try:
        code = process.wait(_LONGEST_S)
    except subprocess.TimeoutExpired:
        attack.faults.append(f"{how}: the run goes on for more than {_LONGEST_S:.0f} s")
        return
    err, number = log.read_text("utf-8", "replace"), getattr(signal, _SIGNALS[how][0])
    is_early = code == -signal.SIGINT  # Python itself had not come to our code
    if is_early:
        attack.counts[f"{how}, before the program's first line"] += 1
    if code not in ((0, 1) if how == "a worker is killed" else (0, 130, -number)):
        attack.faults.append(f"{how}: exit code {code}: {err[-300:]}")
    if "Traceback" in err and not is_early:
        attack.faults.append(f"{how}: {err[-600:]}")
    end = perf_counter() + _ORPHANS_MAY_LIVE_S
    while (left := find_session(process.pid)) and perf_counter() < end:
        time.sleep(0.05)
    if left:
        attack.faults.append(f"{how}: {len(left)} processes are left")


def _count_read(journal: Path) -> int:
    """Return how many pages a journal says were read."""
    return len(_list_read(journal.read_bytes().splitlines())) if journal.exists() else 0


def start_twice(attack: Attack, n_starts: int, rng: np.random.Generator) -> None:
    """Start two runs at once: one reads, the other is refused or comes after it; no record is lost."""
    for n in track(range(n_starts), "starting twice", console=console, transient=True):
        lines = attack.whole.splitlines(keepends=True)
        attack.journal.write_bytes(b"".join(lines[: rng.integers(len(lines) + 1)]))
        for old in attack.where.glob(f"{TABLE}{JOURNAL}.old*"):
            old.unlink()
        kept = attack.list_lines()
        resumes = [["--resume"] if rng.random() < 0.5 else [] for _ in range(2)]
        logs = [attack.where / f"start{k}.log" for k in range(2)]
        for log in logs:
            log.unlink(missing_ok=True)
        with (
            attack.start(*resumes[0], log=logs[0]) as first,
            attack.start(*resumes[1], log=logs[1]) as second,
        ):
            codes = sorted([first.wait(_LONGEST_S), second.wait(_LONGEST_S)])
        err = "".join(log.read_text("utf-8", "replace") for log in logs)
        attack.counts["one of two starts was refused" if codes == [0, 2] else f"two starts ended with {codes}"] += 1
        if codes not in ([0, 2], [0, 0]):
            attack.faults.append(f"start {n}: exit codes {codes}: {err[-300:]}")
        _check(attack, f"start {n}", codes[0], err, kept)


def prepare(where: Path, n_files: int) -> Attack:
    """Return the attack on a folder, with its pictures written and read once by a run that nobody disturbs."""
    trial = Attack(where, n_files)
    (where / "in").mkdir(parents=True)
    for n in range(n_files):
        cv2.imwrite(str(where / "in" / f"p{n}.png"), write_page(str(4230 + n)))
    start = perf_counter()
    with trial.start(log=where / "whole.log") as process:
        if process.wait(_LONGEST_S) != 0:
            trial.faults.append("the run that nobody disturbs failed")
            return trial
    trial.whole_s = perf_counter() - start
    trial.whole, trial.table = trial.journal.read_bytes(), (where / TABLE).read_bytes()
    return trial


def attack(where: Path, n_damages: int, n_stops: int, n_starts: int, seed: int) -> list[str]:
    """Return the faults; print counts.

    Parameters
    ----------
    where : empty folder
    n_damages, n_stops, n_starts : how often to damage a journal, to stop a run before its end, to start two at once
    seed : of all chance
    """
    rng = np.random.default_rng(seed)
    small, long = prepare(where / "small", N_FILES), prepare(where / "long", N_STOPPED_FILES)
    if faults := small.faults + long.faults:
        return faults
    start_twice(small, n_starts, rng)
    stop_and_resume(long, n_stops, rng)
    damage_and_resume(small, n_damages, rng)
    print(f"a run of {N_STOPPED_FILES} pages takes {long.whole_s:.1f} s")
    for what, n in sorted((small.counts + long.counts).items()):
        print(f"{n:6,} {what}")
    return small.faults + long.faults


def main(argv: list[str] | None = None) -> int:
    """Run the attacks; return 1 if there is a fault."""
    ask = argparse.ArgumentParser(
        prog="python -m tests.bench.attack_journal", description=(__doc__ or "").split("\n")[0]
    )
    ask.add_argument("--damages", type=int, default=2000, metavar="N", help="damaged journals (%(default)s)")
    ask.add_argument("--kills", type=int, default=200, metavar="N", help="runs stopped before their end (%(default)s)")
    ask.add_argument("--starts", type=int, default=40, metavar="N", help="double starts (%(default)s)")
    ask.add_argument("--seed", type=int, default=1, help="of all chance (%(default)s)")
    ask.add_argument("--folder", type=Path, metavar="DIR", help="empty folder to work in, which is kept")
    chosen = ask.parse_args(argv)
    return run_trial(
        chosen.folder, lambda where: attack(where, chosen.damages, chosen.kills, chosen.starts, chosen.seed)
    )


if __name__ == "__main__":
    sys.exit(main())
