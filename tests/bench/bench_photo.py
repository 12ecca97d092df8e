"""Seconds for one photo, cold and warm, beside bare cv2.imread and `import tensorflow`.

Run as `python -m tests.bench.bench_photo [PHOTO]`. What is compared runs in turn, A B A B, so that a busy machine slows
both alike; the medians' ratio is the figure.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import cv2

from pipeline import load_classifier, load_pages, read_page

TOP = Path(__file__).resolve().parents[2]
LARGE_WIDTH_PX = 4000
"""A phone's 12 megapixels: 4000 x 3000."""

LARGE_PAGE = "plain.jpg"

LARGE_QUALITY = 92
"""As phones write: 1 to 3 MB for 12 megapixels of paper; a poorer JPEG would decode faster."""


def draw_large_photo(folder: Path) -> Path:
    """Return a photo of 12 megapixels, drawn into `folder`."""
    from train.synthesis.samples.draw_samples import draw_photo, enlarge_page, save_photo
    from train.synthesis.samples.sample_pages import SAMPLE_PAGES

    small = next(page for page in SAMPLE_PAGES if page.file == LARGE_PAGE)
    page = replace(enlarge_page(small, LARGE_WIDTH_PX), quality=LARGE_QUALITY)
    path = folder / f"{LARGE_WIDTH_PX}px-{LARGE_PAGE}"
    save_photo(draw_photo(page), page, path)
    return path


def time_in_turn(actions: dict[str, Callable[[], object]], n_rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each action, run in turn `n_rounds` times."""
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(n_rounds):
        for name, action in actions.items():
            start = perf_counter()
            action()
            seconds[name].append(perf_counter() - start)
    return seconds


def run_python(*arguments: str) -> Callable[[], object]:
    """Return an action: a whole Python process, which keeps its byte code as installed ones do; its output dropped."""
    quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    quiet.pop("PYTHONDONTWRITEBYTECODE", None)

    def action() -> None:
        subprocess.run([sys.executable, *arguments], cwd=TOP, env=quiet, check=True, capture_output=True)

    return action


def print_table(title: str, seconds: dict[str, list[float]], baseline: str) -> None:
    """Print median, least and the medians' ratio to the row called `baseline`."""
    base = statistics.median(seconds[baseline])
    print(f"\n{title}\n{'':34}{'median ms':>11}{'least ms':>11}{'ratio':>9}")
    for name, times in seconds.items():
        median = statistics.median(times)
        print(f"{name:34}{1e3 * median:11.1f}{1e3 * min(times):11.1f}{median / base:9.2f}")


def measure_cold(path: Path, n_rounds: int) -> None:
    """Print what whole processes take, the first of each, which may write byte code, left out."""
    actions = {
        "python run_pipeline.py PHOTO": run_python("run_pipeline.py", str(path)),
        'python -c "import cv2"': run_python("-c", "import cv2"),
        'python -c "import tensorflow"': run_python("-c", "import tensorflow"),
    }
    time_in_turn(actions, 1)
    seconds = time_in_turn(actions, n_rounds)
    print_table(f"cold: whole processes, {n_rounds} rounds", seconds, 'python -c "import tensorflow"')


def measure_warm(path: Path, n_rounds: int) -> None:
    """Print what one photo takes in a process that has read one before, and its stages."""
    classifier = load_classifier()
    stages: dict[str, list[float]] = {}

    def read() -> None:
        for page in load_pages(path):
            for stage, spent in read_page(page, classifier).seconds.items():
                stages.setdefault(stage, []).append(spent)

    read()
    stages.clear()
    actions: dict[str, Callable[[], object]] = {
        "decode and read": read,
        "bare cv2.imread": lambda: cv2.imread(str(path)),
        "bare cv2.imread, gray": lambda: cv2.imread(str(path), cv2.IMREAD_GRAYSCALE),
    }
    seconds = time_in_turn(actions, n_rounds)
    print_table(f"warm: one photo, {n_rounds} rounds", seconds, "bare cv2.imread")
    print_table(
        "stages of it, beside bare cv2.imread",
        stages | {"bare cv2.imread": seconds["bare cv2.imread"]},
        "bare cv2.imread",
    )


def main(arguments: list[str] | None = None) -> None:
    """Measure one photo, or the two that the project is measured with."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.bench_photo", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("photo", nargs="?", type=Path, help="a sample and a drawn photo of 12 megapixels if not given")
    parser.add_argument(
        "--cold", type=int, default=5, metavar="N", help="rounds of whole processes (5; 0 leaves them out)"
    )
    parser.add_argument("--warm", type=int, default=15, metavar="N", help="rounds within one process (15)")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        photos = [args.photo] if args.photo else [TOP / "samples" / LARGE_PAGE, draw_large_photo(Path(folder))]
        for path in photos:
            height, width = cv2.imread(str(path)).shape[:2]
            print(f"\n{path.name}: {width} x {height}, {width * height / 1e6:.1f} Mpx, {path.stat().st_size >> 10} KiB")
            if args.cold:
                measure_cold(path.resolve(), args.cold)
            measure_warm(path, args.warm)


if __name__ == "__main__":
    main()
