"""One source left out: drawn pages through the command line, the choosing with a fake reader, sums by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import pytest

from pipeline.errors import UsageError
from tests.support.drawing import make_reader, write_page
from train.__main__ import run_command
from train.tuning import cached_scores as rereads_room
from train.tuning.candidates import Change, list_changes
from train.tuning.leave_one_source_out import Choice, LeftOut, find_source, sum_up

TRIED = {changes[0].knob: changes for changes in list_changes(["skew"])}
DEG, RULED, COMPONENTS = TRIED["least_deg"][0], TRIED["least_ruled_deg"][0], TRIED["least_components"][1]
SOURCES = {"a.png": "Ann/Sheets", "b.png": "ann/sheets (back)", "c.png": "bob/cards"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of three drawn pages of two sources and one tagged otherwise, for the steady hand's reader."""
    truths = []
    for (file, source), number in zip(SOURCES.items(), ("4207", "58", "1936"), strict=True):
        cv2.imwrite(str(tmp_path / file), write_page(number, size_px=(260, 100)))
        truths.append({"file": file, "numbers": [number], "tags": ["clean"], "source": source})
    cv2.imwrite(str(tmp_path / "d.png"), write_page("3", size_px=(80, 80)))
    truths.append({"file": "d.png", "numbers": ["3"], "tags": ["hard"]})
    (tmp_path / "truth.json").write_text(json.dumps(truths), "utf-8")
    monkeypatch.setattr(rereads_room, "load_classifier", lambda model: make_reader())
    rereads_room._load_model.cache_clear()
    return tmp_path


def run(folder: Path, *flags: str) -> None:
    run_command("leave-out", [str(folder), "--workers", "1", "--work", str(folder / "work.jsonl"), *flags])


@pytest.mark.slow
def test_drawn_pages_are_read_rightly_whatever_is_left_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(folder, "--tag", "clean", "--stages", "broken_strokes", "skew")
    printed = capsys.readouterr().out
    assert "ann/sheets" in printed and "bob/cards" in printed and "d.png" not in printed
    assert "eager: +0.00 points" in printed
    n_lines = len((folder / "work.jsonl").read_text("utf-8").splitlines())
    run(folder, "--tag", "clean", "--stages", "broken_strokes", "skew", "--json")
    result = json.loads(capsys.readouterr().out)
    assert (result["shipped"], result["eager"], result["cautious"], result["eager_points"]) == (100, 100, 100, 0)
    assert [(s["source"], s["n_pages"], s["n_digits"]) for s in result["sources"]] == [
        ("ann/sheets", 2, 6),
        ("bob/cards", 1, 4),
    ]
    assert len((folder / "work.jsonl").read_text("utf-8").splitlines()) == n_lines


def fake_edits(folder: Path, truths: list[dict[str, Any]], model: str, values: dict[str, Any]) -> list[int]:
    """Ann's pages gain by DEG, and lose by it together with COMPONENTS, which is all that Bob's want.

    Bob's page loses by DEG; RULED costs Ann an edit, and Bob cannot tell.
    """
    asked = values.get("skew", {})
    deg, ruled, components = (asked.get(change.knob) == change.value for change in (DEG, RULED, COMPONENTS))
    ann = 2 - deg + 2 * (deg and components) + ruled
    bob = 1 + 2 * deg - components
    return [bob if truth["file"] == "c.png" else ann for truth in truths]


def test_settings_are_chosen_by_the_others_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rereads_room, "count_edits", fake_edits)
    run(folder, "--tag", "clean", "--stages", "skew", "--json")
    result = json.loads(capsys.readouterr().out)
    ann, bob = result["sources"]
    assert (ann["n_edits"], ann["n_other_edits"], bob["n_edits"], bob["n_other_edits"]) == (4, 1, 1, 4)
    assert ann["eager"] == {"changes": [str(COMPONENTS)], "n_other_edits": 0, "n_edits": 4}
    assert ann["cautious"] == {"changes": [], "n_other_edits": 1, "n_edits": 4}
    assert bob["eager"] == {"changes": [str(DEG)], "n_other_edits": 2, "n_edits": 3}
    assert bob["cautious"] == bob["eager"]
    assert [str(RULED), 2] in ann["open_losses"] and bob["open_losses"] == []
    assert (result["shipped"], result["eager"], result["cautious"]) == (50, 30, 30)
    assert result["eager_points"] == result["cautious_points"] == -20


def test_sums_by_hand() -> None:
    change = Change("decode", "doubtful", 0.5)
    rows = [
        LeftOut("a", 1, 6, 1, 0, Choice((change,), 0, 3), Choice((), 0, 1), 0.5, ((change, 1),)),
        LeftOut("b", 1, 4, 0, 1, Choice((), 1, 0), Choice((), 1, 0), -0.25, ()),
    ]
    sums = {"shipped": 90, "eager": 70, "cautious": 90, "eager_points": -20, "cautious_points": 0, "open_points": -2.5}
    assert sum_up(rows) == pytest.approx(sums)


@pytest.mark.parametrize(
    ("stated", "source"),
    [
        (None, "p.jpg"),
        (" ", "p.jpg"),
        ("Own/Name", "own/name"),
        ("own/name, folder b", "own/name"),
        ("https://github.com/own/name/tree/main/x", "own/name"),
    ],
    ids=["none", "blank", "plain", "remark", "address"],
)
def test_source_is_the_repository(stated: str | None, source: str) -> None:
    assert find_source({"file": "p.jpg", **({} if stated is None else {"source": stated})}) == source


def test_one_source_cannot_be_left_out(folder: Path) -> None:
    with pytest.raises(UsageError, match="two sources"):
        run(folder, "--tag", "hard")
    with pytest.raises(UsageError, match="at least 1"):
        run_command("leave-out", [str(folder), "--workers", "0"])
