"""Inputs as the user names them -> pages -> outcomes, one after the other; a bad one is data and the run goes on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.annotate import ANNOTATED
from pipeline.classify import Classifier
from pipeline.errors import EmptyInputError, Failure, InputError
from pipeline.images import SUFFIXES, Picture, open_picture
from pipeline.quiet import silence_native_stderr
from pipeline.read import read_page
from pipeline.settings import Settings
from pipeline.trace import Trace
from pipeline.types import Page, PageReading

STDIN = "-"


@dataclass(frozen=True, slots=True, eq=False)
class PageResult:
    """One page read: the picture that it is of, the page itself, what it says, and a name for what is made of it."""

    picture: Picture
    page: Page
    reading: PageReading
    stem: str


def find_pictures(folder: str | os.PathLike[str], without: Sequence[Path] = ()) -> list[str]:
    """Return the paths of all pictures in a folder and the folders in it, sorted.

    Hidden ones are left out, and so are the annotated pictures of an earlier run.

    Parameters
    ----------
    folder : where to look
    without : folders not to look into

    Raises
    ------
    EmptyInputError
        If there are none.
    """
    found: list[str] = []
    closed = {os.path.realpath(path) for path in without}
    for parent, folders, files in os.walk(folder):
        folders[:] = [n for n in folders if not n.startswith(".") and os.path.realpath(Path(parent, n)) not in closed]
        # Joined as text, to keep the user's own spelling: Path would drop a leading "./".
        found += [os.path.join(parent, name) for name in files if _is_picture(name)]  # noqa: PTH118
    if not found:
        raise EmptyInputError("there is no picture in this folder", f"pictures end in {', '.join(SUFFIXES)}")
    return sorted(found)


def _is_picture(name: str) -> bool:
    is_ours = Path(name).stem.endswith(ANNOTATED)
    return name.lower().endswith(SUFFIXES) and not name.startswith(".") and not is_ours


def list_inputs(inputs: Sequence[str], without: Sequence[Path] = ()) -> list[str | Failure]:
    """Return the inputs with each folder replaced by its pictures; a folder without any by its failure.

    Parameters
    ----------
    inputs : paths of files and folders, or "-"
    without : folders in which no pictures are sought
    """
    listed: list[str | Failure] = []
    for given in inputs:
        if given == STDIN or not os.path.isdir(given):  # noqa: PTH112 - Path.is_dir raises on a name too long
            listed.append(given)
            continue
        try:
            listed += find_pictures(given, without)
        except InputError as error:
            listed.append(Failure.of(error, given))
    return listed


class Stems:
    """Names for what is made of each page: the file's own, with its page, never the same one twice."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def claim(self, page: Page, n_pages: int) -> str:
        """Return a name for this page's files: ``a``, ``a-2`` if another input had it, ``a.page3`` in a longer file."""
        name = {STDIN: "stdin"}.get(page.source, Path(page.source).stem)
        name += f".page{page.number}" if n_pages > 1 else ""
        stem, n = name, 1
        while stem.lower() in self._taken:  # Windows and macOS do not tell A from a
            n += 1
            stem = f"{name}-{n}"
        self._taken.add(stem.lower())
        return stem


def read_input(
    given: str | Failure, classifier: Classifier, settings: Settings, stems: Stems, trace_dir: Path | None = None
) -> Iterator[PageResult | Failure]:
    """Yield the outcome of each page of one file, or of stdin.

    Parameters
    ----------
    given : path of a picture, or "-"; a failure is passed on
    classifier, settings : as for `read_page`
    stems : names taken so far
    trace_dir : where to put pictures of every stage; None for nowhere
    """
    if isinstance(given, Failure):
        yield given
        return
    try:
        picture = open_picture(sys.stdin.buffer.read() if given == STDIN else given, settings.images, name=given)
    except InputError as error:
        yield Failure.of(error, given)
        return
    for number in range(1, picture.n_pages + 1):
        try:
            with silence_native_stderr():  # libjpeg and libpng print what they find wrong, however slight
                page = picture.load_page(number)
        except InputError as error:
            yield Failure.of(error, given, number)
            continue
        stem = stems.claim(page, picture.n_pages)
        trace = Trace(trace_dir, stem) if trace_dir else None
        yield PageResult(picture, page, read_page(page, classifier, settings, trace), stem)
