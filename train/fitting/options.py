"""What a run of `python -m train fit` is asked to do: its command line, and the facts that make it the same run."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError
from train.datasets.catalog import MNIST
from train.datasets.harvested_crops import FACTS_NAME
from train.fitting.batches import PARTS
from train.fitting.recipes import RECIPES, Recipe, find_recipe
from train.networks.architectures import SAVED, Architecture, find_architecture
from train.networks.checkpoint import hash_file
from train.scripts import add_common_flags

WORK_DIR_NAME = ".work"


@dataclass(frozen=True, slots=True)
class FitPlan:
    """What one run is asked to do.

    `dataset` is as for `load_dataset`; `recipe`, `epochs` and `rate` are those of the architecture and its recipe where
    None; `parts` are those of a photo recipe's mixture; `limit` keeps only so many training digits (None: all); `init`
    is a .keras file of the same network whose weights the run begins with (None: drawn ones); `harvest` is a folder of
    crops to mix in; `plain` is the share of plain digits in a photo recipe's batch.
    """

    arch: str = "digits"
    dataset: str = MNIST
    data_dir: Path | None = None
    recipe: str | None = None
    parts: tuple[str, ...] = PARTS
    epochs: int | None = None
    seed: int = 0
    out: Path = Path("models/digits")
    limit: int | None = None
    resume: bool = False
    init: Path | None = None
    rate: float | None = None
    harvest: Path | None = None
    plain: float | None = None

    @property
    def work_dir(self) -> Path:
        """Where checkpoints and the history lie; it tells git to ignore it."""
        return self.out / WORK_DIR_NAME

    @property
    def architecture(self) -> Architecture:
        """The network's makers' choices; raises UsageError if there is none of that name."""
        return find_architecture(self.arch)

    @property
    def how(self) -> Recipe:
        """The recipe; raises UsageError if there is none of that name."""
        return find_recipe(self.recipe or self.architecture.recipe)

    @property
    def n_epochs(self) -> int:
        """How many epochs the whole run has."""
        return self.epochs or self.how.epochs

    @property
    def peak_rate(self) -> float:
        """The (peak) learning rate."""
        return self.rate or self.how.rate

    def facts(self) -> dict[str, Any]:
        """Return what must be equal for a resumed run to be the same run."""
        facts = {"arch": self.arch, "dataset": self.dataset, "recipe": self.how.name, "epochs": self.n_epochs}
        facts |= {"seed": self.seed, "limit": self.limit, "rate": self.peak_rate}
        facts |= {} if self.how.name == "plain" else {"parts": list(self.parts)}
        facts |= {} if self.plain is None else {"plain": self.plain}
        facts |= {} if self.init is None else {"init_sha256": hash_file(self.init)}
        return facts | ({} if self.harvest is None else {"harvest_sha256": hash_file(self.harvest / FACTS_NAME)})


def parse_arguments(argv: list[str] | None) -> FitPlan:
    """Return the plan that the command line describes."""
    parser = argparse.ArgumentParser(prog="python -m train fit", description="Fit a network; write its model folder.")
    add_common_flags(parser)
    default = FitPlan()
    parser.add_argument("--arch", default=default.arch, help="network by name, see train/networks/architectures.py")
    what = "mnist, fashion_mnist, idx:DIR (files named as MNIST's), folder:DIR (a folder of pictures per class)"
    parser.add_argument("--dataset", default=default.dataset, metavar="NAME", help=f"{what} (%(default)s)")
    parser.add_argument("--recipe", choices=list(RECIPES), help="how to fit it; default: the network's own")
    some = f"what the photo recipe mixes in, by commas, of {','.join(PARTS)} (all)"
    parser.add_argument("--parts", type=split_parts, default=PARTS, metavar="NAMES", help=some)
    share = "share of plain digits in the photo recipe's batches, 0 to below 1; default: the mixture's own"
    parser.add_argument("--plain", type=float, metavar="SHARE", help=share)
    parser.add_argument("--epochs", type=int, help="times that every digit is shown; default: the recipe's")
    parser.add_argument("--seed", type=int, default=default.seed, help="of weights, split, examples (%(default)s)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="model folder (models/ARCH)")
    parser.add_argument("--limit", type=int, metavar="N", help="use only the first N digits: for a quick trial")
    parser.add_argument("--init", type=Path, metavar="FILE", help="begin with the weights of this .keras file")
    parser.add_argument("--rate", type=float, help="(peak) learning rate; default: the recipe's")
    parser.add_argument("--harvest", type=Path, metavar="DIR", help="crops from train.harvesting.harvest to mix in")
    parser.add_argument("--resume", action="store_true", help="go on after the last whole epoch of the same run")
    flags = vars(parser.parse_args(argv))
    flags["out"] = flags["out"] or Path("models") / flags["arch"]
    plan = FitPlan(**flags)
    if (plan.epochs or 1) < 1 or (plan.limit or 1) < 1 or plan.epochs == 0 or plan.limit == 0:
        raise UsageError("--epochs and --limit: expected at least 1", "see python -m train fit --help")
    if plan.plain is not None and not 0 <= plan.plain < 1:
        raise UsageError(f"--plain: expected 0 to below 1, received {plan.plain:g}", "")
    if plan.arch == SAVED and plan.init is None:
        raise UsageError(f"{SAVED} goes on with a saved network", "give --init FILE.keras")
    return plan


def split_parts(text: str) -> tuple[str, ...]:
    """Return the parts that `text` names by commas, in the order of `PARTS`; "none" names none."""
    named = [] if text == "none" else text.split(",")
    unknown = set(named) - set(PARTS)
    if unknown:
        raise argparse.ArgumentTypeError(f"no part is called {min(unknown)!r}; choose of {','.join(PARTS)}, or none")
    return tuple(part for part in PARTS if part in named)
