"""Addresses of files on the web and in buckets, by the way that they are spelled alone."""

from __future__ import annotations

import re
from hashlib import sha256
from urllib.parse import unquote, urlsplit

WEB = ("http", "https")
BUCKETS = ("s3", "gs", "az")
_START = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)


def find_scheme(text: str) -> str | None:
    """Return the scheme of an address, in lower case; None for a path."""
    found = _START.match(text)
    return found[1].lower() if found else None


def is_address(text: str) -> bool:
    """Return whether a text is an address that files are read from."""
    return find_scheme(text) in (*WEB, *BUCKETS)


def is_in_bucket(text: str) -> bool:
    """Return whether a text is the address of an object in a bucket, or of a folder of them."""
    return find_scheme(text) in BUCKETS


def has_password(address: str) -> bool:
    """Return whether an address names a user or a password, which would be repeated in all results."""
    return "@" in address.split("://", 1)[1].split("/", 1)[0]


def name_file(address: str) -> str:
    """Return the name of the file at an address: the last part of its path, of a web address without the query."""
    path = urlsplit(address).path if find_scheme(address) in WEB else address.split("://", 1)[1]
    name = path.rstrip("/").rsplit("/", 1)[-1]
    return (unquote(name) if find_scheme(address) in WEB else name) or "index"


def make_version(tag: object) -> int:
    """Return a number of 63 bits for what tells one version of a file from another, such as an ETag; 0 for none."""
    return int.from_bytes(sha256(str(tag).encode()).digest()[:8], "big") >> 1 if tag else 0
