"""A stem for the names of the pictures made of each file: relative, unique, and valid on every system."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import count

_UNSAFE = re.compile(r'[<>:"|?*\\/\x00-\x1f\x7f-\x9f\ud800-\udfff]')
"""Characters that Windows forbids, control characters, and surrogates, which stand for bytes that are not UTF-8."""

_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|\Z)", re.IGNORECASE)
"""Names that Windows reserves for devices, with any suffix."""

_PAGE = re.compile(r"\.page[0-9]+\Z", re.IGNORECASE)
_LONGEST_BYTES = 180
"""Most systems limit a name to 255 bytes; a page number, a kind and a suffix are added to it."""

_HASH_DIGITS = 8


def name_page(stem: str, number: int, n_pages: int) -> str:
    """Return the stem for one page: that of the file, or ``a.page3`` in a file of several pages."""
    return f"{stem}.page{number}" if n_pages > 1 else stem


def find_stem(name: str, number: int, n_pages: int) -> str:
    """Return the stem of the file whose page has that name: the inverse of `name_page`."""
    return name.removesuffix(f".page{number}") if n_pages > 1 else name


class TakenNames:
    """Which file has which stem, so that over all runs into the same outputs no file gets that of another one.

    Parameters
    ----------
    stems : the stem of each file that has one already, by its path
    """

    def __init__(self, stems: Mapping[str, str]) -> None:
        self._stems: dict[str, str] = {}
        self._owners: dict[str, str] = {}
        for path, stem in stems.items():
            if self._owners.setdefault(_fold(stem), path) == path:
                self._stems[path] = stem

    def claim(self, path: str, stem: str) -> str:
        """Return the stem of a file: the one that it has already, else `stem`, with a number if that is taken."""
        if path not in self._stems:
            free = (f"{stem}-{n}" if n > 1 else stem for n in count(1))
            self._stems[path] = next(one for one in free if _fold(one) not in self._owners)
            self._owners[_fold(self._stems[path])] = path
        return self._stems[path]


def make_stems(names: Sequence[tuple[str, ...]]) -> list[str]:
    """Return a stem for each file, all different also on file systems that ignore case or Unicode normalization.

    The suffix is dropped. If two files would then have the same stem, or one that could be another's page, the suffix
    is kept; if that is taken too, a number is added.

    Parameters
    ----------
    names : for each file the folders that it is put under, then its name, as spelled

    Returns
    -------
    list of relative POSIX paths, as long as `names`
    """
    stems = [_join(parts, is_whole=False) for parts in names]
    duplicates = _find_duplicates(stems, range(len(stems)))
    short = set(range(len(stems)))
    while duplicates:  # a whole name may collide with a stem that was unique: a.jpg, a.png and a.jpg.tif
        for index in duplicates:
            stems[index] = _join(names[index], is_whole=True)
        short.difference_update(duplicates)
        duplicates = _find_duplicates(stems, short)
    return _number(stems)


def _find_duplicates(stems: Sequence[str], among: Sequence[int] | set[int] | range) -> list[int]:
    """Return those of the indices `among` whose stem is not unique."""
    counts = Counter(map(_fold, stems))
    return [index for index in among if counts[_fold(stems[index])] > 1]


def _number(stems: Sequence[str]) -> list[str]:
    """Return the stems, with "-2", "-3" and so on added to those that occur again."""
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
    """Return the stem as file systems compare it: macOS and Windows ignore case, macOS also Unicode normalization."""
    if stem.isascii():
        return stem.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", stem).casefold())


def _join(parts: tuple[str, ...], is_whole: bool) -> str:
    *folders, name = parts
    return "/".join((*map(clean_name, folders), _name_file(name, is_whole)))


def _name_file(name: str, is_whole: bool) -> str:
    short = clean_name(os.path.splitext(name)[0])  # noqa: PTH122 - Path normalizes the name
    if not is_whole and not _PAGE.search(short):
        return short
    whole = clean_name(name)
    return f"{whole}_" if _PAGE.search(whole) else whole


@lru_cache(maxsize=4096)
def clean_name(name: str) -> str:
    """Return a name that is valid on every system: unsafe characters are replaced by "_".

    A name that is too long is cut and ends in a part of its SHA-256, so that names with the same start stay different.
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
