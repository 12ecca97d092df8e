"""Files, folders, lists and stdin as the user names them -> the files to read, each with a unique stem.

Only folders and lists are opened. One that cannot be listed gives a `Failure`; files are opened later, page by page.
"""

from __future__ import annotations

import os
import re
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.batch.named_inputs import STDIN, expand_input, format_error
from pipeline.batch.natural_order import make_natural_key
from pipeline.batch.output_names import make_stems, name_page
from pipeline.errors import EmptyInputError, Failure, InputError, MissingInputError
from pipeline.images.load import SUFFIXES
from pipeline.outputs.annotate import ANNOTATED
from pipeline.remote.addresses import is_address, is_in_bucket, name_file

__all__ = ["STDIN", "Source", "list_sources", "name_page"]

_OTHER, _OWN = "of other types", "made by this program"
"""Why something in a folder is not read."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file to read.

    Attributes
    ----------
    path : as the user spelled it, or "-" for stdin
    stem : relative POSIX path without a suffix, for the names of all pictures made of this file
    known : (size, version) as the listing of its bucket told them; None where nothing was listed
    """

    path: str
    stem: str
    known: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class _FoundFile:
    """A file: its path as spelled, its real path, the folders and name of its stem, what a listing told of it."""

    path: str
    real: str
    parts: tuple[str, ...]
    known: tuple[int, int] | None = None


def list_sources(
    inputs: Sequence[str],
    skipped: Sequence[Path] = (),
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    left_out: Counter[str] | None = None,
) -> list[Source | Failure]:
    """Return every file that the inputs name, once, in their order; a `Failure` for what cannot be listed.

    A folder stands for the pictures in it and its subfolders, in natural order (scan2 before scan10), without hidden
    files and the annotated pictures of an earlier run. Links are followed. The stems of its files mirror its tree; if
    there are several folders, each tree is put under the folder's name.

    Parameters
    ----------
    inputs : paths of files and folders, "-" for stdin, "@" and the path of a list that has one path per line, patterns
    skipped : folders not to search
    include : glob patterns; a file in a folder must match one of them. Case does not matter, `**` matches any folders
    exclude : glob patterns that no file or subfolder may match; both kinds are compared with the path relative to the
        folder that was given, and with the name alone
    left_out : counts what folders hold that is not read, by why
    """
    entries = [entry for text in inputs for entry in expand_input(text)]
    folders = _label_folders([entry for entry in entries if isinstance(entry, str) and _is_folder(entry)])
    left_out = Counter() if left_out is None else left_out
    search = _Search(frozenset(map(find_real, map(str, skipped))), _compile(include), _compile(exclude), left_out)
    listed: list[_FoundFile | Failure] = []
    for entry in entries:
        if isinstance(entry, Failure):
            listed.append(entry)
        elif entry in folders:
            listed += search.search_folder(entry, folders[entry])
        elif entry == STDIN:
            listed.append(_FoundFile(STDIN, STDIN, ("stdin",)))
        else:
            name = name_file(entry) if is_address(entry) else _get_name(entry)
            listed.append(_FoundFile(entry, find_real(entry), (name,)))
    return _assign_stems(_drop_repeats(listed))


def _drop_repeats(listed: Sequence[_FoundFile | Failure]) -> list[_FoundFile | Failure]:
    seen: set[str] = set()
    kept: list[_FoundFile | Failure] = []
    for item in listed:
        if isinstance(item, _FoundFile):
            key = os.path.normcase(item.real)
            if key in seen:
                continue
            seen.add(key)
        kept.append(item)
    return kept


def _assign_stems(listed: Sequence[_FoundFile | Failure]) -> list[Source | Failure]:
    stems = iter(make_stems([item.parts for item in listed if isinstance(item, _FoundFile)]))
    return [Source(item.path, next(stems), item.known) if isinstance(item, _FoundFile) else item for item in listed]


def _label_folders(folders: Sequence[str]) -> dict[str, str]:
    """Return the name that the stems of each folder, as spelled, are put under: "" if there is only one folder."""
    labels: dict[str, str] = {}  # by real path
    for path in folders:
        name = _get_name(_make_absolute(path)) or "root"
        label, n = name, 1
        while label.casefold() in (other.casefold() for other in labels.values()):
            n += 1
            label = f"{name}-{n}"
        labels.setdefault(find_real(path), label)
    return {path: labels[find_real(path)] if len(labels) > 1 else "" for path in folders}


@dataclass(frozen=True, slots=True)
class _Search:
    """How folders are searched: the real paths of those to skip, and the patterns for names."""

    skipped: frozenset[str]
    include: re.Pattern[str] | None
    exclude: re.Pattern[str] | None
    left_out: Counter[str]

    def search_folder(self, folder: str, label: str) -> list[_FoundFile | Failure]:
        """Return the pictures in a folder and its subfolders, then a failure for each folder that cannot be listed."""
        walk = _Walk(self)
        if is_address(folder):
            walk.add_bucket(folder)
        else:
            walk.waiting.append((folder, (), find_real(folder)))
        while walk.waiting or walk.linked:
            walk.step()
        if not walk.found and not walk.failures:
            return [Failure.of(walk.explain_empty(), folder)]
        top = (label,) if label else ()
        walk.found.sort(key=lambda item: make_natural_key(item.path))
        return [*(replace(item, parts=(*top, *item.parts)) for item in walk.found), *walk.failures]

    def filters_out(self, name: str, parts: tuple[str, ...], is_folder: bool) -> bool:
        """Return whether the patterns exclude a file or folder of that name; `parts` are the folders that it is in."""
        if self.include is None and self.exclude is None:
            return False
        relative = "/".join((*parts, name))
        if self.exclude and (self.exclude.fullmatch(relative) or self.exclude.fullmatch(name)):
            return True
        if self.include is None or is_folder:
            return False
        return not (self.include.fullmatch(relative) or self.include.fullmatch(name))


_Folder = tuple[str, tuple[str, ...], str]
"""A folder to list: its path as spelled, its folders below the one that was given, its real path."""


@dataclass(slots=True)
class _Walk:
    """The state of the search of one folder. Linked folders are listed after all others, which keep their own paths."""

    search: _Search
    waiting: deque[_Folder] = field(default_factory=deque)
    linked: deque[_Folder] = field(default_factory=deque)
    listed: set[str] = field(default_factory=set)
    found: list[_FoundFile] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    n_filtered: int = 0
    n_pruned: int = 0

    def step(self) -> None:
        """List one folder, unless it has been listed: several links may lead to it, or a ring of them."""
        path, parts, real = self.waiting.popleft() if self.waiting else self.linked.popleft()
        if real in self.listed:
            return
        self.listed.add(real)
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        self.search.left_out["hidden"] += 1
                    else:
                        self._add(entry, parts, real)
        except OSError as error:
            failure = InputError(f"this folder cannot be listed ({format_error(error)})", "check its permissions")
            self.failures.append(Failure.of(failure, path))

    def _add(self, entry: os.DirEntry[str], parts: tuple[str, ...], folder_real: str) -> None:
        is_link = entry.is_symlink()
        is_folder = _check_entry(entry.is_dir)
        if not is_folder and (reason := _find_reason(entry.name)):
            self.search.left_out[reason] += 1
            return
        real = find_real(entry.path) if is_link else os.path.join(folder_real, entry.name)  # noqa: PTH118
        if is_folder and real in self.search.skipped:
            self.search.left_out[_OWN] += 1
            return
        if self.search.filters_out(entry.name, parts, is_folder):
            self.n_pruned += is_folder
            self.n_filtered += not is_folder
            self.search.left_out["excluded"] += 1
        elif is_folder:
            (self.linked if is_link else self.waiting).append((entry.path, (*parts, entry.name), real))
        else:
            self.found.append(_FoundFile(entry.path, real, (*parts, entry.name)))

    def add_bucket(self, folder: str) -> None:
        """Add what lies below the address of a bucket, or of a folder in it, by the rules for folders."""
        from pipeline.remote.buckets import list_objects  # imported late: it needs libraries of its own

        try:
            objects = list_objects(folder)
        except InputError as error:
            self.failures.append(Failure.of(error, folder))
            return
        if not objects:
            self.failures.append(Failure.of(MissingInputError("there is nothing at that address"), folder))
        for address, known in objects:
            *folders, name = address.removeprefix(folder).strip("/").split("/")
            parts, search = tuple(folders), self.search
            is_filtered = any(search.filters_out(part, parts[:n], True) for n, part in enumerate(parts))
            is_hidden = any(part.startswith(".") for part in (*parts, name))
            if reason := "hidden" if is_hidden else _find_reason(name):
                search.left_out[reason] += 1
            elif is_filtered or search.filters_out(name, parts, False):
                self.n_filtered += 1
                search.left_out["excluded"] += 1
            else:
                self.found.append(_FoundFile(address, address, (*parts, name), known))

    def explain_empty(self) -> EmptyInputError:
        """Return the error for a folder without a picture to read."""
        if self.n_filtered or self.n_pruned:
            what = f"{self.n_filtered} in it" if self.n_filtered else "folders in it"
            message = f"no picture is left in this folder: {what} filtered out by include and exclude"
            return EmptyInputError(message, "change the patterns")
        return EmptyInputError("there is no picture in this folder", f"pictures end in {', '.join(SUFFIXES)}")


def _find_reason(name: str) -> str | None:
    """Return why a file of that name is not read; None if it is a picture."""
    lower = name.lower()
    if not lower.endswith(SUFFIXES):
        return _OTHER
    return _OWN if os.path.splitext(lower)[0].endswith(ANNOTATED) else None  # noqa: PTH122


def _check_entry(check: Callable[[], bool]) -> bool:
    """Return the result of a check of a directory entry; False where the system raises, as for a ring of links."""
    try:
        return check()
    except OSError:
        return False


def _compile(patterns: Sequence[str]) -> re.Pattern[str] | None:
    """Return one regular expression for all patterns; None if there are none."""
    if not patterns:
        return None
    from wcmatch import glob  # imported late: most runs have no pattern

    flags = glob.GLOBSTAR | glob.DOTGLOB | glob.IGNORECASE | glob.FORCEUNIX
    plain = [pattern.replace(os.sep, "/").removeprefix("./").rstrip("/") for pattern in patterns]
    expressions, _ = glob.translate(plain, flags=flags)
    return re.compile("|".join(f"(?:{expression})" for expression in expressions))


def _is_folder(path: str) -> bool:
    if is_address(path):
        return is_in_bucket(path) and not path.lower().endswith(SUFFIXES)
    return path != STDIN and os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises on a name too long


def find_real(path: str) -> str:
    """Return the real path, links resolved; the path itself if the system cannot resolve it, or it is an address."""
    if is_address(path):
        return path
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):
        return path


def _make_absolute(path: str) -> str:
    try:
        return os.path.abspath(path)  # noqa: PTH100 - links must not be resolved
    except OSError:  # the current folder is gone
        return path


def _get_name(path: str) -> str:
    return os.path.basename(path.rstrip("/" + os.sep))  # noqa: PTH119 - Path would read "" as "."
