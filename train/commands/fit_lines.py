"""`python -m train fit-lines`: train the line network and write its model folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from pipeline.errors import MissingInputError, UsageError
from train.datasets.harvested_crops import read_facts
from train.fitting.options import LinePlan
from train.networks.model_folder import CARD_NAME, HISTORY_NAME, KERAS_NAME, LITERT_NAME, check_replaceable
from train.scripts import Parser, at_least, positive, share


def parse_arguments(argv: Sequence[str] | None) -> LinePlan:
    """Return the options that the command line describes.

    Raises
    ------
    UsageError : a flag is unknown, has a bad value, or contradicts another
    """
    parser, usual = Parser("fit-lines", "Train the line network and write its model folder."), LinePlan(Path())
    add = parser.add_argument
    add("--harvest", type=Path, required=True, metavar="DIR", help="line images from python -m train harvest")
    add("--out", type=Path, default=usual.out, metavar="DIR", help="model folder (%(default)s)")
    add("--epochs", type=at_least(1), default=usual.epochs, metavar="N", help="(%(default)s)")
    add("--windows", type=at_least(1), default=usual.windows, metavar="N", help="per epoch (%(default)s)")
    add("--rate", type=positive, default=usual.rate, metavar="RATE", help="peak learning rate (%(default)s)")
    add("--seed", type=at_least(0), default=usual.seed, metavar="N", help="of all chance (%(default)s)")
    add("--half", action="store_true", help="compute in bfloat16: faster where the processor supports it")
    add("--init", type=Path, metavar="FILE", help="begin with the weights of this .keras file")
    add("--average", type=Path, metavar="FILE", help="a .keras file whose weights are averaged in (--init)")
    add("--share", type=share, default=usual.share, help="of the fitted weights in this average (1)")
    add("--resume", action="store_true", help="continue after the last whole epoch of the same run")
    parser.add_force()
    plan = LinePlan(**vars(parser.parse_args(argv)))
    if plan.share < 1 and plan.init is None and plan.average is None:
        raise UsageError("--share: needs --average or --init", f"see {parser.prog} --help")
    return plan


def check_inputs(plan: LinePlan) -> None:
    """Check that the files of a run exist, and that it replaces no shipped model.

    Raises
    ------
    InputError : a file or folder is missing
    UsageError : it would replace a shipped model
    """
    read_facts(plan.harvest)
    for path in (plan.init, plan.average):
        if path is not None and not path.is_file():
            raise MissingInputError(f"{path}: no such file")
    if not plan.force:
        names = (KERAS_NAME, LITERT_NAME, CARD_NAME, HISTORY_NAME)
        check_replaceable(plan.out, names, "give another --out, or --force")


def main(argv: Sequence[str] | None = None) -> None:
    """Train the line network as the command line says."""
    plan, console = parse_arguments(argv), Console(stderr=True)
    check_inputs(plan)
    with console.status("loading Keras"):
        from train.fitting.calibrate import is_at_bound
        from train.fitting.fit_lines import finish, fit_lines
    model, history = fit_lines(plan, console)
    with console.status("exporting and calibrating"):
        card = finish(plan, model, history)
    console.print(f"{plan.out}: temperature {card['temperature']:g}, {card['validation']}", soft_wrap=True)
    if is_at_bound(card["calibration"]["temperature"]):
        fitted = f"the fitted temperature, {card['calibration']['temperature']:g}, is the least or most that is tried"
        console.print(f"{plan.out}: {fitted}, so the card has 1: harvest more pages", style="yellow", soft_wrap=True)
