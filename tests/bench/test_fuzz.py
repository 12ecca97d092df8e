"""The fuzzers find what is planted, and nothing else for a few seconds each."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from tests.bench.fuzz import Tries, change_blindly, fuzz
from tests.bench.fuzz_targets import TARGETS


def parse(raw: bytes) -> None:
    """Refuse what is short, and be wrong about zeros."""
    if len(raw) < 30:
        raise SettingsError("too short")
    if b"\0" in raw:
        raise KeyError(raw.index(b"\0"))


def test_unforeseen_error_is_a_finding_and_its_input_is_saved(tmp_path: Path) -> None:
    tries = Tries(parse, tmp_path, 60)
    for raw in (b"short", b"x" * 40, b"x" * 40 + b"\0", b"x" * 41 + b"\0"):
        tries.try_one(raw)
    found = tries.summarize()
    assert (found["tried"], found["read"], found["refused"]) == (4, 1, {"SettingsError": 1})
    (finding,) = found["findings"]
    assert finding.startswith("KeyError at test_fuzz.py:")
    assert (tmp_path / "finding-0").read_bytes() == b"x" * 40 + b"\0"


def test_changes_at_random_find_it_too(tmp_path: Path) -> None:
    tries = Tries(parse, tmp_path, 0.3)
    change_blindly(tries, [b"x" * 500], 1)
    assert tries.n_tried > 50
    assert len(tries.findings) == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_parsers_raise_no_errors_but_our_own(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz(name, tmp_path, 5, 1) == []
    assert f"{name}: " in capsys.readouterr().out
