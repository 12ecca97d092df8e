"""CPU seconds of reading by kind of page, by number of digits and by megapixels, beside bare decoding.

Run as `python -m tests.bench kinds [--rounds N]`. Everything runs on one pinned core with one thread; kinds are read in
turn, so that a busy machine slows all alike. *ratio* is to decoding the same page as JPEG, *to text* to the page of
print and numbers. Pages of noise, dots, blades or arcs show what is read in proportion to digits, and what to ink.
"""

from __future__ import annotations

import argparse
import os
import statistics
from collections.abc import Callable
from time import process_time

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from pipeline import load_classifier, read_page
from pipeline.recognition.classify import Classifier
from pipeline.types import Page
from tests.bench.batches import console
from tests.support.drawing import write_page

Picture = NDArray[np.uint8]

A4_PX = (1240, 1754)
"""An A4 sheet at 150 dpi."""

_DIGITS_PER_ROW = 20
_MEGAPIXELS = (1, 2, 4, 8, 12)
_TEXT = "the quick brown fox jumps over 1234 lazy dogs and 56 others"


def write_digits(n_digits: int, size_px: tuple[int, int] = A4_PX) -> Picture:
    """Return a page with rows of numbers of four digits, as high as the page allows, uint8 (H, W)."""
    rng = np.random.default_rng(n_digits)
    n_rows = max(1, n_digits // _DIGITS_PER_ROW)
    words = ["".join(map(str, rng.integers(0, 10, 4))) for _ in range(max(1, n_digits // 4))]
    rows = [" ".join(words[i::n_rows]) for i in range(n_rows)]
    height = min(size_px[0] / (0.95 * _DIGITS_PER_ROW + 8), size_px[1] / (1.9 * n_rows))
    return write_page(*rows, size_px=size_px, height_px=height, pen_px=max(2, round(height / 9)))


def rule_table() -> Picture:
    """Return the page of 100 digits with a grid of lines around its numbers."""
    page = write_digits(100)
    for y in range(100, A4_PX[1], 150):
        cv2.line(page, (60, y), (A4_PX[0] - 60, y), 90, 2)
    for x in range(60, A4_PX[0], 224):
        cv2.line(page, (x, 100), (x, A4_PX[1] - 60), 90, 2)
    return page


def print_text(has_boxes: bool = False) -> Picture:
    """Return a page of print, or a form: printed labels beside boxes with a number each."""
    page = np.full(A4_PX[::-1], 235, np.uint8)
    for row in range(40 if not has_boxes else 12):
        y = 60 + row * (42 if not has_boxes else 140)
        text = _TEXT if not has_boxes else "Account no. of customer"
        cv2.putText(page, text, (40, y), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 40, 2, cv2.LINE_AA)
        if has_boxes:
            cv2.rectangle(page, (600, y - 50), (1100, y + 30), 60, 2)
            page[y - 45 : y + 25, 610:1090] = write_page(f"{4711 + row}", size_px=(480, 70), paper=235)
    return page


def scatter(draw: Callable[[Picture, NDArray[np.float64], np.random.Generator], object], n: int) -> Picture:
    """Return a page with `n` marks at random places."""
    rng, page = np.random.default_rng(1), np.full(A4_PX[::-1], 235, np.uint8)
    for place in rng.uniform(0, A4_PX, (n, 2)):
        draw(page, place, rng)
    return page


def _draw_dot(page: Picture, place: NDArray[np.float64], rng: np.random.Generator) -> None:
    cv2.circle(page, (int(place[0]), int(place[1])), int(rng.integers(3, 12)), 40, -1, cv2.LINE_AA)


def _draw_blade(page: Picture, place: NDArray[np.float64], rng: np.random.Generator) -> None:
    end = place + rng.normal(0, 1, 2) * (10, 30)
    gray = int(rng.integers(40, 220))
    cv2.line(page, tuple(map(int, place)), tuple(map(int, end)), gray, int(rng.integers(1, 4)), cv2.LINE_AA)


def _draw_arc(page: Picture, place: NDArray[np.float64], rng: np.random.Generator) -> None:
    axes, turn, end = rng.uniform(4, 16, 2), rng.uniform(0, 180), rng.uniform(90, 360)
    cv2.ellipse(page, tuple(map(int, place)), tuple(map(int, axes)), turn, 0, end, 40, 2, cv2.LINE_AA)


KINDS: dict[str, Callable[[], Picture]] = {
    "blank": lambda: np.full(A4_PX[::-1], 235, np.uint8),
    "one number": lambda: write_digits(4),
    "form": lambda: print_text(has_boxes=True),
    "table": rule_table,
    "25 digits": lambda: write_digits(25),
    "100 digits": lambda: write_digits(100),
    "400 digits": lambda: write_digits(400),
    "text": print_text,
    "noise": lambda: np.random.default_rng(2).integers(0, 256, A4_PX[::-1]).astype(np.uint8),
    "dots": lambda: scatter(_draw_dot, 2500),
    "blades": lambda: scatter(_draw_blade, 20_000),
    "arcs": lambda: scatter(_draw_arc, 2000),
}


def draw_sizes() -> dict[str, Picture]:
    """Return the page of 100 digits at several sizes."""
    page = write_digits(100, (2480, 3508))
    scales = {n: (1e6 * n / page.size) ** 0.5 for n in _MEGAPIXELS}
    return {
        f"100 digits, {n} Mpx": cv2.resize(page, None, fx=s, fy=s, interpolation=cv2.INTER_AREA)
        for n, s in scales.items()
    }


def time_page(page: Picture, classifier: Classifier) -> tuple[float, float]:
    """Return the CPU seconds of reading a page and of decoding it as JPEG."""
    raw = cv2.imencode(".jpg", page)[1]
    start = process_time()
    cv2.imdecode(raw, cv2.IMREAD_GRAYSCALE)
    middle = process_time()
    read_page(Page(page), classifier)
    return process_time() - middle, middle - start


def main(argv: list[str] | None = None) -> None:
    """Print a row for each kind of page."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench kinds", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="(%(default)s)")
    n_rounds = parser.parse_args(argv).rounds
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)
    classifier = load_classifier()
    pages = {name: draw() for name, draw in KINDS.items()} | draw_sizes()
    read_page(Page(pages["one number"]), classifier)  # loads what is loaded late
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in pages}
    for name in track(list(pages) * n_rounds, "reading", console=console, transient=True):
        times[name].append(time_page(pages[name], classifier))
    print_table(times)


def print_table(times: dict[str, list[tuple[float, float]]]) -> None:
    """Print the median CPU seconds of each kind, with their spread, and the ratios."""
    medians = {name: statistics.median(read for read, _ in own) for name, own in times.items()}
    print("| page | CPU s | least to most | ratio | to text |")
    print("|---|---|---|---|---|")
    for name, own in times.items():
        reads, bare = [read for read, _ in own], statistics.median(decoded for _, decoded in own)
        spread = f"{min(reads):.3f} to {max(reads):.3f}"
        ratios = f"{medians[name] / max(bare, 1e-6):.0f} | {medians[name] / medians['text']:.2f}"
        print(f"| {name} | {medians[name]:.3f} | {spread} | {ratios} |")


if __name__ == "__main__":
    main()
