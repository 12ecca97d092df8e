"""The options of a batch run: what to read, how, and where the results go."""

from __future__ import annotations

import os
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from pipeline.batch.page_ranges import PageRanges
from pipeline.decoding.constraints.constraint import Constraint
from pipeline.errors import UsageError
from pipeline.outputs.formats import CSV, GRIDS, PARQUET, TEXT, WORKBOOK, Format, find_format
from pipeline.outputs.parquet_tables import name_page_table
from pipeline.region import Region
from pipeline.remote.addresses import is_in_bucket
from pipeline.settings.tree import Settings
from pipeline.system.files import is_device

TIMEOUT_S = 60.0
"""Default of `timeout_s`; a page of 100 megapixels that is read in all four turns takes a tenth of it."""

DOWNLOAD_FRAC = 0.8
"""Of `timeout_s`, which a file at an address may take to come."""

_CORRECTING = {"apply_review", "inputs", "outputs", "format", "is_forced", "is_strict", "is_quiet"}
"""The options that `apply_review` goes with."""


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """The options of a batch run, checked on construction.

    Attributes
    ----------
    inputs : paths of files and folders, ``@list.txt`` for the paths in a list, ``-`` for a file on stdin
    watch : folder whose files are read as they arrive; None for none
    include, exclude : glob patterns that choose among the files of folders
    pages : which pages of each file
    password : of encrypted PDFs
    region : the part of each page to read; None for all of it
    has_tables : read tables into rows and columns
    outputs : files for the results; stdout where there are none
    format : of the results; None takes that of each output's suffix, and text for stdout
    annotate, trace, review : folders for pictures; None for none
    apply_review : table of a review whose right values go into the results that `inputs` name; None to read pictures
    settings : of every stage
    settings_file : the file that the settings come from; None for the defaults
    constraint : what all numbers obey; None where nothing is known
    values_file : the file that its values come from; None for none
    template : file of the form that every page is; None for no form
    model : a name under ``models/``, a folder or a file
    n_workers : processes that read; None for one per core
    timeout_s : seconds that a page may take; None for `TIMEOUT_S`
    is_resumed : skip the pages that are in the journal of the outputs already
    is_forced : overwrite files that are no results of this program
    is_strict : raise an error at the end if a number was rejected
    is_quiet, is_verbose : print less, or more, on stderr
    engine : "local" reads on this machine, "ray" on a cluster
    ray_address : of the cluster; None for a new one of this machine alone
    upload : folder of a bucket that the results are put into, too; None for none

    Raises
    ------
    UsageError
        If there is nothing to read, or an option lacks another one that it needs.
    """

    inputs: tuple[str, ...] = ()
    watch: Path | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    pages: PageRanges = PageRanges()
    password: str | None = field(default=None, repr=False)
    region: Region | None = None
    has_tables: bool = False
    outputs: tuple[Path, ...] = ()
    format: Format | None = None
    annotate: Path | None = None
    trace: Path | None = None
    review: Path | None = None
    apply_review: Path | None = None
    settings: Settings = field(default_factory=Settings)
    settings_file: Path | None = None
    constraint: Constraint | None = None
    values_file: Path | None = None
    template: Path | None = None
    model: str = "digits"
    n_workers: int | None = None
    timeout_s: float | None = None
    is_resumed: bool = False
    is_forced: bool = False
    is_strict: bool = False
    is_quiet: bool = False
    is_verbose: bool = False
    engine: str = "local"
    ray_address: str | None = None
    upload: str | None = None

    def __post_init__(self) -> None:
        if self.apply_review:
            self._check_correcting()
        if not (self.inputs or self.watch):
            raise UsageError("nothing to read is given", "name a picture, a PDF or a folder")
        if self.format is WORKBOOK and not self.outputs:
            raise UsageError("--format xlsx needs --output", "name a file for the results, such as results.xlsx")
        if self.format is PARQUET and not self.outputs:
            raise UsageError("--format parquet needs --output", "name a file for the results, such as read.parquet")
        if self.upload and not is_in_bucket(self.upload):
            raise UsageError(f"--upload {self.upload}: this is no folder of a bucket", "such as s3://bucket/read/")
        if (self.watch or self.is_resumed or self.upload) and not self.outputs:
            flag = "--watch" if self.watch else "--resume" if self.is_resumed else "--upload"
            raise UsageError(f"{flag} needs --output", "name a file for the results, such as results.csv")

    def choose_format(self, path: Path) -> Format:
        """Return the format of an output: the one that was asked for, or that of its suffix; with tables CSV is grids.

        Raises
        ------
        UsageError
            If no format has the suffix, or a device or pipe is to take what is no text.
        """
        chosen = self.format or find_format(path)
        if chosen.writer is None and is_device(path):
            what = chosen.name
            raise UsageError(f"--output {path}: {what} is no text", f"name a file that ends in {chosen.suffixes[0]}")
        return GRIDS if self.has_tables and chosen is CSV else chosen

    @property
    def stdout_format(self) -> Format:
        """The format of results on stdout; raise UsageError for one that is no text."""
        return self.choose_format(Path(os.devnull)) if self.format else TEXT

    def _check_correcting(self) -> None:
        """Raise UsageError if the results are not named, or an option is given that has no effect on them."""
        if not self.inputs:
            hint = "name the run's output, such as read.csv, before it"
            raise UsageError("--apply-review needs the results that it corrects", hint)
        given = {f.name for f in fields(self) if getattr(self, f.name) != _find_default(f)}
        if given - _CORRECTING:
            hint = "it goes with --output, --format, --force, --strict and --quiet alone"
            raise UsageError("--apply-review reads no pictures", hint)

    def is_parquet(self, path: Path) -> bool:
        """Return whether an output is written as Parquet, of which a second file is part."""
        return self.format is PARQUET or (not self.format and path.suffix.lower() in PARQUET.suffixes)

    def list_files(self) -> list[Path]:
        """Return the files of results, the second table of Parquet among them."""
        tables = [name_page_table(path) for path in self.outputs if self.is_parquet(path)]
        return [path for path in (*self.outputs, *tables) if not is_device(path)]

    @property
    def folders(self) -> dict[str, Path]:
        """The folders for pictures that were asked for, by the name of their option."""
        folders = {"annotate": self.annotate, "trace": self.trace, "review": self.review}
        return {name: folder for name, folder in folders.items() if folder}


def _find_default(option: Field[Any]) -> Any:
    return option.default if option.default_factory is MISSING else option.default_factory()
