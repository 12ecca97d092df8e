"""Reads files damaged at random bytes or in their structure: `python -m tests.bench.mutate --files 3000 --seed 1`.

The run must neither crash nor hang past its timeout nor print a traceback, and each file must have one record, or one
for each of its pages. Mutant N depends on the seed and N alone. Exits with 1 if there is a fault.
"""

from __future__ import annotations

import argparse
import struct
import subprocess
import sys
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import cv2
import numpy as np
from rich.progress import track

from tests.bench.attack_inputs import attack
from tests.bench.batches import JOURNAL, console, encode, read_journal, run_trial, running
from tests.support.drawing import write_page
from tests.support.pdfs import make_pdf

_LONGEST_S = 3600.0
_HEAD_BYTES = 600
"""Where most formats say what they are: a greater share of the changes falls there."""

_HEAD_SHARE = 0.35

_MOST_CHANGES = 8
_ATTACK_SHARE = 0.4
_LONGEST_PIECE = 64
_MUTANTS, _OUTPUT = "mutants", "mutants.csv"
_OWN_WORDS = ("error: ", "results: ", "journal: ")
"""Begin lines on stderr that are the program's own; the rest of them tell how far it is, or of a file."""


def make_originals() -> list[tuple[str, bytes]]:
    """Return (ending, bytes) of whole files: small pages of numbers, in gray and in color, in several formats."""
    gray = [write_page("4207 19", "358", size_px=(320, 200)), write_page("66", size_px=(200, 120))]
    color = [cv2.applyColorMap(page, cv2.COLORMAP_BONE) for page in gray]
    endings = (".jpg", ".png", ".tif", ".pdf", ".heic", ".webp")
    encoded = [(ending, encode(pages, ending)) for ending in endings for pages in (gray, color)]
    return [
        *encoded,
        (".jpg", cv2.imencode(".jpg", color[0], [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()),
        (".webp", cv2.imencode(".webp", color[0], [cv2.IMWRITE_WEBP_QUALITY, 101])[1].tobytes()),  # lossless
        (".tif", cv2.imencode(".tif", color[0], [cv2.IMWRITE_TIFF_COMPRESSION, 1])[1].tobytes()),
        (".pdf", make_pdf(["0 g 20 20 100 80 re f", "0.5 g 0 0 90 90 re f"])),
    ]


def mutate(ending: str, raw: bytes, rng: np.random.Generator) -> bytes:
    """Return the file with one to a few changes: bytes set, bits flipped, pieces taken out, doubled or wiped.

    Some of the files have a change to their structure instead, or before the others.
    """
    is_attacked = rng.random() < _ATTACK_SHARE
    mutant = bytearray(attack(ending, raw, rng) if is_attacked else raw)
    n_changes = 0 if is_attacked and rng.random() < 0.7 else min(int(rng.geometric(0.5)), _MOST_CHANGES)
    for _ in range(n_changes):
        most = min(len(mutant), _HEAD_BYTES) if rng.random() < _HEAD_SHARE else len(mutant)
        at, n = int(rng.integers(most)), int(rng.integers(1, _LONGEST_PIECE))
        rng.choice(_CHANGES, p=_SHARES)(mutant, at, n, rng)  # type: ignore[arg-type]
        if len(mutant) < 2:
            break
    if ending == ".png" and (is_attacked or rng.random() < 0.7):
        _right_checksums(mutant)
    return bytes(mutant)


def _set_byte(mutant: bytearray, at: int, n: int, rng: np.random.Generator) -> None:
    mutant[at] = int(rng.choice([0, 1, 0x7F, 0x80, 0xFF, int(rng.integers(256))]))


def _flip_bit(mutant: bytearray, at: int, n: int, rng: np.random.Generator) -> None:
    mutant[at] ^= 1 << (n % 8)


def _take_out(mutant: bytearray, at: int, n: int, rng: np.random.Generator) -> None:
    del mutant[at : at + n]


def _double(mutant: bytearray, at: int, n: int, rng: np.random.Generator) -> None:
    mutant[at:at] = mutant[at : at + n]


def _wipe(mutant: bytearray, at: int, n: int, rng: np.random.Generator) -> None:
    mutant[at : at + n] = bytes([int(rng.choice([0, 0xFF]))]) * len(mutant[at : at + n])


def _break_off(mutant: bytearray, at: int, n: int, rng: np.random.Generator) -> None:
    del mutant[at:]


_Change = Callable[[bytearray, int, int, np.random.Generator], None]
_CHANGES: tuple[_Change, ...] = (_set_byte, _flip_bit, _take_out, _double, _wipe, _break_off)
_SHARES = (0.45, 0.37, 0.05, 0.04, 0.06, 0.03)


def _right_checksums(png: bytearray) -> None:
    """Make a PNG's checksums right, so that what was changed reaches the decoder."""
    at = 8
    while at + 12 <= len(png):
        end = at + 12 + struct.unpack_from(">I", png, at)[0]
        if end > len(png):
            return
        struct.pack_into(">I", png, end - 4, zlib.crc32(memoryview(png)[at + 4 : end - 4]))
        at = end


def write_mutants(folder: Path, n_files: int, seed: int) -> list[str]:
    """Write the mutants; return their paths as a run in the folder's parent spells them."""
    folder.mkdir()
    originals, paths = make_originals(), []
    for n in track(range(n_files), "mutating", console=console, transient=True):
        ending, raw = originals[n % len(originals)]
        path = folder / f"mutant-{n:05}{ending}"
        path.write_bytes(mutate(ending, raw, np.random.default_rng([seed, n])))
        paths.append(str(path.relative_to(folder.parent)))
    return paths


def read_mutants(where: Path, timeout_s: float) -> tuple[int | None, list[str]]:
    """Return the run's exit code, None if it had to be killed, and the lines on its stderr."""
    log = where / f"{_OUTPUT}.log"
    flags = ("--timeout", f"{timeout_s:g}", "--workers", "2")
    with console.status("reading the mutants"), running(where, _MUTANTS, "-o", _OUTPUT, *flags, log=log) as run:
        try:
            code = run.wait(_LONGEST_S)
        except subprocess.TimeoutExpired:
            code = None
    return code, log.read_text("utf-8", "replace").splitlines()


def check_records(records: list[dict[str, Any]], paths: list[str], timeout_s: float) -> list[str]:
    """Return the faults of the records."""
    faults, by_file = [], defaultdict(list)
    for record in records:
        by_file[record["file"]].append(record)
    for path in paths:
        found = by_file.pop(path, [])
        n_pages = max((record["journal"]["pages"] or 1 for record in found), default=1)
        given_up = [
            record["page"] for record in found if "were not tried" in (record["error"] or {}).get("message", "")
        ]
        n_pages = min([n_pages, *given_up])
        if sorted(record["page"] or 1 for record in found) != list(range(1, n_pages + 1)):
            faults.append(f"{path}: {len(found)} records, expected {n_pages}")
        for record in found:
            if record["error"] and (record["error"]["code"] == "bug" or not record["error"]["message"]):
                faults.append(f"{path}: {record['error']}")
            if record["seconds"].get("total", 0) > timeout_s:
                faults.append(f"{path}: took {record['seconds']['total']} s")
    return faults + [f"a record of {path}, which is none of the mutants" for path in by_file]


def try_mutants(where: Path, n_files: int, seed: int, timeout_s: float) -> list[str]:
    """Return the faults that were found; print what was checked.

    Parameters
    ----------
    where : empty folder
    n_files, seed : how many mutants, and what all chance comes from
    timeout_s : what a page may take
    """
    paths = write_mutants(where / _MUTANTS, n_files, seed)
    start = perf_counter()
    code, lines = read_mutants(where, timeout_s)
    records = read_journal(where / f"{_OUTPUT}{JOURNAL}")
    faults = check_records(records, paths, timeout_s)
    if code not in (0, 1):
        faults.append(f"exit code {code}, expected 0 or 1")
    faults += [f"on stderr: {line}" for line in lines if "Traceback" in line or "Error" in line.split(" ")[0]]
    others = [line for line in lines if not line.startswith(_OWN_WORDS)]
    endings = Counter(path.rpartition(".")[2] for path in paths)
    print(
        f"{n_files} files ({', '.join(f'{n} {ending}' for ending, n in endings.items())}), {len(records)} pages, ",
        end="",
    )
    print(f"{perf_counter() - start:.1f} s, exit code {code}")
    print_reasons(records)
    print(f"{len(others)} lines on stderr that are not of one file's error:", *others[-6:], sep="\n  ")
    return faults


def print_reasons(records: list[dict[str, Any]]) -> None:
    """Print how many pages of each format were read, and why the others were not."""
    by_ending: dict[str, Counter[str]] = defaultdict(Counter)
    for record in records:
        by_ending[record["file"].rpartition(".")[2]][record["error"]["code"] if record["error"] else "read"] += 1
    for ending, codes in sorted(by_ending.items()):
        print(f"  {ending}: " + ", ".join(f"{n} {code}" for code, n in codes.most_common()))


def main(argv: list[str] | None = None) -> int:
    """Run the trial; return 1 if there is a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.mutate", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--files", type=int, default=3000, metavar="N", help="files (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of all chance (%(default)s)")
    parser.add_argument("--timeout", type=float, default=20, metavar="S", help="what a page may take (%(default)s)")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="empty folder to work in, which is kept")
    args = parser.parse_args(argv)
    return run_trial(args.folder, lambda where: try_mutants(where, args.files, args.seed, args.timeout))


if __name__ == "__main__":
    sys.exit(main())
