"""Leave-one-source-out validation of the settings: each is chosen without one source, which is then scored.

`python -m train leave-out FOLDER`; the folder holds pictures and a truth.json, as for `python -m train score`. Pages of
one `source` (a repository, OWNER/NAME) are left out together; a page that states none is a source of its own.

Every page is read once with each setting moved alone (`train.tuning.candidates`). Then, for each source, on the pages
of all others: for every setting the value with the fewest edits, where equal the shipped one, then the nearest; the
changes in order of gain, each kept unless the others' digits get fewer. With these the source's own pages are read.

- eager: any gain at all moves a setting. One page can suffice, so this is the worst case, and the one that counts.
- cautious: a setting moves only if a gain is left without the page that gains most.
- open: the effect of keeping the shipped value where the others give other values the same edits. Each setting drawn
  among those that are equal on the others; expected edits, the effects of single settings added up.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from pipeline.errors import UsageError
from train.evaluation.page_score import PageScore, load_truth
from train.tuning.cached_scores import Rereads
from train.tuning.candidates import Change, list_changes
from train.tuning.choose import Changes, Trial, keep_gains, list_open, rank_changes

STRATEGIES = ("eager", "cautious")
MEANINGS = {
    "eager": "chosen again without the source that is read",
    "cautious": "the same, where more than one page gains",
    "open": "expected, if what the others leave open were drawn among its equals",
}
N_LOSSES = 4
"""Settings that the table names for each source; JSON has all."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The changes chosen without a source: edits of the others' pages with them, and of the source's own."""

    changes: Changes
    n_other_edits: int
    n_edits: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One source left out.

    `n_edits` and `n_other_edits` are those of the shipped settings; `open_edits` is how many more are expected where
    each setting that the others leave open is drawn among its equals; `open_losses` lists those equals that cost edits.
    """

    source: str
    n_pages: int
    n_digits: int
    n_edits: int
    n_other_edits: int
    eager: Choice
    cautious: Choice
    open_edits: float
    open_losses: tuple[tuple[Change, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class PageSet:
    """The pages looked at: their places in the truth, sources and digits; counts their edits."""

    rereads: Rereads
    pages: Sequence[int]
    sources: Sequence[str]
    n_digits: Sequence[int]

    def try_all(self, settings: Sequence[Sequence[Change]]) -> list[Trial]:
        """Return each setting's trial; all pages are read with every change alone."""
        alone = [(), *((change,) for changes in settings for change in changes)]
        edits = self.rereads.count(alone, self.pages, "each setting alone")
        ends = np.cumsum([1, *map(len, settings)])
        return [
            Trial(changes, np.concatenate([edits[:1], edits[end - len(changes) : end]]))
            for changes, end in zip(settings, ends[1:], strict=True)
        ]

    def count(self, changes: Changes, chosen: Sequence[int], label: str) -> int:
        """Return the edits of the `chosen` of these pages, all together; the progress bar shows `label`."""
        return int(self.rereads.count([changes], [self.pages[i] for i in chosen], label).sum())


def leave_out(source: str, trials: Sequence[Trial], pages: PageSet) -> LeftOut:
    """Return what comes of choosing all settings without one source.

    Parameters
    ----------
    source : the one to leave out
    trials : of each setting
    pages : those that the trials are of
    """
    is_other = np.array([name != source for name in pages.sources])
    others, own = np.flatnonzero(is_other).tolist(), np.flatnonzero(~is_other).tolist()

    def choose(is_cautious: bool) -> Choice:
        ranked = rank_changes(trials, is_other, is_cautious)
        changes, n_other_edits = keep_gains(ranked, lambda changes: pages.count(changes, others, source))
        return Choice(changes, n_other_edits, pages.count(changes, own, source))

    equals = [list_open(trial, is_other) for trial in trials]
    losses = ((change, more) for trial in equals for change, more in trial if change is not None and more > 0)
    return LeftOut(
        source,
        len(own),
        sum(pages.n_digits[i] for i in own),
        pages.count((), own, source),
        pages.count((), others, source),
        choose(False),
        choose(True),
        float(sum(np.mean([more for _, more in trial]) for trial in equals)),
        tuple(sorted(losses, key=lambda loss: -loss[1])),
    )


def find_source(truth: dict[str, Any]) -> str:
    """Return a page's source: OWNER/NAME in lower case, no folder or remark behind it; its file if it states none."""
    words = truth.get("source", "").lower().removeprefix("https://github.com/").split()
    return "/".join(words[0].rstrip(",;:").split("/")[:2]) if words else str(truth["file"])


def take_pages(rereads: Rereads, truths: Sequence[dict[str, Any]], tag: str | None) -> PageSet:
    """Return the pages with a tag, or all.

    Raises
    ------
    UsageError : they are not of two sources at least
    """
    pages = [i for i, truth in enumerate(truths) if tag is None or tag in truth.get("tags", [])]
    sources = [find_source(truths[i]) for i in pages]
    if len(set(sources)) < 2:
        raise UsageError(f"expected pages of two sources at least, received {len(set(sources))}", "see --tag")
    return PageSet(rereads, pages, sources, [len("".join(truths[i]["numbers"])) for i in pages])


def sum_up(rows: Sequence[LeftOut]) -> dict[str, float]:
    """Return the digits in percent over all sources, as shipped and chosen again, and what that costs in points."""
    n_digits = sum(row.n_digits for row in rows)
    edits = {"shipped": sum(row.n_edits for row in rows)}
    edits |= {strategy: sum(getattr(row, strategy).n_edits for row in rows) for strategy in STRATEGIES}
    figures = {strategy: PageScore(n_digits=n_digits, n_edits=n).figures["digits"] for strategy, n in edits.items()}
    points = {f"{strategy}_points": figures[strategy] - figures["shipped"] for strategy in STRATEGIES}
    return {**figures, **points, "open_points": -100 * sum(row.open_edits for row in rows) / max(1, n_digits)}


def describe(row: LeftOut) -> dict[str, Any]:
    """Return a source's result as JSON has it."""
    losses = [[str(change), more] for change, more in row.open_losses]
    strategies = {
        strategy: {**asdict(getattr(row, strategy)), "changes": [*map(str, getattr(row, strategy).changes)]}
        for strategy in STRATEGIES
    }
    return {**asdict(row), **strategies, "open_losses": losses}


def tabulate(rows: Sequence[LeftOut]) -> Table:
    """Return a row for each source and one for all."""
    sums = sum_up(rows)
    table = Table(
        "source", "pages", "digits", "shipped", *STRATEGIES, "changed (eager)", "open: edits it may cost", box=None
    )
    for row in rows:
        edits = [row.n_edits, *(getattr(row, strategy).n_edits for strategy in STRATEGIES)]
        figures = [f"{PageScore(n_digits=row.n_digits, n_edits=n).figures['digits']:.1f}" for n in edits]
        changed = " ".join(map(str, row.eager.changes))
        lost = " ".join(f"{change} (+{more})" for change, more in row.open_losses[:N_LOSSES])
        table.add_row(row.source, str(row.n_pages), str(row.n_digits), *figures, changed, lost)
    counts = (str(sum(row.n_pages for row in rows)), str(sum(row.n_digits for row in rows)))
    table.add_row("all", *counts, *(f"{sums[strategy]:.2f}" for strategy in ("shipped", *STRATEGIES)))
    return table


def run_all(args: argparse.Namespace) -> list[LeftOut]:
    """Return the results of all sources, in order of their names; progress is shown on stderr.

    Raises
    ------
    InputError : as for `load_truth`
    UsageError : as for `Rereads`, `list_changes` and `take_pages`
    """
    truths = load_truth(args.folder)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with (
        Progress(*columns, console=Console(stderr=True), transient=True) as progress,
        Rereads(args.folder, truths, args.model, args.work, args.workers, progress) as rereads,
    ):
        pages = take_pages(rereads, truths, args.tag)
        trials = pages.try_all(list_changes(args.stages))
        sources = sorted(set(pages.sources))
        bar = progress.add_task("sources left out", total=len(sources))
        rows = []
        for source in sources:
            rows.append(leave_out(source, trials, pages))
            progress.advance(bar)
    return rows


def print_results(args: argparse.Namespace, rows: Sequence[LeftOut]) -> None:
    """Print the table of the results, or with --json one JSON object."""
    sums = sum_up(rows)
    if args.json:
        facts = {"folder": str(args.folder), "tag": args.tag, "model": args.model, "stages": args.stages}
        print(json.dumps({**facts, **sums, "sources": [describe(row) for row in rows]}, indent=1))
        return
    print(f"{args.folder}, model {args.model}:")
    Console(width=160).print(tabulate(rows))
    for strategy, meaning in MEANINGS.items():
        print(f"{strategy}: {sums[f'{strategy}_points']:+.2f} points, {meaning}")
