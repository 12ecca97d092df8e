"""Options of the fits and of the search, and the facts that identify a run for `--resume`."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from train.datasets.catalog import MNIST
from train.datasets.detector_pages import PAGES_NAME
from train.datasets.harvested_crops import FACTS_NAME
from train.fitting.recipes import PARTS, Recipe, find_recipe
from train.networks.catalog import LINES, PAGE, Architecture, find_architecture
from train.networks.model_folder import hash_file
from train.scripts import suggest_name

WORK_DIR_NAME = ".work"
RUNS = Path("train/runs")
"""Where results go by default; git ignores it."""

SEARCH_METHODS = ("grid", "random", "tpe")


@dataclass(frozen=True, slots=True)
class FitPlan:
    """Options of `python -m train fit`.

    `dataset` is as for `load_dataset`; `recipe`, `epochs` and `rate` are those of the architecture and its recipe where
    None; `parts` are those of a photo recipe's mixture; `limit` keeps only so many training digits (None: all); `init`
    is a .keras file of the same network whose weights the run begins with (None: drawn ones); `harvest` is a folder of
    crops to mix in; `plain` is the share of plain digits in a photo recipe's batch. With `patience` the run ends when
    so many epochs in a row are no better than the best, which is kept; `tensorboard` is a folder to log epochs in.
    """

    arch: str = "digits"
    dataset: str = MNIST
    data_dir: Path | None = None
    recipe: str | None = None
    parts: tuple[str, ...] = PARTS
    epochs: int | None = None
    seed: int = 0
    out: Path = RUNS / "digits"
    limit: int | None = None
    resume: bool = False
    force: bool = False
    init: Path | None = None
    rate: float | None = None
    harvest: Path | None = None
    plain: float | None = None
    patience: int | None = None
    tensorboard: Path | None = None

    @property
    def work_dir(self) -> Path:
        """The folder of checkpoints, which git ignores."""
        return self.out / WORK_DIR_NAME

    @property
    def architecture(self) -> Architecture:
        """How the network is fitted; raises UsageError if there is none of that name."""
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
        facts |= {} if self.patience is None else {"patience": self.patience}
        facts |= {} if self.init is None else {"init_sha256": hash_file(self.init)}
        return facts | ({} if self.harvest is None else {"harvest_sha256": hash_file(self.harvest / FACTS_NAME)})


@dataclass(frozen=True, slots=True)
class LinePlan:
    """Options of `python -m train fit-lines`; an epoch has `windows`.

    `share` is the share of the fitted weights in those that are written, beside those of `average`, or of `init`: a run
    may be resumed, once done, to write another average.
    """

    harvest: Path
    out: Path = RUNS / LINES
    epochs: int = 40
    windows: int = 60_000
    rate: float = 3e-3
    seed: int = 0
    resume: bool = False
    force: bool = False
    half: bool = False
    init: Path | None = None
    average: Path | None = None
    share: float = 1.0

    def facts(self) -> dict[str, Any]:
        """Return what must be equal for a resumed run to be the same run."""
        names = ("epochs", "windows", "rate", "seed", "half")
        facts = {name: getattr(self, name) for name in names} | {"harvest_sha256": hash_file(self.harvest / FACTS_NAME)}
        return facts if self.init is None else facts | {"init_sha256": hash_file(self.init)}


@dataclass(frozen=True, slots=True)
class DetectorPlan:
    """Options of `python -m train fit-detector`; an epoch has `steps` of `batch` crops.

    `init_share` is the share of the weights of `init` in those that are written: a run may be resumed, once done, to
    write another average.
    """

    pages: Path
    held_out: Path
    out: Path = RUNS / PAGE
    epochs: int = 40
    steps: int = 400
    batch: int = 8
    rate: float = 2e-3
    seed: int = 0
    processes: int = 1
    resume: bool = False
    force: bool = False
    half: bool = False
    init: Path | None = None
    init_share: float = 0.0

    def facts(self) -> dict[str, Any]:
        """Return what must be equal for a resumed run to be the same run."""
        names = ("epochs", "steps", "batch", "rate", "seed", "processes", "half")
        facts = {name: getattr(self, name) for name in names}
        facts["pages_sha256"] = hash_file(self.pages / PAGES_NAME)
        return facts if self.init is None else facts | {"init_sha256": hash_file(self.init)}


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """Options of `python -m train search`.

    `trials` is how many there shall be in all, those of earlier runs included; a grid has no more than its points.
    `limit` keeps only so many training digits (None: all).
    """

    method: str = "random"
    trials: int | None = None
    epochs: int = 3
    limit: int | None = None
    dataset: str = MNIST
    data_dir: Path | None = None
    seed: int = 0
    out: Path = RUNS / "search"


def split_parts(text: str) -> tuple[str, ...]:
    """Return the parts that `text` names by commas, in the order of `PARTS`; "none" names none."""
    named = [] if text == "none" else text.split(",")
    unknown = set(named) - set(PARTS)
    if unknown:
        name = min(unknown)
        raise argparse.ArgumentTypeError(f"{name!r} is not known; {suggest_name(name, (*PARTS, 'none'))}")
    return tuple(part for part in PARTS if part in named)
