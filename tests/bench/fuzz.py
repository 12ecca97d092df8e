"""Fuzzes the parsers of what comes from outside: `python -m tests.bench fuzz --seconds 60 [--target NAME]`.

Where atheris is installed (with the extra `dev`, under Linux), inputs that reach new branches are kept and changed
further; elsewhere whole inputs are changed at random. The project's own errors are expected; each other one is a
finding, whose input is saved. Prints its counts; exits with 1 if there is a finding.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.fuzz_targets import TARGETS, TOP

_SLOWEST_S = 10
_MOST_MEMORY_MB = 4096
_RESULT = "result.json"


class Tries:
    """Calls a target again and again, and counts; the first input of each kind of finding is saved.

    Parameters
    ----------
    call : the target, which takes bytes
    folder : for the inputs of findings
    seconds : how long
    """

    def __init__(self, call: Callable[[bytes], object], folder: Path, seconds: float) -> None:
        self._call, self._folder, self._until_s = call, folder, time.monotonic() + seconds
        self.n_tried = self.n_read = 0
        self.refused: Counter[str] = Counter()
        self.findings: dict[str, str] = {}

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self._until_s

    def try_one(self, raw: bytes) -> None:
        """Call the target with these bytes."""
        from pipeline.errors import DigitsError

        self.n_tried += 1
        try:
            self._call(raw)
            self.n_read += 1
        except DigitsError as error:
            self.refused[type(error).__name__] += 1
        except Exception as error:
            at = traceback.extract_tb(error.__traceback__)[-1]
            kind = f"{type(error).__name__} at {Path(at.filename).name}:{at.lineno}"
            if kind not in self.findings:
                path = self._folder / f"finding-{len(self.findings)}"
                path.write_bytes(raw)
                self.findings[kind] = f"{kind}: {str(error)[:200]}; input: {path}"

    def summarize(self) -> dict[str, Any]:
        """Return the counts and findings."""
        return {
            "tried": self.n_tried,
            "read": self.n_read,
            "refused": self.refused,
            "findings": [*self.findings.values()],
        }


def fuzz_in_this_process(name: str, folder: Path, seconds: float, seed: int) -> None:
    """Fuzz a target and write what is found to the folder; ends the process where atheris is installed."""
    target, scratch, seeds = TARGETS[name], folder / "scratch", folder / "seeds"
    scratch.mkdir()
    seeds.mkdir()
    if not _has_atheris():
        tries = Tries(target.prepare(scratch), folder, seconds)
        change_blindly(tries, target.make_seeds(), seed)
        (folder / _RESULT).write_text(json.dumps(tries.summarize()))
        return
    import atheris

    with atheris.instrument_imports(include=[*target.modules]):
        call = target.prepare(scratch)
    for n, raw in enumerate(target.make_seeds()):
        (seeds / str(n)).write_bytes(raw)
    tries = Tries(call, folder, seconds)

    def try_one(raw: bytes) -> None:
        tries.try_one(raw)
        if tries.is_over:
            (folder / _RESULT).write_text(json.dumps(tries.summarize()))
            os._exit(0)  # libFuzzer never returns

    limits = (f"-timeout={_SLOWEST_S}", f"-rss_limit_mb={_MOST_MEMORY_MB}", f"-max_len={target.longest}")
    options = (*limits, f"-seed={seed}", f"-artifact_prefix={folder}/", "-verbosity=0", "-close_fd_mask=1")
    atheris.Setup([sys.argv[0], *options, str(seeds)], try_one)
    atheris.Fuzz()


def _has_atheris() -> bool:
    return find_spec("atheris") is not None


def change_blindly(tries: Tries, whole: list[bytes], seed: int) -> None:
    """Change whole inputs at random until the time is up."""
    from tests.bench.mutate import mutate

    for raw in whole:
        tries.try_one(raw)
    n = 0
    while not tries.is_over:
        rng = np.random.default_rng([seed, n])
        tries.try_one(mutate("", whole[n % len(whole)], rng))
        n += 1


def fuzz(name: str, folder: Path, seconds: float, seed: int) -> list[str]:
    """Fuzz a target in a process of its own, print its counts and return the findings.

    Parameters
    ----------
    name : of the target
    folder : empty folder, in which the inputs of findings stay
    seconds : how long
    seed : of all chance
    """
    code = "from tests.bench.fuzz import fuzz_in_this_process as fuzz; from pathlib import Path; "
    code += f"fuzz({name!r}, Path({str(folder)!r}), {seconds}, {seed})"
    command = [sys.executable, "-c", code]
    longest_s = seconds + 60 + 2 * _SLOWEST_S
    try:
        done = subprocess.run(command, cwd=TOP, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=longest_s)
        said, how = done.stderr.decode(errors="replace"), f"exit code {done.returncode}"
    except subprocess.TimeoutExpired:
        said, how = "", f"more than {longest_s:.0f} s"
    result = folder / _RESULT
    if not result.exists():
        saved = [str(path) for path in folder.glob("*-*")]
        return [f"{name}: it ended the process or took too long ({how}): {said[-1500:]} {' '.join(saved)}"]
    found = json.loads(result.read_text())
    refused = ", ".join(f"{n:,} {error}" for error, n in sorted(found["refused"].items()))
    how = "" if _has_atheris() else " (at random: atheris is not installed)"
    print(
        f"{name}: {found['tried']:,} inputs in {seconds:g} s{how}: {found['read']:,} read; refused: {refused or 'none'}"
    )
    return [f"{name}: {line}" for line in found["findings"]]


def main(argv: list[str] | None = None) -> int:
    """Fuzz the targets one after the other; return 1 if there is a finding."""
    ask = argparse.ArgumentParser(prog="python -m tests.bench fuzz", description=(__doc__ or "").split("\n")[0])
    ask.add_argument("--seconds", type=float, default=60, metavar="S", help="for each target (%(default)s)")
    ask.add_argument("--target", choices=TARGETS, help="one of them; all where left out")
    ask.add_argument("--seed", type=int, default=1, help="of all chance (%(default)s)")
    ask.add_argument("--folder", type=Path, metavar="DIR", help="empty folder for the inputs of findings")
    chosen = ask.parse_args(argv)
    where = chosen.folder or Path(tempfile.mkdtemp(prefix="fuzz-"))
    findings = []
    for name in [chosen.target] if chosen.target else TARGETS:
        (where / name).mkdir(parents=True)
        findings += fuzz(name, where / name, chosen.seconds, chosen.seed)
    for line in findings:
        print(f"FINDING: {line}")
    print(f"{len(findings)} findings" if findings else "no findings")
    return 1 if findings else 0
