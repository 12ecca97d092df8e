from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.checkup.models import check_file, check_models
from pipeline.recognition.classify import MODELS_DIR


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Return a folder of models with a copy of the three that read."""
    for name in ("digits", "lines", "page"):
        (tmp_path / name).mkdir()
        for file in ("model.tflite", "card.json"):
            shutil.copy(MODELS_DIR / name / file, tmp_path / name)
    return tmp_path


def test_shipped_models_are_in_place() -> None:
    findings, classifier = check_models("digits")
    assert [(finding.status, finding.text.split(":")[0]) for finding in findings] == [
        *(("ok", "model digits"), ("ok", "model lines"), ("ok", "model page"))
    ]
    assert all(re.search(r" kB, SHA-256 [0-9a-f]{12}\.\.\., as its card states$", finding.text) for finding in findings)
    assert classifier is not None and classifier.name == "digits"


def cut(path: Path) -> None:
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) // 2])


def flip(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def overwrite(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


@pytest.mark.parametrize(
    ("file", "damage", "told"),
    [
        ("digits/model.tflite", cut, "bytes, and its card states"),
        ("page/model.tflite", cut, "bytes, and its card states"),
        ("page/model.tflite", flip, "has another checksum than its card states"),
        ("lines/model.tflite", Path.unlink, "cannot be read (No such file or directory); git checkout models"),
        ("digits/model.tflite", Path.unlink, "there is no model 'digits'"),
        ("digits/card.json", cut, "the model's card cannot be read"),
        ("page/card.json", cut, "the model's card cannot be read"),
    ],
)
def test_damaged_folder_is_wrong(models: Path, file: str, damage: Callable[[Path], None], told: str) -> None:
    damage(models / file)
    findings, classifier = check_models("digits", models)
    assert classifier is None
    wrong = [finding for finding in findings if finding.status == "wrong"]
    assert [finding.exit_code for finding in wrong] == [4]
    assert told in wrong[0].text


def test_file_that_is_no_network_is_wrong(models: Path) -> None:
    overwrite(models / "lines" / "model.tflite")
    (models / "lines" / "card.json").write_text("{}")
    *_, wrong = check_models("digits", models)[0]
    assert wrong.exit_code == 4 and "expected a LiteRT model, received other bytes" in wrong.text


def test_card_without_sizes_or_none_leaves_the_checksum(models: Path) -> None:
    for card in (json.dumps({"bytes": [1], "litert_sha256": 1}), "[]", None):
        path = models / "lines" / "card.json"
        path.unlink() if card is None else path.write_text(card)
        finding = check_file(models / "lines" / "model.tflite")
        assert finding.status == "ok" and "card" not in finding.text and "SHA-256" in finding.text


def test_model_that_takes_tensorflow_is_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "own.keras").write_bytes(b"PK")
    findings, classifier = check_models(str(tmp_path / "own.keras"))
    assert ([finding.status for finding in findings], classifier) == (["missing"], None)
