"""Buckets, with fsspec's file system in memory for one; a true server of S3 is asked in the slow tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import MissingInputError, OutputError, RemoteInputError, SetupError
from pipeline.remote import buckets
from pipeline.remote.buckets import fetch_object, identify_object, list_objects, open_filesystem, upload_files

fsspec = pytest.importorskip("fsspec", reason="needs the extra remote")


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Yield the objects of a bucket by path."""
    files = fsspec.filesystem("memory")
    files.store.clear()
    monkeypatch.setattr(buckets, "open_filesystem", lambda address: (files, address.split("://")[1]))
    yield files
    files.store.clear()


def test_objects_are_listed_below_an_address(memory: Any) -> None:
    memory.pipe({"box/scans/a.png": b"12", "box/scans/deep/b.png": b"3", "box/other/c.png": b""})
    found = {address.rsplit("/", 1)[1]: known[0] for address, known in list_objects("s3://box/scans/")}
    assert found == {"a.png": 2, "b.png": 1}
    assert list_objects("s3://box/none/") == []


def test_object_is_read_within_bounds(memory: Any) -> None:
    memory.pipe("box/a.png", b"pixels")
    raw, known = fetch_object("s3://box/a.png", 6, 5)
    assert (raw, known[0]) == (b"pixels", 6)
    assert identify_object("s3://box/a.png", 5) == known
    with pytest.raises(RemoteInputError, match="larger"):
        fetch_object("s3://box/a.png", 5, 5)
    with pytest.raises(RemoteInputError, match="changed since it was listed"):
        fetch_object("s3://box/a.png", 10, 5, (7, 0))
    with pytest.raises(MissingInputError):
        fetch_object("s3://box/none.png", 6, 5)
    assert identify_object("s3://box/none.png", 5) is None


class NoCredentialsError(Exception):
    """As botocore raises it."""


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NoCredentialsError("Unable to locate"), "no credentials for this bucket; set AWS_ACCESS_KEY_ID"),
        (PermissionError("Access Denied"), "access to this bucket is denied"),
        (TimeoutError(), "did not come within its time"),
        (RuntimeError("first\nsecond"), r"cannot be read \(RuntimeError: first\)"),
    ],
    ids=["credentials", "denied", "timeout", "other"],
)
def test_errors_of_libraries_are_told_in_one_line(
    memory: Any, monkeypatch: pytest.MonkeyPatch, error: Exception, told: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    for name in ("find", "info", "put_file"):
        monkeypatch.setattr(memory, name, fail, raising=False)
    for call in (lambda: list_objects("s3://box/"), lambda: fetch_object("s3://box/a.png", 9, 9)):
        with pytest.raises(RemoteInputError, match=told):
            call()
    with pytest.raises(OutputError, match="s3://box/: a.csv cannot be put there"):
        upload_files([Path("a.csv")], "s3://box/")


def test_results_are_put_into_a_folder(memory: Any, tmp_path: Path) -> None:
    (tmp_path / "read.csv").write_text("file,page\n")
    upload_files([tmp_path / "read.csv"], "s3://box/read/")
    assert memory.cat_file("box/read/read.csv") == b"file,page\n"


@pytest.mark.parametrize(("address", "told"), [("s3://b/", r"'\.\[remote\]'"), ("gs://b/", "fsspec gcsfs")])
def test_missing_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch, address: str, told: str) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(SetupError, match=f"which is not installed; pip install {told}"):
        open_filesystem(address)
