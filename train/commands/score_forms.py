"""`python -m train score-forms`: fill and photograph forms of ten kinds, read them, and count what is right."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from train.datasets.mnist import find_data_dir
from train.scripts import Parser, at_least


def main(argv: Sequence[str] | None = None) -> None:
    """Print how many forms were registered, and how many fields read, as the command line says."""
    parser = Parser("score-forms", "Fill and photograph forms of ten kinds by held-out writers, and read them.")
    add = parser.add_argument
    add("--data-dir", type=Path, metavar="DIR", help="folder that holds mnist/; default: $DIGITS_DATA")
    add("--forms", type=at_least(1), default=200, metavar="N", help="how many (%(default)s)")
    add("--seed", type=at_least(0), default=1, metavar="N", help="of all chance (%(default)s)")
    add("--model", default="digits", metavar="NAME", help="a name under models/, a folder or a file (%(default)s)")
    add("--misses", type=Path, metavar="DIR", help="put a picture of each field that was not read right there")
    args = parser.parse_args(argv)
    data_dir = find_data_dir(args.data_dir)
    from train.evaluation.score_forms import score_forms

    score_forms(args.forms, args.seed, data_dir, args.model, args.misses, Console())
