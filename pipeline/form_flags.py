"""The flags of forms: what they are, what does not go with them, and the options of making a template."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.flags import CONSTRAINT_FLAGS
from pipeline.forms.options import TemplateOptions

_NOT_FOR_FORMS = {
    "trace": "use --annotate to see what was read where",
    "signs": "a field holds digits alone",
    "no_turn": "a form lies as its blank does",
    "writing": "what is printed on the form is known",
    "table": "name each cell in the template",
    "roi": "a field's box says where it is read",
    **dict.fromkeys(CONSTRAINT_FLAGS, "write it into the template, field by field"),
}
"""Flags that do not go with --template, and what to do instead."""


def add_form_flags(group: argparse._ArgumentGroup) -> None:
    """Add the flags of forms to a group of the parser."""
    add = group.add_argument
    add("--template", type=Path, metavar="FORM.toml", help="every page is this form: read its fields, a column each")
    add(
        "--make-template",
        action="store_true",
        help="find the fields of the blank form INPUT, and write a template to edit to --output FORM.toml",
    )


def check_form_flags(flags: argparse.Namespace) -> None:
    """Raise UsageError for the first flag that does not go with --template, which says the same by field or page."""
    for name in _NOT_FOR_FORMS if flags.template else ():
        if getattr(flags, name) not in (None, False):
            raise UsageError(f"--{name.replace('_', '-')} cannot be used with --template", _NOT_FOR_FORMS[name])


def make_template_options(flags: argparse.Namespace, defaults: argparse.Namespace) -> TemplateOptions:
    """Return the options of making a template, which takes no flag but --output and --force.

    Parameters
    ----------
    flags, defaults : as given, and where none is given
    """
    for name, value in vars(flags).items():
        if name not in ("inputs", "output", "force", "make_template") and value != getattr(defaults, name):
            raise UsageError(f"--{name.replace('_', '-')} cannot be used with --make-template")
    if len(flags.output) > 1:
        raise UsageError("--make-template takes one --output", "name one file, such as form.toml")
    return TemplateOptions(tuple(flags.inputs), flags.output[0] if flags.output else None, flags.force)
