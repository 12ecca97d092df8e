from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.system import memory
from pipeline.system.memory import estimate_memory, find_free_memory, limit_memory, limit_memory_to

INFO = "MemTotal:  16777216 kB\nMemAvailable:    8388608 kB\n"


@pytest.mark.parametrize(
    ("info", "limits", "free"),
    [
        (INFO, {}, 8 << 30),
        (INFO, {"": "max\n", "a/b": "max\n"}, 8 << 30),
        (INFO, {"": "4294967296\n"}, 4 << 30),
        (INFO, {"a": "2147483648\n", "a/b": "max\n"}, 2 << 30),
        (INFO, {"a/b": "1073741824\n", "a": "2147483648\n"}, 1 << 30),
        (INFO, {"": "99999999999999\n"}, 8 << 30),
        (None, {}, 16 << 30),
    ],
    ids=["alone", "no limit", "container's", "parent's", "own", "larger than the machine", "not Linux"],
)
def test_free_memory_is_that_of_the_machine_or_its_container(
    info: str | None, limits: dict[str, str], free: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in limits.items():
        (tmp_path / "groups" / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / "groups" / name / "memory.max").write_text(text)
    (tmp_path / "own").write_text("1:memory:/old\n0::/a/b\n")
    if info:
        (tmp_path / "info").write_text(info)
    monkeypatch.setattr(memory, "_MEMORY_INFO", tmp_path / "info")
    monkeypatch.setattr(memory, "_OWN_GROUP", tmp_path / "own")
    monkeypatch.setattr(memory, "_GROUPS", tmp_path / "groups")
    monkeypatch.setattr(memory, "_VERSION_1_LIMIT", tmp_path / "none")
    pages = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": (16 << 30) // 4096}
    monkeypatch.setattr("os.sysconf", pages.__getitem__)
    assert find_free_memory() == free


def test_limit_is_set_and_a_lower_one_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    limits: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: limits.append(pair))
    for most in (-1, 2**29, 2**31):
        monkeypatch.setattr(resource, "getrlimit", lambda _, most=most: (most, most))
        limit_memory(2**30)
    assert limits == [(2**30, -1), (2**29, 2**29), (2**30, 2**31)]


@pytest.mark.parametrize(
    ("before", "wanted", "during"), [(8 << 30, 2 << 30, 2 << 30), (1 << 30, 2 << 30, 1 << 30), (-1, 2 << 30, None)]
)
def test_limit_is_lowered_for_a_while(
    before: int, wanted: int, during: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = pytest.importorskip("resource")
    limits = [(before, -1)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, limit: limits.append(limit))
    with limit_memory_to(wanted):
        assert limits[-1] == (before if during is None else during, -1)
    assert limits[-1] == (before, -1)


def test_memory_grows_with_pixels() -> None:
    assert estimate_memory(0) == 1 << 30
    assert estimate_memory(10**6) - estimate_memory(0) == 48 * 10**6
