"""`python -m train score-adapt`: show what adapting gives for a new writer, and what it costs elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from train.datasets.mnist import find_data_dir
from train.evaluation.page_score import load_truth
from train.scripts import Parser, at_least


def main(argv: Sequence[str] | None = None) -> None:
    """Adapt the shipped model to a drawn writer as the command line says; print scores before and after."""
    parser = Parser("score-adapt", "Adapt the shipped model to a writer drawn by seed, and score it before and after.")
    parser.add_data_dir()
    add = parser.add_argument
    add("folders", type=Path, nargs="*", metavar="FOLDER", help="pictures with a truth.json, to be scored as well")
    add("--out", type=Path, required=True, metavar="DIR", help="folder for the review and the adapted model")
    add("--seed", type=at_least(0), default=0, metavar="N", help="which writer (%(default)s)")
    add("--digits", type=at_least(1), default=100, metavar="N", help="about how many are corrected (%(default)s)")
    args = parser.parse_args(argv)
    args.folders = tuple(args.folders)
    find_data_dir(args.data_dir)
    for folder in args.folders:
        load_truth(folder)  # raises now what would else be found at the end
    console = Console(stderr=True)
    with console.status("loading Keras"):
        from train.adaptation.score_adapt import ScorePlan, score_adapt

    score_adapt(ScorePlan(**vars(args)), console)
