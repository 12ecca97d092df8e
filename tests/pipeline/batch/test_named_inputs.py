from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.batch.named_inputs import expand_input
from pipeline.errors import Failure
from tests.support.web_server import serving


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lay_out(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("none.jpg", ["none.jpg"]),
        ("-", ["-"]),
        ("a*.jpg", ["a2.jpg", "a10.jpg"]),
        ("**/*.png", ["sub/c.png"]),
        ("a?.jpg", ["a2.jpg"]),
        ("[xyz]*", ["x[1].jpg"]),
        ("x[1].jpg", ["x[1].jpg"]),
        ("sub", ["sub"]),
    ],
)
def test_paths_by_hand(here: Path, text: str, paths: list[str]) -> None:
    lay_out(here, "a10.jpg", "a2.jpg", "sub/c.png", "x[1].jpg", ".hidden.jpg")
    assert expand_input(text) == paths


def test_file_of_that_very_name_goes_first(here: Path) -> None:
    lay_out(here, "@list.png", "-", "list.png")
    assert expand_input("@list.png") == ["@list.png"]
    assert expand_input("-") == ["./-"]
    (here / "@list.png").unlink()
    (here / "list.png").write_text("a.png\n")
    assert expand_input("@list.png") == ["a.png"]


def test_empty_name_is_told() -> None:
    [failure] = expand_input("")
    assert isinstance(failure, Failure)
    assert str(failure).startswith('"": the name of this input is empty; ')


def test_list_keeps_its_order(here: Path) -> None:
    (here / "list.txt").write_text("scan10.png\nscan2.png\n*.gif\n")
    assert expand_input("@list.txt") == ["scan10.png", "scan2.png", "*.gif"]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("https://me:secret@host/a.png", "leave it out"),
        ("rtsp://host/a", "read it live: --webcam rtsp://host/a"),
        ("file:///a.png", "without file://"),
        ("ftp://host/a.png", "copy it to this computer first"),
        ("*.gif", "check the path"),
    ],
)
def test_what_is_no_file_says_what_to_do(here: Path, text: str, hint: str) -> None:
    (failure,) = expand_input(text)
    assert isinstance(failure, Failure)
    assert hint in failure.hint and failure.code == "missing"


@pytest.mark.parametrize(
    "text", ["http://host/a.png", "HTTPS://host/a.png?x=*", "s3://bucket/scans/", "az://box/a.png"]
)
def test_addresses_that_are_read_stay_as_they_are(here: Path, text: str) -> None:
    assert expand_input(text) == [text]


def test_list_may_name_addresses_and_lie_at_one(here: Path) -> None:
    lines = b"a.png\nhttps://host/a b.png\nrtsp://host/a\n"
    with serving({"/list.txt": lines}) as server:
        *paths, failure = expand_input(f"@{server.address}/list.txt")
        assert paths == ["a.png", "https://host/a b.png"]
        assert isinstance(failure, Failure) and "read it live" in failure.hint
        (missing,) = expand_input(f"@{server.address}/none.txt")
        assert isinstance(missing, Failure) and missing.code == "missing"


def test_password_of_an_address_is_in_no_failure(here: Path) -> None:
    (failure,) = expand_input("https://me:secret@host/a.png")
    assert "secret" not in str(failure)
