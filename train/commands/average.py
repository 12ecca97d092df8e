"""`python -m train average`: average the weights of a network and of its fine-tuning."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from train.networks.model_folder import (
    CARD_NAME,
    KERAS_NAME,
    LITERT_NAME,
    check_model_folder,
    check_replaceable,
    read_card,
)
from train.scripts import Parser, share


def main(argv: Sequence[str] | None = None) -> None:
    """Average two model folders as the command line says."""
    parser = Parser("average", "Average the weights of a network and of its fine-tuning.")
    parser.add_argument("before", type=Path, help="model folder before fine-tuning")
    parser.add_argument("after", type=Path, help="model folder after it")
    parser.add_argument("--share", type=share, default=0.5, help="of the second (%(default)s)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="model folder to write")
    parser.add_force()
    args, console = parser.parse_args(argv), Console(stderr=True)
    for folder in (args.before, args.after):
        check_model_folder(folder, KERAS_NAME)
        read_card(folder)
    if not args.force:
        check_replaceable(args.out, (KERAS_NAME, LITERT_NAME, CARD_NAME), "give another --out, or --force")
    with console.status("averaging and exporting"):
        from train.networks.average_weights import average_folders

        average_folders(args.before, args.after, args.share, args.out)
    print(args.out)
