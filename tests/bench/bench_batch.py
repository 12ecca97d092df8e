"""Pages a second and peak memory of batches, beside a bare loop of cv2.imread: `python -m tests.bench.bench_batch`.

Whole commands are timed, from start to exit, the batch's as well as the bare loop's, which has as many processes,
started in the same way; a second figure leaves out what each of them takes for a single page. What is compared runs in
turn, A B A B, so that a busy machine slows both alike; the medians count. Memory is the sum of the proportional set
sizes (PSS) of the program and its workers, sampled in runs of their own. Linux only, as it looks into /proc.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter, sleep

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.progress import track

from tests.bench.batches import SCAN_DPI, TOP, console, find_session, running
from train.synthesis.photos.color_camera import Camera
from train.synthesis.samples.draw_samples import draw_photo, enlarge_page
from train.synthesis.samples.sample_page import Layout, SamplePage
from train.synthesis.samples.sample_pages import SAMPLE_PAGES

PHOTO_PX, SCAN_PX = (4000, 3000), (2480, 3508)
"""A phone's 12 megapixels; an A4 sheet at 300 dpi."""

_DRAWN_PX = 2000
"""A photo is drawn at half its size and enlarged: a phone's lens resolves little more, and drawing is slow."""

_PHOTOS = ("plain.jpg", "ruled.jpg", "squared.jpg", "shadow.jpg", "pencil.jpg")
_SCAN_SEEDS = (71, 72, 73)
_PHOTO_GRAIN, _SCAN_GRAIN = 7.0, 3.0
"""Deviation of the noise of each pixel: what makes a phone's 12 megapixels 3 to 5 MB of JPEG."""

_QUALITY = 92
_EVERY_S = 0.05
_GOALS = {"workers": 1.6, "decoding": 0.4, "memory": 1.1}


@dataclass(frozen=True, slots=True)
class Load:
    """What a batch is given: a folder of files, of `n_pages` pages in all, and one of a single page."""

    name: str
    folder: Path
    single: Path
    n_pages: int
    is_decodable: bool = True


def draw_photos() -> list[bytes]:
    """Return JPEGs of 12 megapixels: numbers on uneven paper under a lamp, with the grain of a phone's sensor."""
    by_name = {page.file: page for page in SAMPLE_PAGES}
    drawn = []
    for name in track(_PHOTOS, "drawing photos", console=console, transient=True):
        photo = draw_photo(enlarge_page(by_name[name], _DRAWN_PX))
        drawn.append(_encode(cv2.resize(photo, PHOTO_PX, interpolation=cv2.INTER_CUBIC), _PHOTO_GRAIN))
    return drawn


def draw_scans() -> list[bytes]:
    """Return gray JPEGs of A4 sheets at 300 dpi, twelve rows of numbers each."""
    drawn = []
    for seed in track(_SCAN_SEEDS, "drawing scans", console=console, transient=True):
        rng = np.random.default_rng(seed)
        rows = tuple(tuple(str(n) for n in rng.integers(10, 99_999, 3)) for _ in range(12))
        layout = Layout((8,), (25, 40), 20, 16)
        flat = Camera(0.6, 0.0, 0.0)
        page = SamplePage("scan", seed, rows, layout, SCAN_PX, 210, pen="black ballpoint", camera=flat, is_scan=True)
        drawn.append(_encode(cv2.cvtColor(draw_photo(page), cv2.COLOR_BGR2GRAY), _SCAN_GRAIN))
    return drawn


def _encode(picture: NDArray[np.uint8], grain: float) -> bytes:
    noise = np.empty(picture.shape, np.int16)
    cv2.setRNGSeed(1)
    n_channels = noise.size // (noise.shape[0] * noise.shape[1])
    cv2.randn(noise, (0,) * n_channels, (grain,) * n_channels)
    grainy = cv2.add(picture, noise, dtype=cv2.CV_8U)
    return cv2.imencode(".jpg", grainy, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()


def lay_out(name: str, where: Path, drawn: Sequence[bytes], n_pages: int) -> Load:
    """Return a folder of `n_pages` copies of what was drawn, in turn, and one of a single page."""
    load = Load(name, where / f"{n_pages}", where / "1", n_pages)
    for folder, n in ((load.folder, n_pages), (load.single, 1)):
        folder.mkdir(parents=True, exist_ok=True)
        for i, raw in enumerate(islice(cycle(drawn), n)):
            (folder / f"page-{i:05}.jpg").write_bytes(raw)
    return load


def bind(name: str, where: Path, drawn: Sequence[bytes], n_pages: int) -> Load:
    """Return a folder with a PDF of `n_pages` pages, and one with a PDF of a single page."""
    load = Load(name, where / "many", where / "one", n_pages, is_decodable=False)
    scans = [Image.fromarray(cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_GRAYSCALE)) for raw in drawn]
    for folder, n in ((load.folder, n_pages), (load.single, 1)):
        folder.mkdir(parents=True, exist_ok=True)
        first, *others = islice(cycle(scans), n)
        first.save(folder / "scans.pdf", save_all=True, append_images=others, resolution=SCAN_DPI, quality=_QUALITY)
    return load


def read_batch(folder: Path, n_workers: int, scratch: Path) -> Callable[[], float]:
    """Return an action that reads the folder and returns the seconds that it took."""

    def action() -> float:
        start = perf_counter()
        with running(scratch, *_read_flags(folder, n_workers), log=scratch / "run.log") as run:
            run.wait()
            seconds = perf_counter() - start
        _check(run.returncode, scratch)
        return seconds

    return action


def _check(code: int, scratch: Path) -> None:
    """Raise RuntimeError if a run failed: a figure of it would say nothing."""
    if code:
        lines = (scratch / "run.log").read_text("utf-8", "replace").splitlines()
        raise RuntimeError("\n".join([f"the run ended with {code}:", *lines[-20:]]))


def _read_flags(folder: Path, n_workers: int) -> tuple[str, ...]:
    return str(folder), "-o", "read.csv", "--workers", str(n_workers)


def decode_bare(folder: Path, n_processes: int) -> Callable[[], float]:
    """Return an action that decodes the folder and returns the seconds that it took."""

    def action() -> float:
        start = perf_counter()
        command = [sys.executable, "-m", "tests.bench.bare_loop", str(folder), str(n_processes)]
        subprocess.run(command, cwd=TOP, check=True, stdout=subprocess.DEVNULL)
        return perf_counter() - start

    return action


def time_load(load: Load, workers: Sequence[int], n_rounds: int, scratch: Path) -> dict[tuple[str, int], list[float]]:
    """Return pages a second by action and number of processes: [whole command, without what one page takes]."""
    actions: dict[tuple[str, int, Path], Callable[[], float]] = {}
    for n in workers:
        for folder in (load.folder, load.single):
            actions["read", n, folder] = read_batch(folder, n, scratch)
            if load.is_decodable:
                actions["bare", n, folder] = decode_bare(folder, n)
    seconds: dict[tuple[str, int, Path], list[float]] = {key: [] for key in actions}
    for _ in track(range(n_rounds), f"timing {load.name}", console=console, transient=True):
        for key, action in actions.items():
            seconds[key].append(action())
    rates = {}
    for action_name, n in {(action_name, n): None for action_name, n, _ in actions}:
        whole = statistics.median(seconds[action_name, n, load.folder])
        start = statistics.median(seconds[action_name, n, load.single])
        rest = (load.n_pages - 1) / (whole - start) if whole > start else float("nan")
        rates[action_name, n] = [load.n_pages / whole, rest]
    return rates


def print_rates(load: Load, workers: Sequence[int], rates: dict[tuple[str, int], list[float]]) -> None:
    """Print a load's rows of the table: pages a second, and the ratios to bare decoding and to the fewest workers."""
    for n in workers:
        for place, what in enumerate(("whole command", "start left out")):
            read = rates["read", n][place]
            bare = rates["bare", n][place] if load.is_decodable else float("nan")
            one = rates["read", workers[0]][place]
            cells = (f"{read:.1f}", f"{bare:.1f}", f"{read / bare:.2f}", f"{read / one:.2f}")
            print(f"| {load.name} | {n} | {what} | " + " | ".join(c.replace("nan", "-") for c in cells) + " |")


def measure_peak(folder: Path, n_workers: int, scratch: Path) -> float:
    """Return the most memory that a run and its workers hold together, in MB."""
    peak = 0
    with running(scratch, *_read_flags(folder, n_workers), log=scratch / "run.log") as run:
        while run.poll() is None:
            peak = max(peak, sum(map(read_pss, find_session(run.pid))))
            sleep(_EVERY_S)
    _check(run.returncode, scratch)
    return peak / 1e6


def read_pss(process: int) -> int:
    """Return the process's share of memory in bytes: its own, and its part of what it shares with others."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended meanwhile
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def measure(where: Path, n_pages: int, n_memory_pages: int, workers: Sequence[int], n_rounds: int) -> None:
    """Draw the pages, and print the tables."""
    photos, scans = draw_photos(), draw_scans()
    photo_load = lay_out(f"{n_pages} JPEGs of 12 Mpx", where / "photos", photos, n_pages)
    loads = [
        photo_load,
        lay_out(f"{n_pages} scans of A4, JPEG", where / "scans", scans, n_pages),
        bind(f"{n_pages} scans of A4, one PDF", where / "pdf", scans, n_pages),
    ]
    sizes = [f"{np.mean([len(raw) for raw in drawn]) / 1e6:.1f} MB" for drawn in (photos, scans)]
    print(
        f"{os.cpu_count()} cores; photos of {sizes[0]}, scans of {sizes[1]} on average; medians of {n_rounds} rounds\n"
    )
    print("| load | workers | time | pages/s | bare cv2.imread | ratio | to fewest workers |")
    print("|---|---|---|---|---|---|---|")
    for load in loads:
        print_rates(load, workers, time_load(load, workers, n_rounds, where))
    print(f"\ngoals: {max(workers)} workers to 1 at least {_GOALS['workers']}; photos to bare {_GOALS['decoding']}")
    if n_memory_pages:
        shutil.rmtree(where / "pdf")
        many = lay_out("many", where / "many", photos, n_memory_pages)
        print_memory(photo_load, many, max(workers), where)


def print_memory(few: Load, many: Load, n_workers: int, scratch: Path) -> None:
    """Print the peak memory of a short and of a long run over photos."""
    peaks = []
    for load in track((few, many), "measuring memory", console=console, transient=True):
        peaks.append(measure_peak(load.folder, n_workers, scratch))
    print(f"\n| pages | peak memory with {n_workers} workers, MB | ratio |\n|---|---|---|")
    for load, peak in zip((few, many), peaks, strict=True):
        print(f"| {load.n_pages} | {peak:.0f} | {peak / peaks[0]:.2f} |")
    print(f"\ngoal: at most {_GOALS['memory']}")


def main(argv: list[str] | None = None) -> None:
    """Measure batches of photos and of scans."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.bench_batch", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--pages", type=int, default=200, metavar="N", help="pages of each batch (%(default)s)")
    parser.add_argument(
        "--memory-pages", type=int, default=2000, metavar="N", help="of the long run (%(default)s; 0: leave it out)"
    )
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], metavar="N", help="worker processes (1 2)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often each is timed (%(default)s)")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="where to make the pages' folder (the system's own)")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(dir=args.folder) as scratch:
        measure(Path(scratch), args.pages, args.memory_pages, sorted(args.workers), args.rounds)


if __name__ == "__main__":
    main()
