"""What an installation holds, what it needs, and what it says where something is missing."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import ModelError
from pipeline.recognition.load_network import load_network

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TOP = Path(__file__).resolve().parents[2]
DISTRIBUTIONS = {"cv2": "opencv-python", "PIL": "pillow", "skimage": "scikit-image"}
"""What a library is installed as, where its import has another name."""

STARTS = {
    "python run_pipeline.py": ["run_pipeline.py"],
    "python -m pipeline": ["-m", "pipeline"],
    "read-digits": ["-c", "import sys; from pipeline.cli import main; sys.exit(main())"],
}
"""How the program is started, by what its usage line says; the last as the installed command does it."""


def read_project() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["project"]
    return project


def name_distributions(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=;\[ ]", line)[0] for line in requirements}


def find_libraries(house: str) -> set[str]:
    """Return what the files of a house import from other distributions, as they are installed."""
    names: set[str] = set()
    for path in (TOP / house).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add((node.module or "").split(".")[0])
    others = names - sys.stdlib_module_names - {"pipeline", "train", "tomllib"}
    return {DISTRIBUTIONS.get(name, name.replace("_", "-")) for name in others}


def run(*words: str, cwd: Path = TOP, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *words]
    return subprocess.run(command, cwd=cwd, env={**os.environ, **variables}, capture_output=True, text=True)


def test_requirements_are_those_of_reading_and_training() -> None:
    lines = (TOP / "requirements.txt").read_text("utf-8").splitlines()
    project = read_project()
    expected = project["dependencies"] + project["optional-dependencies"]["train"]
    assert sorted(line for line in lines if not line.startswith("#")) == sorted(expected)


def test_dependencies_are_what_is_imported() -> None:
    project = read_project()
    reading = name_distributions(project["dependencies"])
    training = name_distributions(project["optional-dependencies"]["train"])
    brought = {"keras", "tensorflow"}  # for models that users bring
    extras = project["optional-dependencies"]
    named = [name for extra in ("cluster", "completion", "parquet", "remote", "xlsx", "web") for name in extras[extra]]
    optional = name_distributions(named) - {"handwritten-digits", "python-multipart", "s3fs"} | brought
    assert find_libraries("pipeline") - reading == optional
    assert find_libraries("train") - reading == training


@pytest.mark.parametrize("name", STARTS)
def test_usage_names_the_program_as_it_was_started(name: str) -> None:
    done = run(*STARTS[name], "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"usage: {name} INPUT...")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["run_pipeline.py", "samples"], "activate the environment (. .venv/bin/activate), or: python3 -m venv .venv"),
        (["-m", "pipeline", "samples"], "activate the environment (. .venv/bin/activate), or: python3 -m venv .venv"),
        (["-m", "train", "fit"], "pip install '.[train]'"),
    ],
    ids=["run_pipeline", "pipeline", "train"],
)
def test_missing_library_is_named_in_one_line(words: list[str], told: str) -> None:
    done = run("-E", "-S", *words)  # -S: a Python with nothing installed
    assert (done.returncode, done.stdout) == (70, "")
    assert re.fullmatch(r"error: \w+ is not installed; .*\n", done.stderr)
    assert told in done.stderr


@pytest.mark.parametrize("house", ["pipeline", "train"])
def test_missing_module_of_our_own_is_a_bug(house: str) -> None:
    gone, main = {
        "pipeline": ("pipeline.batch.run", "from pipeline.cli import main; sys.exit(main(['samples']))"),
        "train": ("train.fitting.fit", "from train.__main__ import main; sys.exit(main(['fit']))"),
    }[house]
    done = run("-c", f"import sys; sys.modules[{gone!r}] = None; {main}")
    assert done.returncode != 0
    assert "Traceback" in done.stderr


def test_old_python_is_told_in_one_line() -> None:
    code = "import runpy, sys; sys.version_info = (3, 9); runpy.run_path('run_pipeline.py', run_name='__main__')"
    done = run("-c", code)
    assert done.returncode == 70
    assert re.fullmatch(r"error: this needs Python 3\.10 or later; .*\n", done.stderr)


def test_keras_file_without_keras_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keras", None)
    (tmp_path / "my.keras").write_bytes(b"PK")
    with pytest.raises(ModelError, match=r"needs Keras and TensorFlow; pip install '\.\[train\]'"):
        load_network(tmp_path / "my.keras")


def build_wheel(folder: Path) -> Path:
    """Return the wheel of a copy of the project, where no earlier build lies about."""
    skip = shutil.ignore_patterns("__pycache__")
    for name in ("models", "pipeline", "train"):
        shutil.copytree(TOP / name, folder / "copy" / name, ignore=skip)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(TOP / name, folder / "copy")
    code = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    done = run("-c", code, str(folder), cwd=folder / "copy")
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


@pytest.mark.slow
def test_wheel_holds_what_reading_needs_and_reads(tmp_path: Path) -> None:
    pytest.importorskip("setuptools", "77")
    site = tmp_path / "site"
    with zipfile.ZipFile(build_wheel(tmp_path)) as wheel:
        wheel.extractall(site)
    files = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    code = ("pipeline/**/*.py", "train/**/*.py")
    beside = (
        "pipeline/py.typed",
        "pipeline/outputs/report_page/*",
        "pipeline/web/docs.html",
        "pipeline/web/page/components/*.*",
        "models/*/card.json",
        "models/*/model.tflite",
    )
    held = {name for name in files if not name.startswith("handwritten_digits-")}
    assert held == {path.relative_to(TOP).as_posix() for pattern in (*code, *beside) for path in TOP.glob(pattern)}
    assert "read-digits = pipeline.cli:main" in next(site.glob("*.dist-info/entry_points.txt")).read_text("utf-8")

    read = ["-m", "pipeline", str(TOP / "samples/strip.png"), "-o", "read.html", "-o", "read.txt"]
    done = run(*read, cwd=tmp_path, PYTHONPATH=str(site))
    assert done.returncode == 0, done.stderr
    assert "49301" in (tmp_path / "read.txt").read_text("utf-8")
    assert (tmp_path / "read.html").stat().st_size > 20_000
