"""`python -m train adapt`: adapt a model to the corrections of a review, and write it if it reads nothing worse."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from pipeline.errors import MissingInputError
from train.adaptation.corrections import list_tables
from train.datasets.mnist import find_data_dir
from train.fitting.options import RUNS
from train.networks.model_folder import (
    CARD_NAME,
    KERAS_NAME,
    LITERT_NAME,
    check_model_folder,
    check_replaceable,
    find_model_folder,
)
from train.scripts import Parser, at_least


def main(argv: Sequence[str] | None = None) -> None:
    """Adapt a model as the command line says; print each figure before and after."""
    parser = Parser("adapt", "Adapt a model to corrected numbers; it is written only if it reads nothing worse.")
    parser.add_data_dir()
    add = parser.add_argument
    add("--corrections", type=Path, required=True, metavar="DIR", help="reviews whose right values are filled in")
    add("--out", type=Path, default=RUNS / "adapted", metavar="DIR", help="model folder (%(default)s)")
    add("--model", default="digits", metavar="NAME", help="the model to adapt, a folder with model.keras (%(default)s)")
    add("--seed", type=at_least(0), default=0, metavar="N", help="of all chance (%(default)s)")
    parser.add_force()
    args, console = parser.parse_args(argv), Console(stderr=True)
    if not args.corrections.is_dir():
        raise MissingInputError(f"{args.corrections}: no such folder", "name the folder of --review")
    check_model_folder(find_model_folder(Path(args.model)), KERAS_NAME, LITERT_NAME, CARD_NAME)
    find_data_dir(args.data_dir)
    if not args.force:
        check_replaceable(args.out, (KERAS_NAME, LITERT_NAME, CARD_NAME), "give another --out, or --force")
    list_tables(args.corrections)
    with console.status("loading Keras"):
        from train.adaptation.adapt import AdaptPlan, adapt, describe_plan

    plan = AdaptPlan(**vars(args))
    changes = adapt(plan, console)
    for line in (*map(str, changes), describe_plan(plan)):
        console.print(line, soft_wrap=True, markup=False)
