"""What live reading makes of pictures held before the camera: `python -m tests.bench.bench_held FOLDER --tag clean`.

FOLDER holds pictures and a truth.json, as for `python -m train score`. Each fills as much of the frames as it can,
moves a little, with the camera's grain, and is there for `--frames` of them.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from pipeline import load_classifier, load_pages
from pipeline.live.frame_grabber import VideoFrame
from pipeline.live.frame_reader import LiveReader, make_live_settings
from pipeline.recognition.classify import Classifier
from pipeline.settings.tree import Settings
from train.evaluation.page_score import load_truth

_SIZE_PX = (1280, 720)
_DESK = 90
_FPS = 30
_GRAIN = 3.0
"""Standard deviation of the camera's noise, of 255."""


def hold(gray: NDArray[np.uint8], n_frames: int) -> Iterator[NDArray[np.uint8]]:
    """Yield frames, uint8 (720, 1280, 3), of a picture (H, W) in their middle, which wanders by a few pixels."""
    width, height = _SIZE_PX
    scale = min(width / gray.shape[1], height / gray.shape[0])
    middle = np.array([(gray.shape[1] - 1) / 2, (gray.shape[0] - 1) / 2]) * scale
    small = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    rng = np.random.default_rng(0)
    for n in range(n_frames):
        at = np.array([width / 2, height / 2]) - middle + (3 * np.sin(n / 5), 2 * np.cos(n / 7))
        shown = cv2.warpAffine(small, np.column_stack([np.eye(2), at]), _SIZE_PX, borderValue=_DESK)
        noisy = np.clip(shown + rng.normal(0, _GRAIN, shown.shape), 0, 255).astype(np.uint8)
        yield cv2.cvtColor(noisy, cv2.COLOR_GRAY2BGR)


def read_held(gray: NDArray[np.uint8], n_frames: int, classifier: Classifier) -> list[str]:
    """Return the texts that were confirmed, in their order."""
    reader = LiveReader(classifier, make_live_settings(Settings()), "held")
    frames = (VideoFrame(bgr, n, n / _FPS, 0.0) for n, bgr in enumerate(hold(gray, n_frames), start=1))
    return [found.reading.text for frame in frames for found in reader.read(frame).confirmed]


def main(arguments: list[str] | None = None) -> None:
    """Print the pictures with faults, and the counts of all."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.bench_held", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("folder", type=Path, help="pictures and a truth.json")
    parser.add_argument("--tag", help="only pages with this tag")
    parser.add_argument("--frames", type=int, default=50, metavar="N", help="each is held for so many (%(default)s)")
    args = parser.parse_args(arguments)
    pages = [page for page in load_truth(args.folder) if args.tag is None or args.tag in page.get("tags", [])]
    classifier, n_written, n_confirmed, n_right = load_classifier(), 0, 0, 0
    for page in track(pages, description=str(args.folder), console=Console(stderr=True), transient=True):
        picture = next(iter(load_pages(args.folder / page["file"], Settings().images)))
        written, confirmed = Counter(page["numbers"]), Counter(read_held(picture.gray, args.frames, classifier))
        wrong, missed = confirmed - written, written - confirmed
        if wrong or missed:
            printed = [" ".join(texts.elements()) or "-" for texts in (wrong, missed)]
            print(f"{page['file']}: wrong {printed[0]}; missed {printed[1]}")
        n_written, n_confirmed = n_written + written.total(), n_confirmed + confirmed.total()
        n_right += (confirmed & written).total()
    print(f"{len(pages)} pictures with {n_written} numbers: {n_confirmed} confirmed, {n_right} of them right")


if __name__ == "__main__":
    main()
