"""What README, CONTRIBUTING and docs/ say is so: commands parse, links lead somewhere, flags and keys are explained."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest

import pipeline
from pipeline import errors
from pipeline.arguments import build_parser
from pipeline.cli import main
from pipeline.errors import DigitsError, InputError
from pipeline.outputs.picture_keys import PICTURE_KEYS
from pipeline.settings import Settings

TOP = Path(__file__).resolve().parents[2]
DOCS = TOP / "docs"
LOG = DOCS / "experiments.md"
"""Keeps the words, commands and files of the day of each entry."""

PAGES = [TOP / "README.md", TOP / "CONTRIBUTING.md", *sorted(set(DOCS.glob("*.md")) - {LOG})]
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def find_blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def find_code(text: str) -> list[str]:
    """Return what stands between backticks, outside blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def list_commands(text: str) -> list[list[str]]:
    """Return the commands of the bash blocks and between backticks, each as its words."""
    lines = [line for block in find_blocks(text, "bash") for line in block.splitlines()]
    lines += [code for code in find_code(text) if re.match(r"python |cat ", code)]
    parts = [part.split(">")[0] for line in lines for part in re.split(r"&&|\|\|?|;", line)]
    return [shlex.split(part, comments=True) for part in parts if re.search(r"run_pipeline\.py|-m \w", part)]


def list_keys(value: Any) -> Iterator[str]:
    """Yield the keys of a JSON value; `seconds` is by stages, which have names of their own."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from () if key == "seconds" else list_keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from list_keys(inner)


def list_errors(base: type[DigitsError]) -> list[type[DigitsError]]:
    return [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, base)]


def list_table_codes(page: Path) -> set[str]:
    """Return what stands between backticks in the first cells of the page's tables, a key's value left out."""
    cells = re.findall(r"^\| (.*?) \|", read(page), re.MULTILINE)
    return {code.split()[0] for cell in cells for code in re.findall(r"`([^`]+)`", cell)}


@pytest.mark.parametrize("marker", ["quick start", "tests"])
def test_readme_has_its_two_command_lines(marker: str) -> None:
    assert re.search(rf"^<!-- {marker} -->\n```bash\n[^\n]+\n```$", read(TOP / "README.md"), re.MULTILINE)


def test_readme_is_short() -> None:
    assert len(read(TOP / "README.md").splitlines()) <= 150


@each_page
def test_commands_exist(page: Path) -> None:
    for words in list_commands(read(page)):
        if "run_pipeline.py" in words:
            inputs = words[words.index("run_pipeline.py") + 1 :]
            if inputs not in (["INPUT..."], ["--help"], []):
                build_parser().parse_args(inputs)
        else:
            assert importlib.util.find_spec(words[words.index("-m") + 1]), words


@each_page
def test_train_commands_have_their_flags(page: Path) -> None:
    for words in list_commands(read(page)):
        if words[1:3] != ["-m", "train"] or words[3:4] in ([], ["COMMAND"]):
            continue
        spec = importlib.util.find_spec(f"train.commands.{words[3].replace('-', '_')}")
        assert spec and spec.origin
        source = read(Path(spec.origin))
        used = re.findall(r"^ *from (train[\w.]*) import", source, re.MULTILINE)
        source += "".join(read(Path(s.origin)) for s in map(importlib.util.find_spec, used) if s and s.origin)
        assert not [word for word in words if word.startswith("--") and f'"{word}"' not in source], words


@each_page
def test_links_lead_to_files_in_the_repository(page: Path) -> None:
    targets = [name for name in re.findall(r"\]\(([^)#\s]+)", read(page)) if "://" not in name]
    assert not [name for name in targets if not (page.parent / name).exists()]
    if page.parent == DOCS:  # the site has nothing else
        assert not [name for name in targets if DOCS not in (DOCS / name).resolve().parents]


@each_page
def test_named_files_exist(page: Path) -> None:
    named = [
        code for code in find_code(read(page)) if re.fullmatch(r"(pipeline|train|tests|docs|models)/[\w./-]*", code)
    ]
    generated = [name for name in named if name.startswith("train/runs/")]
    assert not [name for name in set(named) - set(generated) if not (TOP / name).exists()]


@each_page
def test_python_compiles_and_imports_what_exists(page: Path) -> None:
    for block in find_blocks(read(page), "python"):
        compile(block, page.name, "exec")
        for names in re.findall(r"^from pipeline import (.+)$", block, re.MULTILINE):
            assert set(names.split(", ")) <= set(pipeline.__all__)


def test_public_names_are_explained() -> None:
    assert not [name for name in pipeline.__all__ if not re.search(rf"`{name}\b", read(DOCS / "python.md"))]


def test_settings_excerpts_are_those_that_are_printed() -> None:
    printed = Settings().to_toml().splitlines()
    lines = [line for block in find_blocks(read(DOCS / "settings.md"), "toml") for line in block.splitlines()]
    assert lines and not [line for line in lines if line not in printed]
    named = re.findall(r"`(\w+)`(?: and `\w+`)? in `\[(\w+)\]`", read(DOCS / "settings.md"))
    assert named and not [(name, stage) for name, stage in named if name not in Settings().to_dict()[stage]]


def test_every_flag_is_explained() -> None:
    flags = {flag for action in build_parser()._actions for flag in action.option_strings}
    assert "--webcam" in flags and not flags - list_table_codes(DOCS / "command-line.md")


def test_every_exit_code_is_explained() -> None:
    told = set(map(int, re.findall(r"^\| (\d+) \|", read(DOCS / "command-line.md"), re.MULTILINE)))
    assert told == {kind.exit_code for kind in list_errors(DigitsError)} | {0, 130}
    assert told == set(map(int, re.findall(r"\b(\d+) [\w-]", (build_parser().epilog or "").replace("\n", " "))))


def test_every_failure_code_is_explained() -> None:
    codes = {kind.code for kind in list_errors(InputError)} | {"timeout", "memory", "crash", "bug"}
    assert not codes - list_table_codes(DOCS / "command-line.md")


def test_every_key_of_a_record_is_explained(tmp_path: Path) -> None:
    sample, missing, lines = str(TOP / "samples" / "strip.png"), str(tmp_path / "missing.png"), tmp_path / "read.jsonl"
    report = ["-o", str(tmp_path / "read.html")]
    assert main([sample, missing, "-o", str(lines), *report, "--workers", "1", "-q"]) == 1
    records = [json.loads(line) for line in read(lines).splitlines()]
    assert {*PICTURE_KEYS} <= {key for record in records for key in record}
    bare = [{key: value for key, value in record.items() if key not in PICTURE_KEYS} for record in records]
    keys = {key for record in bare for key in list_keys(record)}
    assert {"alternatives", "hint", "journal"} <= keys
    assert not keys - list_table_codes(DOCS / "command-line.md")
    assert all(f"`{key}`" in read(DOCS / "command-line.md") for key in PICTURE_KEYS)


def test_every_column_of_the_table_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(TOP / "samples" / "strip.png"), "--format", "csv"]) == 0
    assert not set(capsys.readouterr().out.splitlines()[0].split(",")) - list_table_codes(DOCS / "command-line.md")


def test_every_key_of_a_live_record_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = cv2.imread(str(TOP / "samples" / "shadow.jpg"))
    for number in range(4):
        cv2.imwrite(str(tmp_path / f"{number}.png"), picture)
    frames = ["--webcam", str(tmp_path / "%d.png"), "--every-frame"]
    assert main([*frames, "--headless", "--confirm-frames", "2", "-q"]) == 0
    keys = set(json.loads(capsys.readouterr().out.splitlines()[0]))
    assert "replaces" in keys and not keys - list_table_codes(DOCS / "live.md")


def test_site_shows_every_page() -> None:
    assert set(re.findall(r": ([\w-]+\.md)$", read(TOP / "mkdocs.yml"), re.MULTILINE)) == {
        p.name for p in DOCS.glob("*.md")
    }


def test_each_promise_about_data_names_a_test_that_exists() -> None:
    folders = {"B": "tests/pipeline/batch", "O": "tests/pipeline/outputs", "P": "tests/pipeline"}
    folders |= {"T": "tests/train", "N": "tests/bench"}
    rows = [row for row in read(DOCS / "promises.md").splitlines() if re.match(r"\| (?!promise \|)", row)]
    named = [re.search(r"\| `([BOPTN])/([\w/]+\.py)::(test_\w+)` \|$", row) for row in rows]
    assert rows
    assert [row for row, match in zip(rows, named, strict=True) if match is None] == []
    tests = [(f"{folders[match[1]]}/{match[2]}", match[3]) for match in named if match]
    assert [pair for pair in tests if not re.search(rf"^def {pair[1]}\(", read(TOP / pair[0]), re.MULTILINE)] == []
