"""`python -m train score-tables`: score how synthesized photos of tables are read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from train.datasets.mnist import find_data_dir
from train.scripts import Parser, at_least


def main(argv: Sequence[str] | None = None) -> None:
    """Score tables as the command line says."""
    parser = Parser("score-tables", "Score how synthesized photos of tables by held-out writers are read.")
    add = parser.add_argument
    holds = "folder that holds mnist/, extra/omniglot/, fonts/print/ and fonts/handwriting/; default: $DIGITS_DATA"
    add("--data-dir", type=Path, metavar="DIR", help=holds)
    add("--tables", type=at_least(1), default=200, metavar="N", help="how many (%(default)s)")
    add("--seed", type=at_least(0), default=0, metavar="N", help="of all chance (%(default)s)")
    add("--model", default="digits", metavar="NAME", help="as in run_pipeline.py (%(default)s)")
    add("--out", type=Path, metavar="DIR", help="keep the photos in this folder")
    args = parser.parse_args(argv)
    data_dir = find_data_dir(args.data_dir)
    from train.evaluation.table_score import print_scores

    print_scores(args.model, args.tables, args.seed, data_dir, args.out, Console(stderr=True))
