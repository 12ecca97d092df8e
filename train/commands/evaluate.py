"""`python -m train evaluate`: accuracy, confusion matrix and plots of models; or a comparison of them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from pipeline.errors import UsageError
from train.datasets.mnist import find_data_dir
from train.evaluation.page_score import load_truth
from train.networks.model_folder import (
    CARD_NAME,
    LITERT_NAME,
    check_model_folder,
    check_replaceable,
    find_model_folder,
    read_card,
)
from train.scripts import Parser


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return what the command line asks for.

    Raises
    ------
    UsageError : a flag is unknown, or two models would be written into one folder
    """
    parser = Parser("evaluate", "Measure models; write the figures into their cards, and plots beside them.")
    parser.add_data_dir()
    add = parser.add_argument
    add(
        "--model",
        type=Path,
        action="append",
        metavar="DIR",
        help="model folder, or name of a shipped one; may be repeated (digits)",
    )
    add("--compare", action="store_true", help="print one table of all models instead")
    help_text = "pictures with a truth.json to compare on (%(default)s)"
    add("--photos", type=Path, default=Path("samples"), metavar="FOLDER", help=help_text)
    add("--out", type=Path, metavar="DIR", help="write cards and plots into DIR/NAME, not into the model folders")
    parser.add_force()
    args = parser.parse_args(argv)
    args.model = args.model or [Path("digits")]
    args.model = [find_model_folder(folder) for folder in args.model]
    if args.out is not None and len({folder.name for folder in args.model}) < len(args.model):
        raise UsageError("--out: two models have one name", "evaluate them one by one")
    return args


def check_inputs(args: argparse.Namespace) -> None:
    """Check that models and data exist, and that no shipped model is changed.

    Raises
    ------
    ModelError : a folder holds no model
    InputError : the folder of data or of photos is missing
    UsageError : a shipped model would be changed
    """
    find_data_dir(args.data_dir)
    for folder in args.model:
        check_model_folder(folder, LITERT_NAME)
        read_card(folder)
        if not args.force:
            out = args.out / folder.name if args.out is not None else folder
            check_replaceable(out, (CARD_NAME, "*.png"), "give --out DIR, or --force")
    if args.compare:
        load_truth(args.photos)


def main(argv: Sequence[str] | None = None) -> None:
    """Evaluate models as the command line says."""
    args, console, results = parse_arguments(argv), Console(stderr=True), Console(width=100)
    check_inputs(args)
    with console.status("loading Matplotlib"):
        from train.evaluation.compare import compare, tabulate_comparison
        from train.evaluation.evaluate import evaluate, format_figures
    measured = []
    for folder in args.model:
        out = None if args.out is None else args.out / folder.name
        figures, table = evaluate(folder, args.data_dir, console, out)
        measured.append(figures)
        if not args.compare:
            results.print(table)
            print(*(f"{folder.name}: {line}" for line in format_figures(figures)), sep="\n")
    if args.compare:
        results.print(tabulate_comparison(compare(args.model, measured, args.photos, console), args.photos))
