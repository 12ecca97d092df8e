"""A name for what is made of each file: relative, safe on every system, and never that of another."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

_UNSAFE = re.compile(r'[<>:"|?*\\/\x00-\x1f\x7f-\x9f\ud800-\udfff]')
"""What Windows forbids, what no terminal shows, and what stands for bytes that are no UTF-8."""

_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|\Z)", re.IGNORECASE)
"""Names that Windows keeps for devices, whatever follows the first dot."""

_PAGE = re.compile(r"\.page[0-9]+\Z", re.IGNORECASE)
_LONGEST_BYTES = 180
"""Most systems end a name at 255 bytes; a page, a kind and a suffix are still to come."""

_HASH_DIGITS = 8


def name_page(stem: str, number: int, n_pages: int) -> str:
    """Return the name for what is made of one page: the stem itself, or ``a.page3`` in a file of several pages."""
    return f"{stem}.page{number}" if n_pages > 1 else stem


def make_stems(names: Sequence[tuple[str, ...]]) -> list[str]:
    """Return a stem for each file, no two alike even where A and a, or ways to write é, are not told apart.

    A file's suffix is left out. Where that would give two files one stem, or one that looks like another's page, the
    whole name stands; where even that is taken, a number follows.

    Parameters
    ----------
    names : for each file the folders under which it goes, then its name; as they are spelled, safe or not

    Returns
    -------
    list of relative POSIX paths, as long as `names`
    """
    stems = [_join(parts, is_whole=False) for parts in names]
    crowded = _find_crowded(stems, range(len(stems)))
    short = set(range(len(stems)))
    while crowded:  # a whole name may be the stem of a file that had been alone: a.jpg, a.png and a.jpg.tif
        for index in crowded:
            stems[index] = _join(names[index], is_whole=True)
        short.difference_update(crowded)
        crowded = _find_crowded(stems, short)
    return _number(stems)


def _find_crowded(stems: Sequence[str], among: Sequence[int] | set[int] | range) -> list[int]:
    """Return the indices `among` whose stem another one has, too."""
    counts = Counter(map(_fold, stems))
    return [index for index in among if counts[_fold(stems[index])] > 1]


def _number(stems: Sequence[str]) -> list[str]:
    """Return the stems, "-2", "-3" and so on added to those that an earlier one has taken."""
    taken = set(map(_fold, stems))
    seen: Counter[str] = Counter()
    numbered = []
    for stem in stems:
        key = _fold(stem)
        seen[key] += 1
        if seen[key] > 1:
            while _fold(f"{stem}-{seen[key]}") in taken:
                seen[key] += 1
            stem = f"{stem}-{seen[key]}"
            taken.add(_fold(stem))
        numbered.append(stem)
    return numbered


def _fold(stem: str) -> str:
    """Return the stem as file systems compare it: macOS and Windows do not tell A from a, nor macOS two kinds of é."""
    if stem.isascii():
        return stem.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", stem).casefold())


def _join(parts: tuple[str, ...], is_whole: bool) -> str:
    *folders, name = parts
    return "/".join((*map(clean_name, folders), _name_file(name, is_whole)))


def _name_file(name: str, is_whole: bool) -> str:
    short = clean_name(os.path.splitext(name)[0])  # noqa: PTH122 - Path drops what it takes for a "."
    if not is_whole and not _PAGE.search(short):
        return short
    whole = clean_name(name)
    return f"{whole}_" if _PAGE.search(whole) else whole


@lru_cache(maxsize=4096)
def clean_name(name: str) -> str:
    """Return a name that every system takes for a file or folder: what is unsafe replaced by "_", the rest as it is.

    What is too long is cut, and ends in a part of its SHA-256, so that two that begin alike stay two.
    """
    safe = _UNSAFE.sub("_", name)
    kept = safe.rstrip(". ")
    safe = kept + "_" * (len(safe) - len(kept)) or "_"
    if _DEVICE.match(safe):
        safe = f"_{safe}"
    if len(safe.encode()) <= _LONGEST_BYTES:
        return safe
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_DIGITS]
    return safe.encode()[: _LONGEST_BYTES - 1 - _HASH_DIGITS].decode(errors="ignore") + f"-{digest}"
