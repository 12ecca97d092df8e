"""What a template changes of a batch run: pictures are decoded larger, and a table has a column per field."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from pipeline.batch.options import BatchOptions
from pipeline.batch.results import Output
from pipeline.forms.template import Template
from pipeline.outputs.csv_writer import CsvWriter
from pipeline.outputs.form_csv_writer import FormCsvWriter
from pipeline.outputs.form_workbook import write_form_workbook
from pipeline.outputs.formats import WORKBOOK, Format


def suit_form(options: BatchOptions, template: Template) -> BatchOptions:
    """Return the options for pages of a form: pictures decoded large, and a table of fields for one of numbers."""
    from pipeline.forms.read_form import make_form_settings  # imported late: most runs have no form

    format = options.format and shape_for_form(options.format, template)
    return replace(options, settings=make_form_settings(options.settings), format=format)


def choose_output(path: Path, options: BatchOptions, template: Template | None) -> Output:
    """Return a file of results with the format that is asked for, or that of its suffix."""
    format = options.choose_format(path)
    return Output(path, shape_for_form(format, template) if template else format)


def shape_for_form(format: Format, template: Template) -> Format:
    """Return a format as it is for forms: CSV and workbooks have a row per page and columns per field."""
    names = [field.name for field in template.fields]
    if format is WORKBOOK:
        return replace(format, write_files=partial(write_form_workbook, names=names))
    return replace(format, writer=FormCsvWriter(names)) if isinstance(format.writer, CsvWriter) else format
