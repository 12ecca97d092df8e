"""What the programs that try or time whole batches share: pictures in every format, runs, and what these leave."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console

from pipeline.batch.journal_lines import decode_line

TOP = Path(__file__).resolve().parents[2]
SCAN_DPI = 300
console = Console(stderr=True)

_RUN = "from pipeline.cli import main; raise SystemExit(main())"
_FAULTY_RUN = (
    "from pipeline.batch import process_pool; from tests.support import faults; "
    f"process_pool.read_in_worker = faults.read; {_RUN}"
)
"""Files called hang..., crash... and so on do that."""

JOURNAL = ".journal.jsonl"


def encode(pictures: Sequence[NDArray[np.uint8]], ending: str) -> bytes:
    """Return the bytes of a file of that ending: of all pictures for .tif and .pdf, else of the first.

    Parameters
    ----------
    pictures : each uint8 (H, W) or (H, W, 3) in BGR
    ending : .jpg, .png, .webp, .tif, .pdf or .heic
    """
    if ending in (".jpg", ".png", ".webp"):
        return cv2.imencode(ending, pictures[0])[1].tobytes()
    first, *others = (Image.fromarray(p if p.ndim == 2 else np.ascontiguousarray(p[..., ::-1])) for p in pictures)
    file = io.BytesIO()
    if ending == ".heic":
        pillow_heif.from_pillow(first).save(file, quality=80)
    elif ending == ".tif":
        first.save(file, "TIFF", save_all=True, append_images=others, compression="tiff_lzw")
    else:
        first.save(file, "PDF", save_all=True, append_images=others, resolution=SCAN_DPI)
    return file.getvalue()


@contextmanager
def running(where: Path, *arguments: str, log: Path, is_faulty: bool = False) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a run of the program, in a session of its own; killed on leaving if it has not ended by then.

    Parameters
    ----------
    where : current folder
    arguments : of the command line
    log : file that its stderr is added to
    is_faulty : whether files whose names say so are read badly, as `tests.support.faults` does
    """
    with log.open("ab") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-c", _FAULTY_RUN if is_faulty else _RUN, *arguments],
            cwd=where,
            env=os.environ | {"PYTHONPATH": str(TOP)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def read_journal(path: Path) -> list[dict[str, Any]]:
    """Return the records of a journal, without damaged lines; none where there is no journal."""
    if not path.exists():
        return []
    return [record for line in path.read_bytes().splitlines(keepends=True) if (record := decode_line(line))]


def find_session(session: int) -> list[int]:
    """Return the processes of a session that have not ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, own, *_ = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(own) == session and state != "Z":
            found.append(int(stat.parent.name))
    return found


def list_samples() -> list[Path]:
    """Return the pictures of samples/, sorted."""
    return sorted(path for path in (TOP / "samples").iterdir() if path.is_file() and path.suffix != ".json")


def run_trial(folder: Path | None, trial: Callable[[Path], list[str]]) -> int:
    """Print the faults that a trial finds; return 1 if there is one, else 0.

    Parameters
    ----------
    folder : empty folder to work in, which is kept; None for one that is not
    trial : takes the folder, returns a line for each fault
    """
    with tempfile.TemporaryDirectory() as scratch:
        where = folder or Path(scratch)
        where.mkdir(parents=True, exist_ok=True)
        faults = trial(where)
    for line in faults[:50]:
        print(f"FAULT: {line.encode(errors='backslashreplace').decode()}")
    print(f"{len(faults)} faults" if faults else "no faults")
    return 1 if faults else 0
