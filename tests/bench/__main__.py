"""Run a benchmark by its name, or list them all: `python -m tests.bench [NAME [FLAG...]]`."""

from __future__ import annotations

import sys
from importlib import import_module

from train.scripts import run_script

BENCHMARKS = {
    "photo": ("bench_photo", "seconds for one photo, beside cv2.imread and `import tensorflow`"),
    "pages": ("bench_pages", "CPU seconds a page of folders, beside another checkout"),
    "kinds": ("bench_kinds", "CPU seconds by kind of page, digits and megapixels, beside bare decoding"),
    "batch": ("bench_batch", "pages a second and memory of batches, beside a loop of cv2.imread"),
    "cluster": ("bench_cluster", "a Ray cluster of two nodes, one killed in the middle, beside one machine"),
    "scale": ("simulate_scale", "the plan for millions of pages: time, cost, stragglers, failures, spot machines"),
    "api": ("bench_api", "the HTTP API under load, beside its worker processes alone"),
    "live": ("bench_live", "accuracy and speed of live reading"),
    "held": ("bench_held", "what live reading confirms of pictures held before the camera"),
    "survive": ("survive", "a batch of good and bad files, killed and resumed"),
    "journal": ("attack_journal", "a journal that is damaged, and runs that are killed or started twice"),
    "mutate": ("mutate", "files that are damaged at random bytes"),
    "page": ("picture_of_page", "draws the picture of docs/page.md, in Chromium"),
    "fuzz": ("fuzz", "parsers of headers, journals, cards and settings, fuzzed"),
}
"""Module and purpose of each."""


def main(argv: list[str]) -> int:
    """Run what is named first, with the flags after it; return its exit code."""
    if not argv or argv[0] in ("-h", "--help"):
        print(__doc__, *(f"{name:9}{purpose}" for name, (_, purpose) in BENCHMARKS.items()), sep="\n")
        return 0
    name, *flags = argv
    if name not in BENCHMARKS:
        print(f"error: there is no benchmark {name!r}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    return import_module(f"tests.bench.{BENCHMARKS[name][0]}").main(flags) or 0


if __name__ == "__main__":
    sys.exit(run_script(lambda: main(sys.argv[1:])))
