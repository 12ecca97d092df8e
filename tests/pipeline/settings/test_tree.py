"""Settings: every knob explained and bounded, there and back through dict, TOML and JSON, every mistake named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import SettingsError
from pipeline.settings.tree import RENAMED, Settings

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DEFAULTS = Settings()
KNOBS = {f"{s.name}.{k.name}": (s.name, k) for s in fields(Settings) for k in fields(getattr(DEFAULTS, s.name))}
A_FLOAT = next((s, k.name) for s, k in KNOBS.values() if isinstance(k.default, float) and k.metadata["high"] > 1)
AN_INT = next((s, k.name) for s, k in KNOBS.values() if isinstance(k.default, int))


def limits(knob: Field) -> tuple[Any, Any]:
    kind = type(knob.default)
    return kind(knob.metadata["low"]), kind(knob.metadata["high"])


def differ(knob: Field) -> Any:
    """Return a limit of the knob that is not its default."""
    low, high = limits(knob)
    return low if knob.default != low else high


@pytest.mark.parametrize(("stage", "knob"), KNOBS.values(), ids=KNOBS)
def test_knob_is_explained_and_bounded(stage: str, knob: Field) -> None:
    low, high = limits(knob)
    assert low <= knob.default <= high and low < high
    if isinstance(knob.default, bool):
        with pytest.raises(SettingsError, match=rf"{knob.name}: expected true or false, received 1"):
            Settings.from_dict({stage: {knob.name: 1}})
        return
    assert knob.metadata["unit"] and len(knob.metadata["reason"].split()) >= 3
    for edge, beyond in ((low, knob.metadata["low"] - 1), (high, knob.metadata["high"] + 1)):
        assert getattr(getattr(Settings.from_dict({stage: {knob.name: edge}}), stage), knob.name) == edge
        with pytest.raises(SettingsError, match=rf"{knob.name}: expected .* to .*, received {beyond}"):
            Settings.from_dict({stage: {knob.name: type(knob.default)(beyond)}})


@pytest.mark.parametrize(
    ("knob", "value", "message"),
    [
        (AN_INT, None, "a whole number, received None"),
        (AN_INT, 400.0, "a whole number, received 400.0"),
        (AN_INT, True, "a whole number, received True"),
        (A_FLOAT, "1", "a number, received '1'"),
        (A_FLOAT, [1], r"a number, received \[1\]"),
        (A_FLOAT, float("nan"), "received nan"),
        (A_FLOAT, float("inf"), "received inf"),
    ],
)
def test_wrong_kind_of_value(knob: tuple[str, str], value: Any, message: str) -> None:
    stage, name = knob
    with pytest.raises(SettingsError, match=f"{name}: expected .*{message}"):
        Settings.from_dict({stage: {name: value}})


def test_whole_number_serves_where_any_number_does() -> None:
    stage, name = A_FLOAT
    assert getattr(getattr(Settings.from_dict({stage: {name: 1}}), stage), name) == 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"": {}}, r"unknown stage \[\]; the stages are images, .*decode"),
        ({"binarise": {}}, r"unknown stage \[binarise\]"),
        ({AN_INT[0]: {"n_wings": 2}}, rf"\[{AN_INT[0]}\] has no 'n_wings'; it has .*{AN_INT[1]}"),
        ({AN_INT[0]: 3}, AN_INT[0]),
        ({3: {}}, "unknown stage"),
    ],
    ids=["empty name", "stage", "knob", "no table", "name is a number"],
)
def test_unknown_name_is_told_with_those_there_are(values: dict[Any, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Settings.from_dict(values)


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_name_of_an_earlier_version_leads_to_that_of_today(old: str, new: str) -> None:
    stage, _, knob = old.partition(".")
    with pytest.raises(SettingsError, match=f"is now called .*{new}"):
        Settings.from_dict({stage: {knob: 1} if knob else {}})
    for name in new.split(" and "):
        now, _, knob = name.partition(".")
        assert hasattr(getattr(DEFAULTS, now), knob) if knob else hasattr(DEFAULTS, now)


def test_nothing_given_is_the_defaults() -> None:
    assert Settings.from_dict({}) == Settings.from_dict({stage.name: {} for stage in fields(Settings)}) == DEFAULTS


def test_every_knob_goes_there_and_back() -> None:
    values: dict[str, dict[str, Any]] = {}
    for stage, knob in KNOBS.values():
        values.setdefault(stage, {})[knob.name] = differ(knob)
    moved = Settings.from_dict(values)
    assert all(getattr(getattr(moved, s), k.name) != k.default for s, k in KNOBS.values())
    assert Settings.from_dict(moved.to_dict()) == moved
    assert Settings.from_dict(tomllib.loads(moved.to_toml())) == moved


@given(st.data())
def test_any_value_in_range_survives_toml_and_json(data: st.DataObject) -> None:
    stage, knob = data.draw(st.sampled_from(list(KNOBS.values())))
    low, high = limits(knob)
    whole = st.booleans() if isinstance(low, bool) else st.integers(low, high)
    values = whole if isinstance(low, int) else st.floats(low, high)
    moved = Settings.from_dict({stage: {knob.name: data.draw(values)}})
    assert Settings.from_dict(tomllib.loads(moved.to_toml())) == moved
    assert Settings.from_dict(json.loads(json.dumps(moved.to_dict()))) == moved


@pytest.mark.parametrize("name", ["empty.toml", "a.toml", "a.json", "A.JSON"])
def test_file_is_laid_over_the_defaults(tmp_path: Path, name: str) -> None:
    stage, knob = AN_INT
    value = differ(KNOBS[".".join(AN_INT)][1])
    text = f'{{"{stage}": {{"{knob}": {value}}}}}' if "json" in name.lower() else f"[{stage}]\n{knob} = {value}"
    path = tmp_path / name
    path.write_text("" if "empty" in name else text, encoding="utf-8")
    expected = {} if "empty" in name else {stage: {knob: value}}
    assert Settings.from_file(path) == Settings.from_file(str(path)) == Settings.from_dict(expected)


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("empty.json", b""),
        ("broken.toml", b"[binarize"),
        ("broken.json", b'{"binarize": '),
        ("toml.json", b"[binarize]\n"),
        ("list.json", b"[1, 2]"),
        ("latin.toml", b"# \xe9"),
        ("unknown.toml", b"[desk]\n"),
        ("missing.toml", None),
        ("folder.toml", "folder"),
    ],
)
def test_file_that_cannot_serve(tmp_path: Path, name: str, raw: bytes | str | None) -> None:
    path = tmp_path / name
    if isinstance(raw, bytes):
        path.write_bytes(raw)
    elif raw:
        path.mkdir()
    with pytest.raises(SettingsError) as caught:
        Settings.from_file(path)
    assert "settings" in str(caught.value) and caught.value.exit_code == 2


@pytest.mark.parametrize(("flag", "code", "text"), [("--help", 0, "usage: "), ("--other", 2, "unrecognized arguments")])
def test_command_takes_no_argument_but_help(flag: str, code: int, text: str) -> None:
    command = [sys.executable, "-m", "pipeline.settings", flag]
    done = subprocess.run(command, cwd=Path(__file__).resolve().parents[3], capture_output=True, text=True)
    assert done.returncode == code and text in done.stdout + done.stderr and "[images]" not in done.stdout


def test_command_prints_the_defaults_to_edit() -> None:
    command = [sys.executable, "-m", "pipeline.settings"]
    top = Path(__file__).resolve().parents[3]
    printed = subprocess.run(command, cwd=top, capture_output=True, text=True, check=True).stdout
    assert Settings.from_dict(tomllib.loads(printed)) == DEFAULTS
    for stage, knob in KNOBS.values():
        assert f"[{stage}]" in printed and knob.metadata["reason"] in printed


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("deep.json", b"[" * 100_000, "nested too deeply"),
        ("deep.toml", b"a = " + b"[" * 100_000, "nested too deeply"),
        ("large.toml", b"#" * (1 << 20) + b"\n", "larger than 1 MB"),
        ("binary.toml", b"\xff\0", "decode"),
    ],
)
def test_settings_file_that_is_none(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SettingsError, match=message):
        Settings.from_file(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_settings_from_a_pipe_do_not_wait_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(SettingsError, match="a named pipe, not a regular file"):
        Settings.from_file(tmp_path / "pipe.toml")
