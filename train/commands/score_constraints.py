"""`python -m train score-constraints`: score what is read when something is known about the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.settings.tree import Settings
from train.scripts import Parser


def main(argv: Sequence[str] | None = None) -> None:
    """Score folders as the command line says."""
    parser = Parser(
        "score-constraints",
        "Score the pages of folders with a truth.json whose numbers have one number of digits: knowing nothing, that "
        "number of digits, a list of values that holds the numbers and as many others, and a list of others alone.",
    )
    parser.add_argument("folder", type=Path, nargs="+", help="a folder of pictures with a truth.json")
    parser.add_argument("--model", default="digits", metavar="NAME", help="as in run_pipeline.py (%(default)s)")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="a settings file, TOML or JSON")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the other values (%(default)s)")
    args = parser.parse_args(argv)
    settings = Settings.from_file(args.settings) if args.settings else Settings()
    from train.evaluation.score_constraints import print_scores

    print_scores(args.folder, args.model, settings, args.seed)
