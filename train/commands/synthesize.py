"""`python -m train synthesize`: make photographed pages with known truth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from train.datasets.mnist import find_data_dir
from train.scripts import Parser, at_least


def main(argv: Sequence[str] | None = None) -> None:
    """Write pages and their truth.json as the command line says."""
    parser = Parser("synthesize", "Make photographed pages of handwritten numbers with known truth.")
    parser.add_data_dir()
    add = parser.add_argument
    add("--out", type=Path, required=True, metavar="DIR", help="folder for pictures and truth.json")
    add("--pages", type=at_least(1), default=100, metavar="N", help="how many (%(default)s)")
    add(
        "--seed",
        type=at_least(0),
        default=0,
        metavar="N",
        help="of all chance, and of the split by writer (%(default)s)",
    )
    args = parser.parse_args(argv)
    find_data_dir(args.data_dir)
    from train.synthesis.pages.synthesize import write_pages

    write_pages(args.out, args.pages, args.seed, args.data_dir, Console(stderr=True))
