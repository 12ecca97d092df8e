"""Decode pictures and do nothing else, as a floor: `python -m tests.bench.bare_loop FOLDER PROCESSES`.

As many processes as the batch has, started in the same way, one thread each, one picture at a time.
"""

from __future__ import annotations

import sys
from multiprocessing import get_context
from pathlib import Path

import cv2


def decode(path: str) -> int:
    """Return the bytes of the picture's pixels: what travels back between processes is small."""
    return int(cv2.imread(path).nbytes)


def main() -> None:
    """Decode every picture of the folder."""
    folder, n_processes = Path(sys.argv[1]), int(sys.argv[2])
    paths = sorted(map(str, folder.iterdir()))
    with get_context("spawn").Pool(n_processes, initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        print(sum(pool.imap_unordered(decode, paths)))


if __name__ == "__main__":
    main()
