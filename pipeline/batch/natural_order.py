"""The order in which people expect names: scan2 before scan10."""

from __future__ import annotations

import os
import re

_NUMBER = re.compile(r"(\d{1,18})")


def make_natural_key(path: str) -> tuple[list[list[str | int]], str, str]:
    """Return a key to sort paths by: folder by folder, numbers by their value, case only where all else is equal."""
    stem, suffix = os.path.splitext(path.replace("\\", "/").casefold())  # noqa: PTH122 - Path normalizes the name
    return [_split_numbers(name) for name in stem.split("/")], suffix, path


def _split_numbers(name: str) -> list[str | int]:
    """Return the name as text, number, text, ... so that two names have the same type at each place."""
    return [int(part) if place % 2 else part for place, part in enumerate(_NUMBER.split(name))]
