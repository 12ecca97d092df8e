"""`python -m train figures`: draw the pictures in README and docs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import MissingInputError
from train.scripts import Parser, one_of

FIGURES = ("at-work", "stages", "table", "report", "compared", "live", "known", "form")


def main(argv: Sequence[str] | None = None) -> None:
    """Write all pictures, or those that are named."""
    parser = Parser("figures", "Draw the pictures in README and docs from the samples.")
    add = parser.add_argument
    add("--samples", type=Path, default=Path("samples"), metavar="DIR", help="folder of the samples (%(default)s)")
    add("--out", type=Path, default=Path("docs/pictures"), metavar="DIR", help="where they go (%(default)s)")
    only = f"draw only these of {', '.join(FIGURES)}"
    add("--only", type=one_of(FIGURES), nargs="+", default=list(FIGURES), metavar="NAME", help=only)
    args = parser.parse_args(argv)
    if not args.samples.is_dir():
        raise MissingInputError(f"{args.samples}: no such folder")
    from train.figures.readme_figures import draw_figures

    draw_figures(args.only, args.samples, args.out)
