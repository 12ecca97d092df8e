from __future__ import annotations

import argparse
from dataclasses import replace

import pytest

from pipeline.arguments import build_options
from pipeline.checkup.options import CheckOptions
from pipeline.errors import UsageError
from pipeline.service_flags import parse_port
from pipeline.settings.decoding import DecodeSettings
from pipeline.settings.tree import Settings
from pipeline.web.options import ApiOptions, PageOptions


@pytest.mark.parametrize(
    ("given", "changes"),
    [
        ([], {}),
        (["--host", "0.0.0.0", "--port", "80"], {"host": "0.0.0.0", "port": 80}),
        (["--port", "0"], {"port": 0}),
        (["--max-mb", "7"], {"most_mb": 7}),
        (["--workers", "3", "--timeout", "2.5"], {"n_workers": 3, "timeout_s": 2.5}),
        (["--model", "own.tflite"], {"model": "own.tflite"}),
        (["--reject-below", "0.5"], {"settings": replace(Settings(), decode=DecodeSettings(reject_below=0.5))}),
        (["-q"], {"is_quiet": True}),
        (["-v"], {"is_verbose": True}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_each_flag_of_the_api_sets_its_option(given: list[str], changes: dict[str, object]) -> None:
    assert build_options(["--api", *given]) == replace(ApiOptions(), **changes)


@pytest.mark.parametrize(
    ("given", "changes"),
    [
        ([], {"port": 8501}),
        (["--port", "0", "--host", "0.0.0.0"], {"port": 0, "host": "0.0.0.0"}),
        (["--max-mb", "7", "--model", "own.tflite", "-q"], {"most_mb": 7, "model": "own.tflite", "is_quiet": True}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_each_flag_of_the_page_sets_its_option(given: list[str], changes: dict[str, object]) -> None:
    assert build_options(["--serve", *given]) == replace(PageOptions(), **changes)


def test_check() -> None:
    assert build_options(["--check"]) == CheckOptions()
    assert build_options(["--check", "--model", "lines"]) == CheckOptions("lines")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["a.jpg", "--api"], "INPUT cannot be used with --api"),
        (["--api", "--webcam"], "--webcam cannot be used with --api"),
        (["--api", "--check"], "--check cannot be used with --api"),
        (["--api", "--serve"], "--serve cannot be used with --api"),
        (["a.jpg", "--serve"], "INPUT cannot be used with --serve"),
        (["--serve", "--table"], "--table cannot be used with --serve"),
        (["--api", "-o", "a.csv"], "--output cannot be used with --api"),
        (["--api", "--password", "a"], "--password cannot be used with --api"),
        (["--api", "--max-seconds", "3"], "--max-seconds cannot be used with --api"),
        (["--check", "-q"], "--quiet cannot be used with --check"),
        (["a.jpg", "--check"], "INPUT cannot be used with --check"),
        (["a.jpg", "--port", "80"], "--port needs --api or --serve"),
        (["--check", "--host", "a"], "--host needs --api or --serve"),
        (["a.jpg", "--max-mb", "3"], "--max-mb needs --api or --serve"),
        (["--api", "--port", "65536"], "expected a port, 0 to 65535, received '65536'"),
        (["--api", "--max-mb", "0"], "expected a whole number from 1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_flag_of_another_mode_is_refused(given: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        build_options(given)


def test_ports_by_hand() -> None:
    assert (parse_port("0"), parse_port("65535")) == (0, 65535)
    for text in ("-1", "65536", "http", ""):
        with pytest.raises(argparse.ArgumentTypeError, match="expected a port"):
            parse_port(text)
