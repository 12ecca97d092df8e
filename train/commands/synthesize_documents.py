"""`python -m train synthesize-documents`: make photographed papers with the truth of every mark."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from train.datasets.mnist import find_data_dir
from train.scripts import Parser, at_least


def main(argv: Sequence[str] | None = None) -> None:
    """Write papers, whose ink is whose, and pages.jsonl as the command line says."""
    parser = Parser("synthesize-documents", "Make photographed papers with the truth of every mark.")
    add = parser.add_argument
    holds = "folder that holds mnist/, extra/omniglot/, fonts/print/ and fonts/handwriting/; default: $DIGITS_DATA"
    add("--data-dir", type=Path, metavar="DIR", help=holds)
    add("--out", type=Path, required=True, metavar="DIR", help="folder for pictures and pages.jsonl")
    add("--pages", type=at_least(1), default=100, metavar="N", help="how many (%(default)s)")
    add("--seed", type=at_least(0), default=0, metavar="N", help="of all chance (%(default)s)")
    add("--held-out", action="store_true", help="by writers and fonts that the other pages do not have")
    args = parser.parse_args(argv)
    data_dir = find_data_dir(args.data_dir)
    from train.synthesis.documents.synthesize_documents import write_documents

    write_documents(args.out, args.pages, args.seed, data_dir, args.held_out, Console(stderr=True))
