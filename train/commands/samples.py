"""`python -m train samples`: draw the pictures of samples/."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from train.scripts import Parser, one_of
from train.synthesis.samples.sample_pages import SAMPLE_PAGES

_FORM = "form"


def main(argv: Sequence[str] | None = None) -> None:
    """Draw all samples, or those that are named."""
    parser = Parser("samples", "Draw the pictures of samples/ and write their truth.json.")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the pictures and truth.json")
    only = "draw only these; truth.json stays as it is"
    names = one_of([*(page.file for page in SAMPLE_PAGES), _FORM])
    parser.add_argument("--only", type=names, nargs="+", default=[], metavar="FILE", help=only)
    args = parser.parse_args(argv)
    from train.synthesis.forms.draw_sample import draw_sample
    from train.synthesis.samples.draw_samples import draw_samples

    pages = [name for name in args.only if name != _FORM]
    if pages or not args.only:
        draw_samples(args.out, pages)
    if _FORM in args.only or not args.only:
        draw_sample(args.out / _FORM)
