"""Attacks on the journal: damages, kills, double starts. `python -m tests.bench journal` prints its counts.

Whatever happens to a journal, the run that resumes it must keep every record whose line is whole, end without a
traceback, and write the table of a run that nobody disturbed. Exits with 1 if there is a fault.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from rich.progress import track

from pipeline.batch import run
from pipeline.batch.journal_lines import decode_line
from pipeline.batch.page_worker import Worker
from pipeline.cli import main as read_digits
from pipeline.recognition.classify import load_classifier
from tests.bench.batches import JOURNAL, console, run_trial, running
from tests.support.drawing import write_page
from tests.support.one_process import OneProcess

N_FILES = 6
TABLE = "out.csv"
_LONGEST_S = 120.0
_WORST_CODE = 2
"""A journal of which nothing is left is refused, with one line; everything else is resumed."""


@dataclass(slots=True)
class Attack:
    """The folder, what a run that nobody disturbs leaves in it, the faults that were found, and counts by outcome."""

    where: Path
    whole: bytes = b""
    table: bytes = b""
    faults: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def journal(self) -> Path:
        """Path of the journal."""
        return self.where / f"{TABLE}{JOURNAL}"

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
    pages, before = (
        {(r["file"], r["page"]) for r in map(decode_line, lines) if r} for lines in (attack.list_lines(), kept)
    )
    if lost := before - pages:
        attack.faults.append(f"{name}: {len(lost)} records are lost")


def kill_and_resume(attack: Attack, n_kills: int, rng: np.random.Generator) -> None:
    """Kill runs at random moments, each resuming the one before or beginning anew; nothing that was read is lost."""
    log = attack.where / "kills.log"
    attack.journal.unlink(missing_ok=True)
    longest_s = 2.0
    for n in track(range(n_kills), "killing", console=console, transient=True):
        kept = attack.list_lines()
        resumes = ["--resume"] if rng.random() < 0.8 else []
        with running(
            attack.where, str(attack.where / "in"), "-o", TABLE, "--workers", "1", *resumes, log=log
        ) as process:
            try:
                process.wait(float(rng.uniform(0.1, longest_s)))
                attack.counts["was over before the kill"] += 1
            except subprocess.TimeoutExpired:
                process.kill()
                attack.counts["killed"] += 1
        _check_kept(attack, f"kill {n}", kept)
    with running(attack.where, str(attack.where / "in"), "-o", TABLE, "--workers", "1", "--resume", log=log) as process:
        code = process.wait(_LONGEST_S)
    _check(attack, "after the kills", code, log.read_text("utf-8", "replace"), set())


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
        command = (str(attack.where / "in"), "-o", TABLE, "--workers", "1")
        with (
            running(attack.where, *command, *resumes[0], log=logs[0]) as first,
            running(attack.where, *command, *resumes[1], log=logs[1]) as second,
        ):
            codes = sorted([first.wait(_LONGEST_S), second.wait(_LONGEST_S)])
        err = "".join(log.read_text("utf-8", "replace") for log in logs)
        attack.counts["one of two starts was refused" if codes == [0, 2] else f"two starts ended with {codes}"] += 1
        if codes not in ([0, 2], [0, 0]):
            attack.faults.append(f"start {n}: exit codes {codes}: {err[-300:]}")
        _check(attack, f"start {n}", codes[0], err, kept)


def attack(where: Path, n_damages: int, n_kills: int, n_starts: int, seed: int) -> list[str]:
    """Return the faults; print counts.

    Parameters
    ----------
    where : empty folder
    n_damages, n_kills, n_starts : how often to damage a journal, to kill a run, to start two at once
    seed : of all chance
    """
    rng = np.random.default_rng(seed)
    (where / "in").mkdir()
    for n in range(N_FILES):
        cv2.imwrite(str(where / "in" / f"p{n}.png"), write_page(str(4230 + n)))
    trial = Attack(where)
    with running(where, str(where / "in"), "-o", TABLE, "--workers", "1", log=where / "whole.log") as process:
        if process.wait(_LONGEST_S) != 0:
            return ["the run that nobody disturbs failed"]
    trial.whole, trial.table = trial.journal.read_bytes(), (where / TABLE).read_bytes()
    start_twice(trial, n_starts, rng)
    kill_and_resume(trial, n_kills, rng)
    damage_and_resume(trial, n_damages, rng)
    for what, n in sorted(trial.counts.items()):
        print(f"{n:6,} {what}")
    return trial.faults


def main(argv: list[str] | None = None) -> int:
    """Run the attacks; return 1 if there is a fault."""
    ask = argparse.ArgumentParser(
        prog="python -m tests.bench.attack_journal", description=(__doc__ or "").split("\n")[0]
    )
    ask.add_argument("--damages", type=int, default=2000, metavar="N", help="damaged journals (%(default)s)")
    ask.add_argument("--kills", type=int, default=200, metavar="N", help="kills at random moments (%(default)s)")
    ask.add_argument("--starts", type=int, default=40, metavar="N", help="double starts (%(default)s)")
    ask.add_argument("--seed", type=int, default=1, help="of all chance (%(default)s)")
    ask.add_argument("--folder", type=Path, metavar="DIR", help="empty folder to work in, which is kept")
    chosen = ask.parse_args(argv)
    return run_trial(
        chosen.folder, lambda where: attack(where, chosen.damages, chosen.kills, chosen.starts, chosen.seed)
    )


if __name__ == "__main__":
    sys.exit(main())
