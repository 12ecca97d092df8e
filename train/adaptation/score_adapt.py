"""Shows what adapting gives: one new writer before and after, and folders with truth. `python -m train score-adapt`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipeline.recognition.classify import Classifier, load_classifier
from pipeline.settings.tree import Settings
from train.adaptation.adapt import AdaptPlan, adapt, describe_plan
from train.adaptation.new_writer import list_pages, score_pages, write_review
from train.evaluation.page_score import PageScore
from train.evaluation.score_pages import read_folder

_FIRST_TEST, _N_TEST = 1000, 24
"""Pages of the writer that are scored; none of them was reviewed."""


@dataclass(frozen=True, slots=True)
class ScorePlan:
    """Options of `python -m train score-adapt`: the writer's seed, and about how many digits are corrected."""

    out: Path
    data_dir: Path | None = None
    seed: int = 0
    digits: int = 100
    folders: tuple[Path, ...] = ()


def score_adapt(plan: ScorePlan, console: Console) -> None:
    """Review a new writer's pages, adapt the shipped model, and print its scores before and after.

    Raises
    ------
    InputError : a file cannot be read
    ModelError : the adapted model reads something worse
    """
    before, pages = load_classifier(), list_pages(plan.seed, _FIRST_TEST, _N_TEST)
    review = plan.out / "review"
    with console.status("reviewing the writer's pages"):
        done = write_review(review, plan.seed, before, plan.digits)
    console.print(
        f"{done.n_numbers} rejected numbers of {done.n_pages} pages corrected, {done.n_digits} digits", soft_wrap=True
    )
    adapted = AdaptPlan(review, plan.out / "model", data_dir=plan.data_dir, seed=plan.seed)
    for change in adapt(adapted, console):
        console.print(str(change), soft_wrap=True, markup=False)
    console.print(describe_plan(adapted), soft_wrap=True, markup=False)
    models = before, load_classifier(str(adapted.out))
    rows = [("other pages of the writer", [score_pages(pages, model) for model in models])]
    rows += [(folder.name, [_score_folder(folder, model) for model in models]) for folder in plan.folders]
    _print_table(rows)


def _score_folder(folder: Path, classifier: Classifier) -> PageScore:
    return sum((score for _, score in read_folder(folder, classifier, Settings())), PageScore())


def _print_table(rows: Sequence[tuple[str, Sequence[PageScore]]]) -> None:
    table = Table("pages", "model", "digits written", "errors", "digits", "numbers", "risk", box=None)
    for name, scores in rows:
        for model, score in zip(("before", "after"), scores, strict=True):
            figures = (f"{score.figures[figure]:.1f}" for figure in ("digits", "numbers", "risk"))
            table.add_row(name, model, str(score.n_digits), str(score.n_edits), *figures)
    Console(width=110).print(table)
