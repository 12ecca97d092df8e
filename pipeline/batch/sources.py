"""What is to be read: files, folders, lists and stdin as the user names them -> sources, each with a stem of its own.

Nothing is opened but folders and lists. What cannot be listed is data; what cannot be read is found out in its turn.
"""

from __future__ import annotations

import codecs
import os
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.batch.output_names import make_stems, name_page
from pipeline.errors import EmptyInputError, Failure, InputError, MissingInputError
from pipeline.images.load import SUFFIXES
from pipeline.outputs.annotate import ANNOTATED

__all__ = ["STDIN", "Source", "list_sources", "name_page"]

STDIN = "-"
LIST_MARK = "@"


@dataclass(frozen=True, slots=True)
class Source:
    """One file to read.

    Attributes
    ----------
    path : as the user spelled it, or "-" for stdin
    stem : relative POSIX path without a suffix, under which everything that is made of this file is put
    """

    path: str
    stem: str


@dataclass(frozen=True, slots=True)
class _Found:
    """A file: its path as spelled, where it really is, and the folders and name that its stem is made of."""

    path: str
    real: str
    parts: tuple[str, ...]


def list_sources(
    inputs: Sequence[str], without: Sequence[Path] = (), include: Sequence[str] = (), exclude: Sequence[str] = ()
) -> list[Source | Failure]:
    """Return every file that the inputs name, once, in their order; what cannot be listed as its failure.

    A folder stands for the pictures in it and in the folders in it, sorted; hidden ones and the annotated pictures of
    an earlier run are left out. Links are followed. Below a folder, stems mirror its tree; of several folders, each
    under the folder's own name.

    Parameters
    ----------
    inputs : paths of files and folders, "-" for stdin, "@" and the path of a list for the paths in it, one on a line
    without : folders not to look into
    include : glob patterns, of which a file in a folder must match one; case does not matter, `**` is any folders
    exclude : glob patterns that no file in a folder may match, nor a folder in it; both are compared with the path
        relative to the folder that was given, and with the bare name
    """
    given = [entry for text in inputs for entry in _expand_list(text)]
    folders = _label_folders([entry for entry in given if isinstance(entry, str) and _is_folder(entry)])
    search = _Search(frozenset(map(_find_real, map(str, without))), _compile(include), _compile(exclude))
    listed: list[_Found | Failure] = []
    for entry in given:
        if isinstance(entry, Failure):
            listed.append(entry)
        elif entry in folders:
            listed += search.look_into(entry, folders[entry])
        elif entry == STDIN:
            listed.append(_Found(STDIN, STDIN, ("stdin",)))
        else:
            listed.append(_Found(entry, _find_real(entry), (_name_of(entry),)))
    return _name(_drop_repeats(listed))


def _drop_repeats(listed: Sequence[_Found | Failure]) -> list[_Found | Failure]:
    seen: set[str] = set()
    kept: list[_Found | Failure] = []
    for item in listed:
        if isinstance(item, _Found):
            key = os.path.normcase(item.real)
            if key in seen:
                continue
            seen.add(key)
        kept.append(item)
    return kept


def _name(listed: Sequence[_Found | Failure]) -> list[Source | Failure]:
    stems = iter(make_stems([item.parts for item in listed if isinstance(item, _Found)]))
    return [Source(item.path, next(stems)) if isinstance(item, _Found) else item for item in listed]


def _expand_list(text: str) -> list[str | Failure]:
    """Return the paths in a list; or what was given, alone, where it is no list."""
    if not text.startswith(LIST_MARK):
        return [text]
    try:
        raw = Path(text.removeprefix(LIST_MARK)).read_bytes()
    except FileNotFoundError:
        return [Failure.of(MissingInputError("there is no such list"), text)]
    except (OSError, ValueError) as error:
        return [Failure.of(InputError(f"this list cannot be read ({_tell(error)})", "check the list"), text)]
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # as PowerShell writes
        written = raw.decode("utf-16", "replace")
    else:
        written = raw.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")
    lines = [line.rstrip("\r") for line in written.split("\n")]
    paths: list[str | Failure] = [line for line in lines if line.strip() and not line.startswith("#")]
    return paths or [Failure.of(EmptyInputError("this list names no file", "write one path on each line"), text)]


def _label_folders(given: Sequence[str]) -> dict[str, str]:
    """Return for each folder as spelled the name that its stems go under: "" for a folder alone."""
    labels: dict[str, str] = {}  # by where the folder really is
    for path in given:
        name = _name_of(_make_absolute(path)) or "root"
        label, n = name, 1
        while label.casefold() in (other.casefold() for other in labels.values()):
            n += 1
            label = f"{name}-{n}"
        labels.setdefault(_find_real(path), label)
    return {path: labels[_find_real(path)] if len(labels) > 1 else "" for path in given}


@dataclass(frozen=True, slots=True)
class _Search:
    """How folders are searched: which to leave out, by where they really are, and which names to take."""

    closed: frozenset[str]
    include: re.Pattern[str] | None
    exclude: re.Pattern[str] | None

    def look_into(self, folder: str, label: str) -> list[_Found | Failure]:
        """Return the pictures in a folder and below, sorted, then the folders that cannot be listed."""
        walk = _Walk(self)
        walk.waiting.append((folder, (), _find_real(folder)))
        while walk.waiting or walk.linked:
            walk.step()
        if not walk.found and not walk.failures:
            return [Failure.of(walk.explain_nothing(), folder)]
        top = (label,) if label else ()
        found = sorted(walk.found, key=lambda item: item.path)
        return [*(_Found(item.path, item.real, (*top, *item.parts)) for item in found), *walk.failures]

    def leaves_out(self, name: str, parts: tuple[str, ...], is_folder: bool) -> bool:
        """Return whether the patterns leave out a file or folder of that name, in the folder of those parts."""
        if self.include is None and self.exclude is None:
            return False
        relative = "/".join((*parts, name))
        if self.exclude and (self.exclude.fullmatch(relative) or self.exclude.fullmatch(name)):
            return True
        if self.include is None or is_folder:
            return False
        return not (self.include.fullmatch(relative) or self.include.fullmatch(name))


_Place = tuple[str, tuple[str, ...], str]
"""A folder to list: its path as spelled, its parts below the folder given, where it really is."""


@dataclass(slots=True)
class _Walk:
    """One folder's search on its way. Links wait until all real folders are listed, so that a real place goes first."""

    search: _Search
    waiting: deque[_Place] = field(default_factory=deque)
    linked: deque[_Place] = field(default_factory=deque)
    listed: set[str] = field(default_factory=set)
    found: list[_Found] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    n_left_out: int = 0
    n_pruned: int = 0

    def step(self) -> None:
        """List one folder, unless it has been: links may lead to one place by many ways, or in a ring."""
        path, parts, real = self.waiting.popleft() if self.waiting else self.linked.popleft()
        if real in self.listed:
            return
        self.listed.add(real)
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    if not entry.name.startswith("."):
                        self._take(entry, parts, real)
        except OSError as error:
            told = InputError(f"this folder cannot be listed ({_tell(error)})", "check its permissions")
            self.failures.append(Failure.of(told, path))

    def _take(self, entry: os.DirEntry[str], parts: tuple[str, ...], folder_real: str) -> None:
        is_link = entry.is_symlink()
        is_folder = _asks(entry.is_dir)
        if not is_folder and not (_is_picture(entry.name) and (is_link or _asks(entry.is_file))):
            return
        real = _find_real(entry.path) if is_link else os.path.join(folder_real, entry.name)  # noqa: PTH118
        if is_folder and real in self.search.closed:
            return
        if self.search.leaves_out(entry.name, parts, is_folder):
            self.n_pruned += is_folder
            self.n_left_out += not is_folder
        elif is_folder:
            (self.linked if is_link else self.waiting).append((entry.path, (*parts, entry.name), real))
        else:
            self.found.append(_Found(entry.path, real, (*parts, entry.name)))

    def explain_nothing(self) -> EmptyInputError:
        """Return the error of a folder in which nothing is left to read."""
        if self.n_left_out or self.n_pruned:
            what = f"{self.n_left_out} in it" if self.n_left_out else "folders in it"
            told = f"no picture is left in this folder: {what} filtered out by include and exclude"
            return EmptyInputError(told, "change the patterns")
        return EmptyInputError("there is no picture in this folder", f"pictures end in {', '.join(SUFFIXES)}")


def _is_picture(name: str) -> bool:
    lower = name.lower()
    return lower.endswith(SUFFIXES) and not os.path.splitext(lower)[0].endswith(ANNOTATED)  # noqa: PTH122


def _asks(question: object) -> bool:
    """Return the answer of a directory entry; False where the system gives none, as for a ring of links."""
    try:
        return bool(question())  # type: ignore[operator]
    except OSError:
        return False


def _compile(patterns: Sequence[str]) -> re.Pattern[str] | None:
    """Return one regular expression for all the patterns; None for none."""
    if not patterns:
        return None
    from wcmatch import glob  # late, as most runs have no pattern

    flags = glob.GLOBSTAR | glob.DOTGLOB | glob.IGNORECASE | glob.FORCEUNIX
    plain = [pattern.replace(os.sep, "/").removeprefix("./").rstrip("/") for pattern in patterns]
    expressions, _ = glob.translate(plain, flags=flags)
    return re.compile("|".join(f"(?:{expression})" for expression in expressions))


def _is_folder(path: str) -> bool:
    return path != STDIN and os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises on a name too long


def _find_real(path: str) -> str:
    """Return where a path leads once links are followed; the path itself where the system cannot say."""
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):
        return path


def _make_absolute(path: str) -> str:
    try:
        return os.path.abspath(path)  # noqa: PTH100 - the link's own name counts, not where it leads
    except OSError:  # the current folder is gone
        return path


def _name_of(path: str) -> str:
    return os.path.basename(path.rstrip("/" + os.sep))  # noqa: PTH119 - Path would read "" as "."


def _tell(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
