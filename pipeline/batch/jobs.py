"""What is handed to a worker process, and what comes back: plan, job, outcome."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from pipeline.batch.sources import Source
from pipeline.outputs.records import Record
from pipeline.settings.tree import Settings

BUG_CODE = "bug"

Identity: TypeAlias = tuple[int, int]
"""A file's bytes and the time of its last change, ns: what tells it from its changed self."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done with every page.

    Attributes
    ----------
    settings, model : as for `read_page` and `load_classifier`
    annotate, trace, review : folders for pictures; None for none
    has_thumbnails : whether a record carries a small picture of its page, for the HTML report
    """

    settings: Settings = field(default_factory=Settings)
    model: str = "digits"
    annotate: Path | None = None
    trace: Path | None = None
    review: Path | None = None
    has_thumbnails: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """One page to read: `number` counts from 1, `raw` holds the bytes of what came on stdin.

    With `only_counts` nothing is read: the outcome, whose record is empty, tells how many pages the file has.
    """

    source: Source
    number: int = 1
    raw: bytes | None = None
    only_counts: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job.

    Attributes
    ----------
    record : the page's, or its failure's
    name : that of what was made of the page, without folder and ending
    n_pages : of the file; None where that is not known
    identity : of the file, before it was read; None for stdin and for what is no file
    told : a bug's traceback
    is_lost : whether the process ended over it, and could tell nothing of the file
    """

    record: Record
    name: str = ""
    n_pages: int | None = None
    identity: Identity | None = None
    told: str = ""
    is_lost: bool = False


def identify(path: str) -> Identity | None:
    """Return what tells a file from its changed self, or None where there is no such file."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a name that Path would spell otherwise
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns
