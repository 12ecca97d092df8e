"""A whole adaptation in a few steps: what is refused, what is written, and that it reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from pipeline.cli import main as read
from pipeline.errors import InputError, ModelError
from pipeline.recognition.classify import list_model_files, load_classifier
from train.__main__ import main
from train.adaptation import adapt as adapt_room
from train.adaptation.adapt import AdaptPlan, adapt, describe_plan
from train.adaptation.judge import CORRECTIONS
from train.adaptation.new_writer import write_review
from train.adaptation.score_adapt import ScorePlan, score_adapt

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
    pytest.mark.slow,
]
QUIET = Console(quiet=True)


@pytest.fixture(scope="module")
def corrections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("review")
    write_review(folder, 1, load_classifier(), 80)
    return folder


@pytest.fixture
def no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIGITS_DATA", raising=False)


@pytest.mark.usefixtures("no_data")
def test_model_that_reads_nothing_better_is_not_written(
    corrections: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapt_room, "measure", lambda *_: {CORRECTIONS: 80.0, "pages": 95.0})
    out = tmp_path / "mine"
    with pytest.raises(ModelError, match=f"not written, .*: {CORRECTIONS}: 80.0 % right before, 80.0 % after"):
        adapt(AdaptPlan(corrections, out, steps=1, pages=1), QUIET)
    assert not out.exists()


@pytest.mark.usefixtures("no_data")
def test_adapted_model_is_a_folder_that_reads_wherever_it_lies(
    corrections: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = iter([80.0, 81.0, 82.0, 83.0, 79.0, 90.0])
    monkeypatch.setattr(adapt_room, "measure", lambda *_: {CORRECTIONS: next(figures)})
    plan = AdaptPlan(corrections, tmp_path / "mine", steps=2, pages=1)
    (change,) = adapt(plan, QUIET)
    assert (change.before, change.after) == (80.0, 90.0)
    assert "share 0.6" in describe_plan(plan)
    moved = (tmp_path / "mine").rename(tmp_path / "moved")
    card = json.loads((moved / "card.json").read_text())
    assert (card["line_model"], card["page_model"]) == ("lines", "page")
    assert card["validation"] == {CORRECTIONS: {"before": 80.0, "after": 90.0}}
    assert 0.2 < card["temperature"] < 5 and card["made"]["before"]["seed"] == 1
    assert all(moved in path.parents and path.is_file() for path in list_model_files(moved))
    sample = str(Path(__file__).resolve().parents[3] / "samples" / "plain.jpg")
    assert read([sample, "--model", str(moved)]) == 0
    assert capsys.readouterr().out.endswith("plain.jpg: 4207 1936 | 58\n")
    assert main(["adapt", "--corrections", str(corrections), "--out", str(moved), "--model", "none"]) == 4


def test_few_corrections_are_refused(corrections: Path, tmp_path: Path) -> None:
    lines = (corrections / "review.csv").read_text("utf-8").splitlines()
    (tmp_path / "review.csv").write_text("\n".join(lines[:4]) + "\n", "utf-8")
    with pytest.raises(InputError, match="expected 12 corrected numbers or more, received 0"):
        adapt(AdaptPlan(tmp_path, tmp_path / "mine"), QUIET)


def test_network_of_another_make_is_refused(corrections: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"mlp_50_50_sigmoid: expected \(N, 28, 28, 1\) in and a softmax out"):
        adapt(AdaptPlan(corrections, tmp_path / "mine", "mlp_50_50_sigmoid"), QUIET)


@pytest.mark.usefixtures("no_data")
def test_scores_before_and_after_are_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from train.adaptation import score_adapt as room

    def copy(plan: AdaptPlan, _: Console) -> list[object]:
        assert (plan.corrections / "review.csv").is_file()
        return []

    monkeypatch.setattr(room, "adapt", copy)
    monkeypatch.setattr(room, "describe_plan", lambda plan: "")
    monkeypatch.setattr(room, "load_classifier", lambda *_: load_classifier())
    monkeypatch.setattr(room, "_N_TEST", 1)
    score_adapt(ScorePlan(tmp_path, digits=4), QUIET)
    out = capsys.readouterr().out
    assert "before" in out and "after" in out and "other pages of the writer" in out
