"""`python -m train ablate`: score a folder with one stage disabled at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from train.scripts import Parser


def main(argv: Sequence[str] | None = None) -> None:
    """Print a table with a row for each stage disabled."""
    parser = Parser("ablate", "Score a folder with one stage of the pipeline disabled at a time.")
    parser.add_argument("folder", type=Path, help="a folder of pictures with a truth.json")
    parser.add_argument("--model", default="digits", metavar="NAME", help="as in run_pipeline.py (%(default)s)")
    parser.add_argument("--tag", metavar="TAG", help="only pages with this tag")
    args = parser.parse_args(argv)
    from train.evaluation.ablate import ablate

    ablate(args.folder, args.model, args.tag)
