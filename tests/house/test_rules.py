"""Rules of the house: what reading may import, how large files get, what lies at the top, no path of a machine."""

from __future__ import annotations

import ast
import re
import shutil
import statistics
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
ROOMS = sorted([*TOP.glob("pipeline/**/*.py"), *TOP.glob("train/**/*.py"), TOP / "run_pipeline.py"])
FLOOR_PLAN = {
    *("pipeline", "train", "samples", "models", "tests", "run_pipeline.py", "requirements.txt", "README.md"),
    *("docs", "pyproject.toml", "mkdocs.yml", ".gitignore", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", ".ci"),
    *("Dockerfile", ".dockerignore", ".gitattributes", ".pre-commit-config.yaml"),
}
MOST_FILE_LINES = 300
MOST_BODY_LINES = 40
TYPICAL_BODY_LINES = 12
HEAVY = (
    "tensorflow", "keras", "matplotlib", "skimage", "scipy", "ray", "fsspec", "aiohttp", "pyarrow", "numpy.ma",
    "pipeline.tables.read_tables", "pipeline.forms.read_form",
)  # fmt: skip

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def find_functions(path: Path) -> list[Function]:
    return [node for node in ast.walk(parse(path)) if isinstance(node, Function)]


def count_body_lines(function: Function) -> int:
    body = function.body
    if ast.get_docstring(function) is not None:
        body = body[1:]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def find_imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names


def list_tracked() -> list[str]:
    if shutil.which("git") is None or not (TOP / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if name]


@pytest.mark.parametrize("path", ROOMS, ids=lambda path: str(path.relative_to(TOP)))
def test_file_and_functions_are_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_FILE_LINES
    long = {f.name: count_body_lines(f) for f in find_functions(path) if count_body_lines(f) > MOST_BODY_LINES}
    assert not long


def test_typical_function_is_short() -> None:
    assert statistics.median(count_body_lines(f) for path in ROOMS for f in find_functions(path)) <= TYPICAL_BODY_LINES


@pytest.mark.parametrize("path", ROOMS, ids=lambda path: str(path.relative_to(TOP)))
def test_names_say_what_a_thing_is(path: Path) -> None:
    named = [node.name for node in ast.walk(parse(path)) if isinstance(node, Function | ast.ClassDef)]
    vague = re.compile(r"(^|_)(utils?|helpers?|misc|managers?)(_|$)|(Util|Helper|Manager)")
    assert not [name for name in (path.stem, *named) if vague.search(name)]


def test_reading_never_imports_training() -> None:
    for path in TOP.glob("pipeline/**/*.py"):
        assert not {name for name in find_imports(path) if name.lstrip(".").split(".")[0] == "train"}, path
    assert find_imports(TOP / "run_pipeline.py") <= {"__future__", "sys", "pipeline.cli"}


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("import pipeline, pipeline.cli", id="import"),
        pytest.param(
            "from pipeline.cli import main; assert main(['samples/strip.png', '--format', 'json']) == 0",
            id="run",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_what_a_plain_run_does_without_stays_unloaded(code: str) -> None:
    check = f"{code}\nimport sys\nprint(*(name for name in {HEAVY} if name in sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-W", "error", "-c", check], cwd=TOP, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == ""


def test_top_level_holds_the_floor_plan_only() -> None:
    assert {name.split("/")[0] for name in list_tracked()} <= FLOOR_PLAN


def test_no_paths_of_a_machine() -> None:
    absolute = re.compile(r"(?<![\w.:/~}\])*\\-])/(?!usr/|dev/|proc/|sys/)[a-z]+/[\w.]")
    texts = [TOP / name for name in list_tracked() if name.endswith((".py", ".md", ".toml", ".txt", "run", ".json"))]
    found = [
        f"{path.relative_to(TOP)}:{n}: {line.strip()[:100]}"
        for path in texts
        if path.exists()
        for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if absolute.search(line)
    ]
    assert not found


LIBRARY = ("images", "ink", "layout", "recognition", "decoding", "reading")


def test_messages_of_the_library_name_no_flags() -> None:
    for path in (path for room in LIBRARY for path in TOP.glob(f"pipeline/{room}/*.py")):
        tree = parse(path)
        prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        texts = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and id(n) not in prose]
        assert not [text for text in texts if isinstance(text, str) and re.search(r"(^|\s)--[a-z]", text)], path


def test_public_names_are_what_they_say() -> None:
    import pipeline
    from pipeline import annotate, read_page

    assert callable(annotate) and callable(read_page)
    assert all(hasattr(pipeline, name) for name in pipeline.__all__)
