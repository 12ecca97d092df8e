"""What a run is asked to do: flags, defaults of the network and its recipe, what makes it the same run."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import UsageError
from train.commands.fit import parse_arguments
from train.fitting.options import FitPlan, split_parts
from train.fitting.recipes import PARTS


def test_flags_become_the_plan(tmp_path: Path) -> None:
    flags = [
        "--epochs",
        "3",
        "--seed",
        "5",
        "--out",
        str(tmp_path),
        "--limit",
        "9",
        "--resume",
        "--parts",
        "non-digits,extra",
    ]
    assert parse_arguments(flags) == FitPlan(
        epochs=3, seed=5, out=tmp_path, limit=9, resume=True, parts=("extra", "non-digits")
    )
    assert parse_arguments([]) == FitPlan()
    assert parse_arguments(["--arch", "cnn_tuned"]).out == Path("train/runs/cnn_tuned")


def test_what_is_not_said_is_the_recipes(tmp_path: Path) -> None:
    plan = FitPlan(arch="cnn_tuned")
    assert (plan.how.name, plan.n_epochs, plan.peak_rate) == ("plain", 10, 1e-3)
    photo = FitPlan(arch="cnn_tuned", recipe="photo", epochs=2, rate=0.5)
    assert (photo.how.name, photo.n_epochs, photo.peak_rate) == ("photo", 2, 0.5)


@pytest.mark.parametrize(
    "change", [{"seed": 1}, {"rate": 0.1}, {"parts": ()}, {"dataset": "idx:x"}, {"epochs": 3}, {"plain": 0.5}]
)
def test_another_run_has_other_facts(change: dict) -> None:
    assert FitPlan(**change).facts() != FitPlan().facts()


def test_where_it_is_written_does_not_make_another_run(tmp_path: Path) -> None:
    assert FitPlan(out=tmp_path, resume=True).facts() == FitPlan().facts()
    assert FitPlan(epochs=40).facts() == FitPlan().facts()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("none", ()),
        ("non-digits", ("non-digits",)),
        ("non-digits,augmented", ("augmented", "non-digits")),
        (",".join(PARTS), PARTS),
    ],
)
def test_parts_come_in_one_order(text: str, parts: tuple[str, ...]) -> None:
    assert split_parts(text) == parts


@pytest.mark.parametrize("share", ["1", "-0.1", "much"])
def test_plain_share_out_of_range_is_a_usage_error(share: str) -> None:
    with pytest.raises(UsageError, match="--plain: expected 0 to"):
        parse_arguments(["--plain", share])


@pytest.mark.parametrize(
    ("flags", "hint"),
    [
        (["--parts", "non-digit"], "mean non-digits"),
        (["--recipe", "foto"], "mean photo"),
        (["--arch", "digit"], "mean digits"),
    ],
    ids=["parts", "recipe", "network"],
)
def test_unknown_name_is_a_usage_error_with_the_nearest(flags: list[str], hint: str) -> None:
    with pytest.raises(UsageError, match=hint):
        parse_arguments(flags)


def test_unknown_network_or_recipe_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no recipe is called"):
        FitPlan(recipe="salt").how  # noqa: B018
    with pytest.raises(UsageError, match="no network is called"):
        FitPlan(arch="salt").architecture  # noqa: B018
