"""`python -m train search`: tune the plain network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from train.datasets.catalog import check_dataset_name, load_dataset
from train.datasets.mnist import find_data_dir
from train.fitting.options import SEARCH_METHODS, SearchPlan
from train.scripts import Parser, at_least, one_of


def parse_arguments(argv: Sequence[str] | None) -> SearchPlan:
    """Return the options that the command line describes.

    Raises
    ------
    UsageError : a flag is unknown or has a bad value
    """
    parser, usual = Parser("search", "Search the hyperparameters of the plain CNN."), SearchPlan()
    parser.add_data_dir()
    add = parser.add_argument
    how = "grid: fixed points; random: the whole space; tpe: guided by the trials before"
    add("--method", type=one_of(SEARCH_METHODS), default=usual.method, metavar="NAME", help=f"{how} (%(default)s)")
    many = "in all: the same command again runs those that are left (the grid's points; else 12)"
    add("--trials", type=at_least(1), metavar="N", help=many)
    add("--epochs", type=at_least(1), default=usual.epochs, metavar="N", help="of each trial (%(default)s)")
    add("--limit", type=at_least(1), metavar="N", help="use only the first N digits: for a quick search")
    add("--dataset", type=check_dataset_name, default=usual.dataset, metavar="NAME", help="as fit's (%(default)s)")
    add("--seed", type=at_least(0), default=usual.seed, metavar="N", help="of points, split, weights (%(default)s)")
    add("--out", type=Path, default=usual.out, metavar="DIR", help="the study's folder (%(default)s)")
    return SearchPlan(**vars(parser.parse_args(argv)))


def main(argv: Sequence[str] | None = None) -> None:
    """Search as the command line says; print the table of trials and the best."""
    plan, console = parse_arguments(argv), Console(stderr=True)
    find_data_dir(plan.data_dir)
    with console.status("reading the data"):
        dataset = load_dataset(plan.dataset, plan.data_dir)
    for note in dataset.notes:
        console.print(f"{plan.dataset}: {note}", style="yellow", soft_wrap=True, markup=False)
    with console.status("loading Keras and Optuna"):
        from train.fitting.search import run_search
    table, best = run_search(plan, dataset, console)
    Console(width=120).print(table)
    print(best)
