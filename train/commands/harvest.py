"""`python -m train harvest`: make crops and line images of synthesized pages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from train.datasets.mnist import find_data_dir
from train.scripts import Parser, at_least


def main(argv: Sequence[str] | None = None) -> None:
    """Harvest as the command line says, and print the counts."""
    parser = Parser("harvest", "Make crops and line images of synthesized pages, by the pipeline itself.")
    parser.add_data_dir()
    add = parser.add_argument
    add("--out", type=Path, required=True, metavar="DIR", help="folder for the shards; the same command continues it")
    add("--pages", type=at_least(0), default=10_000, metavar="N", help="pages to train on (%(default)s)")
    add("--documents", type=at_least(0), default=0, metavar="N", help="of which the lines are taken (%(default)s)")
    add("--seed", type=at_least(0), default=0, metavar="N", help="of all chance and of the split by writer: as fit's")
    add("--workers", type=at_least(1), default=2, metavar="N", help="processes (%(default)s)")
    args = parser.parse_args(argv)
    find_data_dir(args.data_dir)
    from train.harvesting.harvest import HarvestPlan, harvest

    print(json.dumps(harvest(HarvestPlan(**vars(args)), Console(stderr=True)), indent=1))
