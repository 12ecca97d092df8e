"""What a model folder protects: files that git tracks, and models that are shipped."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from pipeline.errors import ModelError, UsageError
from train.__main__ import main
from train.networks import model_folder
from train.networks.catalog import SHIPPED
from train.networks.model_folder import (
    CARD_NAME,
    KERAS_NAME,
    LITERT_NAME,
    check_model_folder,
    check_replaceable,
    find_model_folder,
    read_card,
    write_card,
)

TOP = Path(__file__).resolve().parents[3]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Make a git repository with one model that is tracked and one that is not."""
    for name in ("tracked", "own"):
        (tmp_path / name).mkdir()
        for file in (CARD_NAME, KERAS_NAME, LITERT_NAME):
            (tmp_path / name / file).write_text("{}")
        (tmp_path / name / "plot.png").write_text("")
    for command in (["init", "-q"], ["add", f"tracked/{CARD_NAME}", "tracked/plot.png"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return tmp_path


@pytest.mark.parametrize(
    ("folder", "names", "is_refused"),
    [
        ("tracked", (KERAS_NAME, CARD_NAME), True),
        ("tracked", ("*.png",), True),
        ("tracked", (KERAS_NAME, LITERT_NAME), False),
        ("own", (CARD_NAME, "*.png"), False),
        ("new", (CARD_NAME,), False),
    ],
    ids=["tracked card", "tracked plot", "other files", "untracked", "no folder"],
)
def test_tracked_file_is_protected(repository: Path, folder: str, names: tuple[str, ...], is_refused: bool) -> None:
    if not is_refused:
        check_replaceable(repository / folder, names, "")
        return
    with pytest.raises(UsageError, match=r"is tracked by git and would be replaced; give another --out"):
        check_replaceable(repository / folder, names, "give another --out")


@pytest.mark.parametrize(
    "command",
    [
        ["fit", "--out", "tracked"],
        ["fit", "--out", "tracked", "--resume"],
        ["calibrate", "--model", "tracked"],
        ["export", "--model", "tracked"],
        ["average", "own", "own", "--out", "tracked"],
        ["evaluate", "--model", "tracked"],
        ["evaluate", "--model", "own", "--out", "."],
    ],
    ids=" ".join,
)
def test_command_refuses_before_it_works(
    command: list[str], repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if command[-1] == ".":
        subprocess.run(["git", "add", "own"], cwd=repository, check=True)
    monkeypatch.chdir(repository)
    assert main(command) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "is tracked by git" in line and "--force" in line


def test_force_lets_a_tracked_model_be_replaced(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository)
    assert main(["calibrate", "--model", "tracked", "--force"]) == 4
    assert "has no seed" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "is_refused"), [("digits", True), ("mine", False)])
def test_shipped_model_is_protected_outside_git(
    name: str, is_refused: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_folder, "MODELS_DIR", tmp_path)
    monkeypatch.setenv("PATH", "")
    (tmp_path / name).mkdir()
    check_replaceable(tmp_path / name, (CARD_NAME,), "")
    (tmp_path / name / CARD_NAME).touch()
    if is_refused:
        with pytest.raises(UsageError, match="is a shipped model"):
            check_replaceable(tmp_path / name, (CARD_NAME,), "")
    else:
        check_replaceable(tmp_path / name, (CARD_NAME,), "")


def test_shipped_models_are_those_in_the_repository() -> None:
    assert {path.parent.name for path in TOP.glob(f"models/*/{CARD_NAME}")} >= set(SHIPPED)
    listed = subprocess.run(["git", "ls-files", "models"], cwd=TOP, capture_output=True, text=True).stdout.split()
    assert {Path(name).parts[1] for name in listed if name.count("/") == 2} in (set(), set(SHIPPED))


def test_plain_name_is_a_shipped_model_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_model_folder(Path("digits")) == TOP / "models" / "digits"
    assert find_model_folder(Path("own")) == Path("own")


def test_missing_folder_or_file_is_an_error(repository: Path) -> None:
    with pytest.raises(ModelError, match="no such model folder; did you mean tracked"):
        check_model_folder(repository / "trackd")
    (repository / "own" / KERAS_NAME).unlink()
    with pytest.raises(ModelError, match=r"holds no model\.keras"):
        check_model_folder(repository / "own", LITERT_NAME, KERAS_NAME)


def test_card_states_the_checksum_of_the_exported_network(tmp_path: Path) -> None:
    write_card(tmp_path, {"temperature": 2.0})
    assert read_card(tmp_path) == {"temperature": 2.0}
    for content in (b"abc", b"abcd"):
        (tmp_path / LITERT_NAME).write_bytes(content)
        write_card(tmp_path, read_card(tmp_path))
        assert read_card(tmp_path) == {"temperature": 2.0, "litert_sha256": hashlib.sha256(content).hexdigest()}
