"""What a run writes and what it does with every page, as its options say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.batch.forms import choose_output
from pipeline.batch.jobs import Plan
from pipeline.batch.options import DOWNLOAD_FRAC, TIMEOUT_S, BatchOptions
from pipeline.batch.results import Output
from pipeline.forms.template import Template
from pipeline.outputs.formats import PARQUET, TEXT, WORKBOOK
from pipeline.outputs.parquet_tables import check_parquet_library
from pipeline.outputs.workbook import check_library
from pipeline.remote.buckets import open_filesystem


def list_outputs(options: BatchOptions, template: Template | None) -> list[Output]:
    """Return the files of results; raise SetupError now if a library that one needs is not installed."""
    outputs = [choose_output(path, options, template) for path in options.outputs]
    if any(output.format.name == WORKBOOK.name for output in outputs):
        check_library()
    if any(output.format is PARQUET for output in outputs):
        check_parquet_library()
    if options.upload:
        open_filesystem(options.upload)
    return outputs


def make_plan(options: BatchOptions, outputs: Sequence[Output], folders: Mapping[str, Path]) -> Plan:
    """Return what to do with every page.

    Parameters
    ----------
    options : of the run
    outputs : as `list_outputs` returns them
    folders : for pictures, by the name of their option
    """
    formats = [output.format for output in outputs] or [options.format or TEXT]
    has_pictures = any(format.has_pictures for format in formats)
    plan = Plan(
        options.settings,
        options.model,
        annotate=folders.get("annotate"),
        trace=folders.get("trace"),
        review=folders.get("review"),
        password=options.password,
        has_pictures=has_pictures,
    )
    plan = replace(plan, constraint=options.constraint, region=options.region, has_tables=options.has_tables)
    return replace(plan, download_s=DOWNLOAD_FRAC * (options.timeout_s or TIMEOUT_S))
