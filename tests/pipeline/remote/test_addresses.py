from __future__ import annotations

import pytest

from pipeline.remote.addresses import find_scheme, has_password, is_address, is_in_bucket, make_version, name_file


@pytest.mark.parametrize(
    ("text", "scheme", "is_read", "is_object"),
    [
        ("", None, False, False),
        ("https://host/a.jpg", "https", True, False),
        ("HTTP://host/a.jpg", "http", True, False),
        ("s3://bucket/scans/", "s3", True, True),
        ("gs://bucket/a.pdf", "gs", True, True),
        ("az://box/a.pdf", "az", True, True),
        ("rtsp://camera", "rtsp", False, False),
        ("file:///a.jpg", "file", False, False),
        ("C:/scans/a.jpg", None, False, False),
        ("scans/s3:/a.jpg", None, False, False),
    ],
)
def test_addresses_are_told_from_paths(text: str, scheme: str | None, is_read: bool, is_object: bool) -> None:
    assert (find_scheme(text), is_address(text), is_in_bucket(text)) == (scheme, is_read, is_object)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://host/scans/a.jpg", "a.jpg"),
        ("https://host/a%20b.jpg?width=3&sign=x/y", "a b.jpg"),
        ("https://host", "index"),
        ("s3://bucket/scans/a?b.jpg", "a?b.jpg"),
        ("s3://bucket/", "bucket"),
    ],
)
def test_file_has_the_last_name_of_its_address(address: str, name: str) -> None:
    assert name_file(address) == name


def test_password_is_seen_before_the_path_alone() -> None:
    assert has_password("https://me:secret@host/a.jpg")
    assert not has_password("https://host/me@home.jpg")


def test_version_differs_with_the_tag() -> None:
    assert make_version(None) == make_version("") == 0
    assert 0 < make_version('"a"') < 2**63
    assert make_version('"a"') == make_version('"a"') != make_version('"b"')
