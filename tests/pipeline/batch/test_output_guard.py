"""Runs that would overwrite what they read: refused in one line, before anything is read or made."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import cv2
import pytest

from pipeline.batch import run
from pipeline.cli import main
from pipeline.recognition.classify import MODELS_DIR
from tests.support.drawing import write_page
from tests.support.one_process import start_none

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder, the current one, of pictures, links to them, a list, settings and a model; nothing is read."""
    (tmp_path / "in" / "sub").mkdir(parents=True)
    for name in (
        "in/a.png",
        "in/sub/b.png",
        "look/crops/a.1-0123abcd.png",
        "look/a.annotated.png",
        "look/a.1-gray.png",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(tmp_path / name), write_page("42"))
    os.link(tmp_path / "in" / "a.png", tmp_path / "hard.csv")
    (tmp_path / "soft.csv").symlink_to("in/sub/b.png")
    (tmp_path / "list.txt").write_text("in/a.png\nin/missing.png\n")
    (tmp_path / "own.toml").write_text("")
    (tmp_path / "ids.txt").write_text("4071\n")
    (tmp_path / "notes.csv").write_text("my notes\n")
    (tmp_path / "notes2.csv.journal.jsonl").write_text("my notes\n")
    shutil.copytree(MODELS_DIR / "digits", tmp_path / "model")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(run, "start_processes", lambda *_: pytest.fail("it went on"))
    return tmp_path


REFUSED = {
    "picture in a folder": "in -o in/a.png: --output in/a.png is one of the inputs",
    "picture further down": "in -o in/sub/b.png: is one of the inputs",
    "hard link": "in -o hard.csv: --output hard.csv is one of the inputs",
    "link": "in -o soft.csv: is one of the inputs",
    "other spelling": "in -o x/../in/./a.png: is one of the inputs",
    "picture in a list": "@list.txt -o in/a.png: is one of the inputs",
    "picture of a pattern": "in/*.png -o in/a.png: is one of the inputs",
    "folder of a pattern": "i[n] --review in: --review in is one of the inputs",
    "the list": "@list.txt -o list.txt: is the list of the inputs",
    "the list, forced": "@list.txt -o list.txt --force: is the list of the inputs",
    "picture as journal": "in -o in/a.png --format jsonl: is one of the inputs",
    "picture as journal, resumed": "in -o in/a.png --format jsonl --resume: is one of the inputs",
    "second output": "in -o x.csv -o in/a.png: is one of the inputs",
    "settings": "in --settings own.toml -o own.toml: is the settings file",
    "values": "in --values ids.txt -o ids.txt --force: is the file of --values",
    "model": "in --model model -o model/model.tflite: is a file of the model",
    "its card": "in --model model -o model/card.json: is a file of the model",
    "table for review": "in --review new -o new/review.csv: is the table of --review",
    "no result": "in -o notes.csv: this file is no result of this program; choose another name, or give --force",
    "no journal": "in -o notes2.csv: the journal notes2.csv.journal.jsonl: this file is no result",
    "no journal, resumed": "in -o notes2.csv --resume: is no journal of this program",
    "picture to come": "--watch in -o in/new.png: is named as a picture in the watched folder",
    "crop": "look/crops/a.1-0123abcd.png --review look: might overwrite the input look/crops",
    "annotated": "look/a.annotated.png --annotate look: might overwrite the input look/a.annotated.png",
    "traced": "look/a.1-gray.png --trace look: might overwrite the input",
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_output_over_what_is_read_is_refused(
    tree: Path, case: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    command, message = case.split(": ", 1)
    if "is no journal" in message:
        monkeypatch.setattr(run, "start_processes", start_none)
    before = {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()}
    assert main(command.split()) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
    assert {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "command",
    [
        "in/a.png -o notes.csv --force",
        "in/a.png -o new.csv",
        "in/a.png -o /dev/stdout",
        "in/a.png -o /dev/null --format jsonl",
        "look/a.1-gray.png --annotate look",
        "look/a.annotated.png --trace look --review look",
        "hard.csv -o soft.csv --force",
    ],
)
def test_other_outputs_are_fine(tree: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "start_processes", start_none)
    assert main([*command.split(), "-q"]) == 0
