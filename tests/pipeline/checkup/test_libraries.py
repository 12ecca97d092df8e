from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from pipeline.checkup.libraries import NEEDED, PARTS, check_libraries, check_parts, check_python
from pipeline.version import __version__

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TOP = Path(__file__).resolve().parents[3]


def test_tables_are_those_of_the_project() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]

    def name(requirements: list[str]) -> set[str]:
        names = {re.split(r"[<>=;\[ ]", line)[0] for line in requirements}
        return names - {project["name"]}  # an extra among those of another

    assert set(NEEDED) == name(project["dependencies"]) - {"tomli"}
    assert {part: set(libraries) for part, libraries in PARTS.items()} == {part: name(extras[part]) for part in PARTS}
    assert set(PARTS) == set(extras) - {"dev", "docs"}


def test_all_is_installed_here() -> None:
    (finding,) = check_libraries()
    assert (finding.status, finding.exit_code) == ("ok", 0)
    assert re.search(r"opencv-python \d.*, numpy \d.*, ai-edge-litert \d", finding.text)
    python = check_python()
    assert (python.status, __version__ in python.text) == ("ok", True)


def test_library_that_is_missing_or_broken_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "torn.py").write_text("raise ImportError('libGL.so.1: cannot open shared object file')")
    (tmp_path / "older.py").write_text("raise RuntimeError('compiled for another NumPy')")
    (tmp_path / "halved.py").write_text("raise ImportError('cannot import name x')")
    needed = {"numpy": "numpy", "absent": "no_such_module", "torn": "torn", "older": "older", "halved": "halved"}
    findings = check_libraries(needed)
    assert [(finding.status, finding.exit_code) for finding in findings] == [("wrong", 70)] * 4
    absent, torn, older, halved = (finding.text for finding in findings)
    assert absent.startswith("absent: no_such_module is not installed; ") and "pip install ." in absent
    assert "apt-get install libgl1" in torn
    assert "RuntimeError: compiled for another NumPy" in older and "-m pip install --force-reinstall older" in older
    assert "cannot import name x" in halved


def test_optional_part_is_missing_and_says_how_to_install_it() -> None:
    absent, there = check_parts({"train": {"tensorflow": "no_such_module", "numpy": "numpy"}, "web": {"rich": "rich"}})
    assert absent.status == "missing" and absent.exit_code == 0
    assert absent.text == "train, for training, and models in .keras or .h5: without tensorflow; pip install '.[train]'"
    assert there.status == "ok" and re.fullmatch(r"web: rich \d[\d.]*", there.text)
