"""The search visits every point once, goes on after a kill as if there had been none, and tells what ran."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from rich.console import Console
from sqlalchemy import event
from sqlalchemy.engine import Engine

from pipeline.errors import UsageError
from train.__main__ import main
from train.commands import search as search_command
from train.commands.search import parse_arguments
from train.datasets.catalog import DIGIT_CLASSES, Dataset
from train.datasets.mnist import DigitSet
from train.fitting import search as search_room
from train.fitting.options import SearchPlan
from train.fitting.plain_training_set import PlainTrainingSet, gather_plain_set
from train.fitting.search import (
    GRID,
    SPACE,
    count_trials,
    fit_knobs,
    list_grid,
    list_rows,
    open_study,
    read_knobs,
    search,
)
from train.networks.architectures import PlainCnn
from train.synthesis.handwriting.drawn_digits import draw_digit_set

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
"""TensorFlow's variables do not know NumPy 2's `copy` yet, and Keras asks them for it."""

QUIET = Console(quiet=True)
TINY_SPACE = {
    "convolutions": CategoricalDistribution(["2 3x3", "3 5x5"]),
    "n_dense": IntDistribution(4, 64, step=4),
    "dropout": FloatDistribution(0.0, 0.5, step=0.1),
    "rate": FloatDistribution(1e-3, 1e-2, log=True),
    "batch_size": CategoricalDistribution([16, 32]),
}
TINY_GRID = {
    "convolutions": ["2 3x3", "3 5x5"],
    "n_dense": [4],
    "dropout": [0.0, 0.3],
    "rate": [1e-3],
    "batch_size": [32],
}


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    drawn = draw_digit_set(np.random.default_rng(0), 20, 0, 0)
    return Dataset("mnist", DIGIT_CLASSES, drawn, DigitSet(drawn.images[:0], drawn.labels[:0]))


@pytest.fixture(scope="module")
def training_set(dataset: Dataset) -> PlainTrainingSet:
    return gather_plain_set(dataset, 0)


@pytest.fixture(autouse=True)
def tiny_search(monkeypatch: pytest.MonkeyPatch, dataset: Dataset) -> None:
    monkeypatch.setattr(search_room, "SPACE", TINY_SPACE)
    monkeypatch.setattr(search_room, "GRID", TINY_GRID)
    monkeypatch.setattr(search_command, "load_dataset", lambda name, data_dir: dataset)


@pytest.fixture(autouse=True)
def unsynced_file() -> Iterator[None]:
    """Leave out SQLite's waits for the disk, which are most of a short trial."""

    def leave_out(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA synchronous=OFF").close()

    event.listen(Engine, "connect", leave_out)
    yield
    event.remove(Engine, "connect", leave_out)


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[PlainCnn, float, int]]:
    """Stand in for the fit, whose accuracy is then set by the knobs; what was fitted is told, with its seed."""
    fits: list[tuple[PlainCnn, float, int]] = []

    def fit(cnn: PlainCnn, recipe: search_room.Recipe, *given: object) -> tuple[float, int]:
        fits.append((cnn, recipe.rate, given[2]))  # type: ignore[arg-type]
        return 0.9 - abs(cnn.n_dense - 30) / 100 - cnn.dropout / 10, 1000 + cnn.n_dense

    monkeypatch.setattr(search_room, "fit_knobs", fit)
    return fits


def run(plan: SearchPlan, training_set: PlainTrainingSet) -> list[dict[str, str]]:
    with open_study(plan, "0") as study:
        search(study, plan, training_set, 10, QUIET)
        return list_rows(study)


def kill(monkeypatch: pytest.MonkeyPatch, plan: SearchPlan, training_set: PlainTrainingSet, after: int) -> None:
    """Run until `after` trials have ended and another is being fitted."""
    fit, n_begun = search_room.fit_knobs, 0

    def stop(*given: object) -> tuple[float, int]:
        nonlocal n_begun
        n_begun += 1
        if n_begun > after:
            raise KeyboardInterrupt
        return fit(*given)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(search_room, "fit_knobs", stop)
        with pytest.raises(KeyboardInterrupt):
            run(plan, training_set)


@pytest.mark.slow
def test_grid_visits_every_point_once(tmp_path: Path, training_set: PlainTrainingSet, fitted: list) -> None:
    rows = run(SearchPlan(method="grid", out=tmp_path), training_set)
    points = [(row["convolutions"], float(row["dropout"])) for row in rows]
    assert points == [("2 3x3", 0.0), ("2 3x3", 0.3), ("3 5x5", 0.0), ("3 5x5", 0.3)]
    assert [cnn.filters for cnn, _, _ in fitted] == [(2,), (2,), (3,), (3,)]
    run(SearchPlan(method="grid", trials=99, out=tmp_path), training_set)
    assert len(fitted) == 4


@pytest.mark.slow
@pytest.mark.parametrize("method", ["grid", "random", "tpe"])
def test_killed_search_goes_on_as_if_there_had_been_no_kill(
    method: str, tmp_path: Path, training_set: PlainTrainingSet, fitted: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = SearchPlan(method=method, trials=4 if method == "grid" else 8, out=tmp_path / "killed")
    kill(monkeypatch, plan, training_set, after=2)
    assert len(fitted) == 2
    rows = run(plan, training_set)
    assert [row["state"] for row in rows] == ["complete"] * 2 + ["killed"] + ["complete"] * (count_trials(plan) - 2)
    assert rows[2]["n_dense"] == rows[3]["n_dense"]
    assert rows[2]["val_accuracy"] == ""
    resumed = fitted.copy()
    run(replace(plan, out=tmp_path / "straight"), training_set)
    assert fitted[len(resumed) :] == resumed


@pytest.mark.slow
@pytest.mark.parametrize("at", ["before the point", "before its knobs"])
def test_grid_loses_no_point_to_a_kill_between_two_steps(
    at: str, tmp_path: Path, training_set: PlainTrainingSet, fitted: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = SearchPlan(method="grid", out=tmp_path)
    original = optuna.Study.ask

    def stop(study: optuna.Study, *given: object) -> optuna.Trial:
        if at == "before its knobs":
            original(study)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(optuna.Study, "ask", stop)
        with pytest.raises(KeyboardInterrupt):
            run(plan, training_set)
    run(plan, training_set)
    assert [(cnn.filters, cnn.dropout) for cnn, _, _ in fitted] == [((2,), 0.0), ((2,), 0.3), ((3,), 0.0), ((3,), 0.3)]


@pytest.mark.slow
def test_more_trials_may_be_asked_for_later(tmp_path: Path, training_set: PlainTrainingSet, fitted: list) -> None:
    first = run(SearchPlan(trials=2, out=tmp_path), training_set)
    rows = run(SearchPlan(trials=5, out=tmp_path), training_set)
    assert len(fitted) == len(rows) == 5
    assert [row["rate"] for row in rows[:2]] == [row["rate"] for row in first]


@pytest.mark.slow
def test_equal_seeds_draw_equal_points(tmp_path: Path, training_set: PlainTrainingSet, fitted: list) -> None:
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        run(SearchPlan(trials=3, seed=seed, out=tmp_path / name), training_set)
    assert fitted[:3] == fitted[3:6]
    assert not {cell[2] for cell in fitted[:3]} & {cell[2] for cell in fitted[6:]}
    assert len({rate for _, rate, _ in fitted[:3]}) == 3


@pytest.mark.slow
def test_tpe_learns_from_the_trials_before(tmp_path: Path, training_set: PlainTrainingSet, fitted: list) -> None:
    for method in ("random", "tpe"):
        run(SearchPlan(method=method, trials=16, out=tmp_path / method), training_set)
    random, tpe = ([abs(cnn.n_dense - 30) for cnn, _, _ in part[-8:]] for part in (fitted[:16], fitted[16:]))
    assert fitted[:6] == fitted[16:22]
    assert np.mean(tpe) < np.mean(random)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "named"),
    [({"method": "tpe"}, "method"), ({"epochs": 9}, "epochs"), ({"seed": 9}, "seed"), ({"limit": 9}, "limit")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_another_search_in_the_same_folder_is_refused(
    change: dict, named: str, tmp_path: Path, training_set: PlainTrainingSet, fitted: list
) -> None:
    plan = SearchPlan(trials=1, out=tmp_path)
    run(plan, training_set)
    with pytest.raises(UsageError, match=rf"holds another search \({named}"):
        run(replace(plan, **change), training_set)
    assert len(fitted) == 1


@pytest.mark.slow
def test_another_space_or_other_data_are_refused(
    tmp_path: Path, training_set: PlainTrainingSet, fitted: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = SearchPlan(trials=1, out=tmp_path)
    run(plan, training_set)
    with pytest.raises(UsageError, match="train_sha256"), open_study(plan, "1"):
        pass
    monkeypatch.setattr(search_room, "SPACE", TINY_SPACE | {"n_dense": IntDistribution(4, 32, step=4)})
    with pytest.raises(UsageError, match="space"):
        run(plan, training_set)


@pytest.mark.slow
def test_fit_learns_and_repeats_itself(training_set: PlainTrainingSet) -> None:
    values = {"convolutions": "8 5x5", "n_dense": 32, "dropout": 0.1, "rate": 0.01, "batch_size": 16}
    cnn, recipe = read_knobs(values, 3)
    steps: list[int] = []
    twice = [fit_knobs(cnn, recipe, training_set, 10, 7, lambda: steps.append(1)) for _ in range(2)]
    assert len(steps) == 2 * 3 * 12
    assert twice[0] == twice[1]
    assert twice[0][0] > 0.6
    assert twice[0][1] == 26 * 8 + (12 * 12 * 8 + 1) * 32 + 33 * 10


@pytest.mark.slow
def test_command_tells_what_ran(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "search"
    command = ["--method", "random", "--trials", "2", "--epochs", "1", "--limit", "60", "--out", str(out)]
    assert main(["search", *command]) == 0
    printed = capsys.readouterr().out
    with (out / "trials.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["trial"] for row in rows] == ["0", "1"]
    lines = [line.split() for line in printed.splitlines()]
    assert all([cell for value in row.values() for cell in value.split()] in lines for row in rows)
    best = max(rows, key=lambda row: float(row["val_accuracy"]))
    cnn, recipe = read_knobs({name: float(v) if "." in v else int(v) if v.isdigit() else v for name, v in best.items()})
    assert printed.splitlines()[-1].startswith(
        f"best: trial {best['trial']}, {100 * float(best['val_accuracy']):.2f} +- "
    )
    assert printed.splitlines()[-1].endswith(
        f"TUNED = {cnn}, fitted at rate {recipe.rate:g} in batches of {recipe.batch_size}"
    )
    assert (out / ".gitignore").read_text("utf-8") == "*\n"
    assert main(["search", *command]) == 0
    assert capsys.readouterr().out == printed


@pytest.mark.parametrize(
    "flags", [["--trials", "0"], ["--epochs", "0"], ["--limit", "0"], ["--seed", "-1"]], ids=lambda flags: flags[0]
)
def test_number_too_small_is_one_clear_line(flags: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", *flags]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"error: argument {flags[0]}: expected a whole number of at least {0 if flags[0] == '--seed' else 1}, "
        f"received {flags[1]}; see python -m train search --help"
    ]


def test_unknown_method_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", "--method", "rnadom"]) == 2
    assert "did you mean random?" in capsys.readouterr().err


def test_flags_become_the_plan(tmp_path: Path) -> None:
    flags = ["--method", "tpe", "--trials", "7", "--epochs", "2", "--limit", "9", "--seed", "4", "--out", str(tmp_path)]
    assert parse_arguments(flags) == SearchPlan("tpe", 7, 2, 9, seed=4, out=tmp_path)
    assert parse_arguments([]) == SearchPlan()
    assert [count_trials(plan) for plan in (SearchPlan(), SearchPlan("grid"), SearchPlan("grid", 3))] == [12, 4, 3]


@pytest.mark.slow
def test_every_point_of_grid_and_space_is_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_room, "GRID", GRID)
    points = list_grid()
    assert len(points) == 16
    assert all(SPACE[name]._contains(SPACE[name].to_internal_repr(v)) for point in points for name, v in point.items())
    assert PlainCnn((32, 64), 64) in [read_knobs(point)[0] for point in points]
    shapes = SPACE["convolutions"]
    assert isinstance(shapes, CategoricalDistribution)
    for convolutions in shapes.choices:
        cnn, _ = read_knobs(points[0] | {"convolutions": convolutions})
        assert isinstance(search_room.build_plain_cnn(cnn, 10, "any"), keras.Model)
