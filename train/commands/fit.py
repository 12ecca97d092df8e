"""`python -m train fit`: train a digit network and write its model folder."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.console import Console

from pipeline.errors import MissingInputError, UsageError
from train.datasets.catalog import check_dataset_name
from train.datasets.harvested_crops import read_facts
from train.datasets.mnist import find_data_dir
from train.fitting.options import RUNS, FitPlan, split_parts
from train.fitting.recipes import PARTS, RECIPES
from train.networks.catalog import ARCHITECTURES, SAVED
from train.networks.model_folder import CARD_NAME, HISTORY_NAME, KERAS_NAME, LITERT_NAME, check_replaceable
from train.scripts import Parser, at_least, check_installed, one_of, positive, share


def parse_arguments(argv: Sequence[str] | None) -> FitPlan:
    """Return the options that the command line describes.

    Raises
    ------
    UsageError : a flag is unknown, has a bad value, or contradicts another
    """
    parser = Parser("fit", "Train a digit network and write its model folder.")
    add = parser.add_argument
    parser.add_data_dir()
    add(
        "--arch",
        type=one_of(ARCHITECTURES),
        default="digits",
        metavar="NAME",
        help=f"{', '.join(ARCHITECTURES)} (digits)",
    )
    what = "mnist, fashion_mnist, idx:DIR (MNIST's or EMNIST's files), folder:DIR (a folder per class), csv:FILE"
    add("--dataset", type=check_dataset_name, default="mnist", metavar="NAME", help=f"{what} (%(default)s)")
    add("--recipe", type=one_of(RECIPES), metavar="NAME", help=f"{', '.join(RECIPES)}; default: the network's own")
    some = f"what the photo recipe mixes in, by commas, of {','.join(PARTS)}; or none (all)"
    add("--parts", type=split_parts, default=PARTS, metavar="NAMES", help=some)
    frac = "share of plain digits in the photo recipe's batches, 0 to below 1; default: the mixture's own"
    add("--plain", type=share, metavar="SHARE", help=frac)
    add("--epochs", type=at_least(1), metavar="N", help="passes over the digits; default: the recipe's")
    add("--seed", type=at_least(0), default=0, metavar="N", help="of weights, split, examples (%(default)s)")
    add("--out", type=Path, metavar="DIR", help=f"model folder ({RUNS}/ARCH)")
    add("--limit", type=at_least(1), metavar="N", help="use only the first N digits: for a quick trial")
    add("--init", type=Path, metavar="FILE", help="begin with the weights of this .keras or .h5 file")
    add("--rate", type=positive, metavar="RATE", help="(peak) learning rate; default: the recipe's")
    add("--harvest", type=Path, metavar="DIR", help="crops from python -m train harvest to mix in")
    few = "stop when N epochs in a row are no better on the validation part, and keep the best one"
    add("--patience", type=at_least(1), metavar="N", help=few)
    add("--tensorboard", type=Path, metavar="DIR", help="log the figures of each epoch there, for TensorBoard")
    add("--resume", action="store_true", help="continue after the last whole epoch of the same run")
    parser.add_force()
    flags = vars(parser.parse_args(argv))
    flags["out"] = flags["out"] or RUNS / flags["arch"]
    plan = FitPlan(**flags)
    if plan.plain == 1:
        raise UsageError("--plain: expected 0 to below 1, received 1", "")
    if plan.arch == SAVED and plan.init is None:
        raise UsageError(f"{SAVED} starts from a saved network", "give --init FILE.keras")
    if plan.how.name == "plain" and (plan.harvest is not None or plan.parts != PARTS or plan.plain is not None):
        raise UsageError("--harvest, --parts and --plain: the plain recipe mixes nothing in", "give --recipe photo")
    return plan


def check_inputs(plan: FitPlan) -> None:
    """Check that the files of a run exist, and that it replaces no shipped model.

    Raises
    ------
    InputError : a file or folder is missing
    UsageError : it would replace a shipped model, or the harvest has another seed
    SetupError : --tensorboard needs a library that is not installed
    """
    find_data_dir(plan.data_dir)
    if plan.tensorboard is not None:
        check_installed("tensorboard")
    if plan.init is not None and plan.init.is_dir():
        raise UsageError(f"{plan.init}: is a folder", "give the .keras or .h5 file; a SavedModel cannot be trained on")
    if plan.init is not None and not plan.init.is_file():
        raise MissingInputError(f"{plan.init}: no such file")
    if plan.harvest is not None and (seed := read_facts(plan.harvest)["seed"]) != plan.seed:
        raise UsageError(f"{plan.harvest}: was harvested with seed {seed}", f"give --seed {seed}, or harvest")
    if not plan.force:
        names = (KERAS_NAME, LITERT_NAME, CARD_NAME, HISTORY_NAME)
        check_replaceable(plan.out, names, "give another --out, or --force")


def main(argv: Sequence[str] | None = None) -> None:
    """Train a network as the command line says."""
    plan, console = parse_arguments(argv), Console(stderr=True)
    tell = partial(console.print, soft_wrap=True, markup=False)
    warn = partial(tell, style="yellow")
    check_inputs(plan)
    with console.status("loading Keras"):
        from train.evaluation.fine_tuning import describe_change, measure_change
        from train.fitting.fit import describe_doubts, finish, fit, gather_training_set
    with console.status("reading the data"):
        training_set, classes = gather_training_set(plan, warn)
    model, history = fit(plan, training_set, len(classes), console)
    with console.status("exporting and calibrating"):
        card = finish(plan, training_set, model, history, classes)
    tell(f"{plan.out}: temperature {card['temperature']:g}, {card['validation']}")
    if plan.init is not None:
        for line in describe_change(measure_change(plan.init, plan.out, training_set.held_out)):
            tell(f"{plan.out}: {line}")
    for line in describe_doubts(plan, card):
        warn(f"{plan.out}: {line}")
