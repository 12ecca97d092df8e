"""Decode pictures and do nothing else, as a floor: `python -m tests.bench.bare_loop FOLDER PROCESSES`.

As many processes as the batch has, started in the same way, one thread each, one picture at a time.
"""

from __future__ import annotations

import argparse
from multiprocessing import get_context
from pathlib import Path

import cv2


def decode(path: str) -> int:
    """Return the bytes of the picture's pixels: what travels back between processes is small."""
    return int(cv2.imread(path).nbytes)


def main() -> None:
    """Decode every picture of the folder."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bare_loop", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path, help="pictures, and nothing else")
    parser.add_argument("processes", type=int, help="how many")
    args = parser.parse_args()
    paths = sorted(map(str, args.folder.iterdir()))
    with get_context("spawn").Pool(args.processes, initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        print(sum(pool.imap_unordered(decode, paths)))


if __name__ == "__main__":
    main()
