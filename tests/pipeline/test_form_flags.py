from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.arguments import build_options
from pipeline.batch.options import BatchOptions
from pipeline.errors import UsageError
from pipeline.forms.options import TemplateOptions


def test_making_a_template_has_options_of_its_own() -> None:
    options = build_options(["--make-template", "a.png", "b.png", "-o", "x.toml", "--force"])
    assert isinstance(options, TemplateOptions)
    assert (options.inputs, options.path, options.is_forced) == (("a.png", "b.png"), Path("x.toml"), True)
    unnamed = build_options(["--make-template", "scans/a.png"])
    assert isinstance(unnamed, TemplateOptions) and unnamed.path == Path("scans/a.toml") and not unnamed.is_forced


def test_template_is_an_option_of_a_batch() -> None:
    options = build_options(["a.png", "--template", "x.toml"])
    assert isinstance(options, BatchOptions) and options.template == Path("x.toml")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("a.png --template x.toml --signs", "--signs cannot be used with --template; a field holds digits alone"),
        ("a.png --template x.toml --trace t", "--trace cannot be used with --template"),
        ("a.png --template x.toml --check luhn", "--check cannot be used with --template; write it into the template"),
        ("--webcam --template x.toml", "--template cannot be used with --webcam"),
        ("--webcam --make-template", "--make-template cannot be used with --webcam"),
        ("a.png --make-template --template x.toml", "--template cannot be used with --make-template"),
        ("a.png --make-template --workers 2", "--workers cannot be used with --make-template"),
        ("a.png --make-template -o a.toml -o b.toml", "--make-template takes one --output"),
    ],
)
def test_what_does_not_go_together(words: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        build_options(words.split())
    assert message in str(caught.value)
