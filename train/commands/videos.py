"""`python -m train videos`: make videos with known truth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from train.datasets.mnist import find_data_dir
from train.scripts import Parser, at_least


def main(argv: Sequence[str] | None = None) -> None:
    """Write videos and their truth.json as the command line says."""
    parser = Parser("videos", "Make videos of cards and pages with known truth, as a webcam sees them.")
    parser.add_data_dir()
    add = parser.add_argument
    add("--out", type=Path, required=True, metavar="DIR", help="folder for videos and truth.json")
    add("--videos", type=at_least(1), default=24, metavar="N", help="how many (%(default)s)")
    add("--seed", type=at_least(0), default=1, metavar="N", help="of all chance (%(default)s)")
    args = parser.parse_args(argv)
    find_data_dir(args.data_dir)
    from train.synthesis.videos.write_videos import write_videos

    write_videos(args.out, args.videos, args.seed, args.data_dir, Console(stderr=True))
