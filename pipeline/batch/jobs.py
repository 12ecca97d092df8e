"""What a worker process receives and returns: the plan of the run, a job, its outcome."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from pipeline.batch.sources import Source
from pipeline.decoding.constraints.constraint import Constraint
from pipeline.forms.template import Template
from pipeline.outputs.records import Record
from pipeline.region import Region
from pipeline.remote.addresses import is_address
from pipeline.remote.fetch import identify_address
from pipeline.settings.tree import Settings

BUG_CODE = "bug"

Identity: TypeAlias = tuple[int, int]
"""(size in bytes, time of the last change in ns) of a file: if they differ, it has changed. At an address the second
is made of the ETag, or else of the time of change."""

DOWNLOAD_S = 48.0
"""Seconds that a file at an address may take to come."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with every page.

    Attributes
    ----------
    settings, model, constraint : as for `read_page` and `load_classifier`
    annotate, trace, review : folders for pictures; None for none
    password : of encrypted PDFs
    region : the part of each page to read; None for all of it
    has_tables : whether tables are read into rows and columns
    template : the form that every page is; None where pages are read without one
    has_pictures : whether a record carries pictures of its page and numbers, for the HTML report
    keeps_page : whether an outcome carries the picture of its page, as the page in the browser shows it
    download_s : seconds that a file at an address may take to come
    """

    settings: Settings = field(default_factory=Settings)
    model: str = "digits"
    annotate: Path | None = None
    trace: Path | None = None
    review: Path | None = None
    password: str | None = field(default=None, repr=False)
    region: Region | None = None
    has_tables: bool = False
    keeps_page: bool = False
    has_pictures: bool = False
    constraint: Constraint | None = None
    template: Template | None = None
    download_s: float = DOWNLOAD_S


@dataclass(frozen=True, slots=True)
class Job:
    """One page to read: `number` counts from 1, `raw` holds the bytes of a file from stdin or an upload.

    With `is_count_only` no page is read: the outcome has an empty record and the number of pages of the file. A `plan`
    takes the place of that of the run, whose model is used in any case.
    """

    source: Source
    number: int = 1
    raw: bytes | None = None
    is_count_only: bool = False
    plan: Plan | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a job.

    Attributes
    ----------
    record : of the page, or of its failure
    name : stem of the names of the pictures made of the page
    n_pages : of the file; None if it is unknown
    identity : of the file, before it was read; None for stdin and for a missing file
    traceback : of a bug
    crops : names of the crops of its rejected numbers, in reading order; None if none were asked for
    is_lost : whether the worker process ended before it could return anything about the file
    picture : the page, upright, as JPEG; empty if it is not asked for, or the page failed
    """

    record: Record
    name: str = ""
    n_pages: int | None = None
    identity: Identity | None = None
    traceback: str = ""
    crops: tuple[str, ...] | None = None
    is_lost: bool = False
    picture: bytes = b""


def identify(path: str) -> Identity | None:
    """Return the size and time of change of a file, or what stands for it at an address; None if there is none."""
    if is_address(path):
        return identify_address(path)
    try:
        found = os.stat(path)  # noqa: PTH116 - Path would normalize the name
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns
