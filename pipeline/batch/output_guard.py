"""Refuses outputs of a batch that would overwrite what is read, before anything is read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.batch.named_inputs import LIST_MARK, expand_input
from pipeline.batch.options import BatchOptions
from pipeline.batch.results import choose_journal
from pipeline.batch.scheduler import InputItem
from pipeline.batch.sources import STDIN, Source, find_real
from pipeline.errors import UsageError
from pipeline.images.load import SUFFIXES
from pipeline.outputs.annotate import ANNOTATED
from pipeline.outputs.formats import GRIDS
from pipeline.outputs.grid_writer import list_numbered
from pipeline.outputs.overwriting import check_replaceable, check_sources_are_kept, is_own_result
from pipeline.outputs.parquet_tables import name_page_table
from pipeline.outputs.review import CROPS, PAGES, TABLE
from pipeline.recognition.classify import list_model_files
from pipeline.system.files import is_device

_INPUT = "one of the inputs"
_PICTURES = {
    "annotate": re.compile(rf".*{re.escape(ANNOTATED)}\.(png|jpg)"),
    "trace": re.compile(r".*\.\d-[a-z-]+\.png"),
    "review": re.compile(rf"({CROPS}|{PAGES})/.*"),
}
"""Names, relative to its folder, of the pictures that each flag writes."""


def check_outputs(options: BatchOptions, items: Sequence[InputItem], template_files: Sequence[str] = ()) -> None:
    """Raise UsageError if an output would overwrite a file that is read, or one that is no result of this program.

    Parameters
    ----------
    options : of the run
    items : all that it is going to read
    template_files : those of its form
    """
    sources = [item.path for item in items if isinstance(item, Source) and item.path != STDIN]
    files = [path for path in options.outputs if not is_device(path)]
    written = [("--output", path) for path in files]
    journal = choose_journal(files, options.format) if files else None
    if journal and journal not in files:
        written.append(("the journal", journal))
    written += [("--output", name_page_table(path)) for path in files if options.is_parquet(path)]
    tables = files if options.has_tables else []
    grids = [one for path in tables if options.choose_format(path) is GRIDS for one in (path, *list_numbered(path))]
    written += [("--output", path) for path in grids if path not in files]
    check_sources_are_kept(
        written, [*_list_read(options, sources), *(("a file of the template", path) for path in template_files)]
    )
    _check_folders(options, sources)
    if options.watch:
        _check_watched(options.watch, files)
    if not options.is_forced:  # a journal that is resumed is read first, and refused if it is none
        known = grids if journal and journal.is_file() and is_own_result(journal) else []
        check_replaceable([one for one in written if not (options.is_resumed and one[1] == journal)], known)


def _list_read(options: BatchOptions, sources: Sequence[str]) -> Iterator[tuple[str, str | Path]]:
    """Yield (what it is, path) of each file that the run reads, and of the table for review, which it writes."""
    for text in options.inputs:
        yield _INPUT, os.path.realpath(text)
        if text.startswith(LIST_MARK) and text not in sources:
            yield "the list of the inputs", os.path.realpath(text.removeprefix(LIST_MARK))
    if options.watch:
        yield _INPUT, os.path.realpath(options.watch)
    for source in sources:
        yield _INPUT, source
    if options.settings_file:
        yield "the settings file", options.settings_file
    if options.values_file:
        yield "the file of --values", options.values_file
    for path in list_model_files(options.model):
        yield "a file of the model", path
    if options.review:
        yield "the table of --review", os.path.realpath(options.review / TABLE)


def _check_folders(options: BatchOptions, sources: Sequence[str]) -> None:
    """Raise UsageError if a folder for pictures is an input, or would get one of the name of a file that is read."""
    entries = [entry for text in options.inputs for entry in expand_input(text)]
    given = {os.path.realpath(entry) for entry in entries if isinstance(entry, str)}
    if options.watch:
        given.add(os.path.realpath(options.watch))
    for flag, folder in options.folders.items():
        top = os.path.realpath(folder)
        if flag != "annotate" and top in given:
            raise UsageError(f"--{flag} {folder} is {_INPUT}", "choose another name")
        for source in sources if folder.is_dir() else ():
            real = find_real(source)
            inside = real.removeprefix(top + os.sep).replace(os.sep, "/")
            if real.startswith(top + os.sep) and _PICTURES[flag].fullmatch(inside):
                raise UsageError(f"--{flag} {folder} might overwrite the input {source}", "choose another folder")


def _check_watched(folder: Path, files: Sequence[Path]) -> None:
    """Raise UsageError if a file of results might take the place of a picture that arrives."""
    for path in files:
        is_inside = os.path.realpath(path).startswith(os.path.realpath(folder) + os.sep)
        if is_inside and path.name.lower().endswith(SUFFIXES):
            raise UsageError(f"--output {path} is named as a picture in the watched folder", "choose another name")
