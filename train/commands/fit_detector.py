"""`python -m train fit-detector`: train the page network and write its model folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from pipeline.errors import MissingInputError, UsageError
from train.datasets.detector_pages import PAGES_NAME
from train.fitting.options import DetectorPlan
from train.networks.model_folder import CARD_NAME, HISTORY_NAME, KERAS_NAME, LITERT_NAME, check_replaceable
from train.scripts import Parser, at_least, positive, share

_THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


def parse_arguments(argv: Sequence[str] | None) -> DetectorPlan:
    """Return the options that the command line describes.

    Raises
    ------
    UsageError : a flag is unknown, or has a bad value
    """
    parser = Parser("fit-detector", "Train the page network and write its model folder.")
    usual = DetectorPlan(Path(), Path())
    add = parser.add_argument
    add("--pages", type=Path, required=True, metavar="DIR", help=f"pages to learn from, with {PAGES_NAME}")
    add("--held-out", type=Path, required=True, metavar="DIR", help="pages of other writers, for validation")
    add("--out", type=Path, default=usual.out, metavar="DIR", help="model folder (%(default)s)")
    add("--epochs", type=at_least(1), default=usual.epochs, metavar="N", help="(%(default)s)")
    add("--steps", type=at_least(1), default=usual.steps, metavar="N", help="per epoch (%(default)s)")
    add("--batch", type=at_least(1), default=usual.batch, metavar="N", help="crops per step (%(default)s)")
    add("--rate", type=positive, default=usual.rate, metavar="RATE", help="peak learning rate (%(default)s)")
    add("--seed", type=at_least(0), default=usual.seed, metavar="N", help="of all chance (%(default)s)")
    add(
        "--processes",
        type=at_least(1),
        default=usual.processes,
        metavar="N",
        help="of one thread each, which average their weights now and then (%(default)s)",
    )
    add("--half", action="store_true", help="compute in bfloat16: faster where the processor supports it")
    add("--init", type=Path, metavar="FILE", help="begin with the weights of this .keras file")
    add(
        "--init-share",
        type=share,
        default=usual.init_share,
        metavar="SHARE",
        help="of these first weights in those that are written, 0 to 1 (%(default)s)",
    )
    add("--resume", action="store_true", help="continue after the last whole epoch of the same run")
    parser.add_force()
    return DetectorPlan(**vars(parser.parse_args(argv)))


def check_inputs(plan: DetectorPlan) -> None:
    """Check that the files of a run exist, and that it replaces no shipped model.

    Raises
    ------
    InputError : a file or folder is missing
    UsageError : it would replace a shipped model, or has a share of no first weights
    """
    needed = [plan.pages / PAGES_NAME, plan.held_out / PAGES_NAME, *([] if plan.init is None else [plan.init])]
    if plan.init_share and plan.init is None:
        raise UsageError("--init-share needs the first weights", "give --init FILE")
    for path in needed:
        if not path.is_file():
            raise MissingInputError(f"{path}: no such file")
    if not plan.force:
        names = (KERAS_NAME, LITERT_NAME, CARD_NAME, HISTORY_NAME)
        check_replaceable(plan.out, names, "give another --out, or --force")


def main(argv: Sequence[str] | None = None) -> None:
    """Train the page network as the command line says."""
    plan, console = parse_arguments(argv), Console(stderr=True)
    check_inputs(plan)
    if plan.processes > 1:
        os.environ.update(dict.fromkeys(_THREADS, "1"))  # read when TensorFlow is imported, by the children too
    with console.status("loading Keras"):
        from train.fitting.fit_detector import finish, fit_detector
    model, history = fit_detector(plan, console)
    with console.status("exporting"):
        card = finish(plan, model, history)
    console.print(f"{plan.out}: {card['validation']}", soft_wrap=True)
