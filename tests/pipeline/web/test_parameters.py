from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.arguments import build_options
from pipeline.batch.jobs import Plan
from pipeline.batch.options import BatchOptions
from pipeline.batch.page_ranges import PageRanges
from pipeline.settings.detection import DetectionSettings
from pipeline.settings.tree import Settings
from pipeline.web.parameters import ReadParameters
from pipeline.web.request_errors import RequestError


@pytest.mark.parametrize(
    ("asked", "flags"),
    [
        ({}, []),
        ({"reject_below": 0.5}, ["--reject-below", "0.5"]),
        ({"no_turn": True}, ["--no-turn"]),
        ({"signs": True}, ["--signs"]),
        ({"dpi": 200}, ["--dpi", "200"]),
        ({"writing": "any"}, ["--writing", "any"]),
        ({"writing": "hand"}, ["--writing", "hand"]),
        ({"writing": "printed"}, ["--writing", "printed"]),
    ],
    ids=str,
)
def test_parameter_is_the_flag_of_its_name(asked: dict[str, object], flags: list[str]) -> None:
    options = build_options(["a.jpg", *flags])
    assert isinstance(options, BatchOptions)
    assert ReadParameters.model_validate(asked).change(Plan(), None) == Plan(options.settings)


def test_request_undoes_what_the_server_was_started_with() -> None:
    started = replace(Settings(), detection=DetectionSettings(is_print_read=False))
    asked = ReadParameters(writing="any", signs=False, no_turn=False)
    assert asked.change(Plan(started), "secret") == Plan(password="secret")
    assert ReadParameters().change(Plan(started), None) == Plan(started)


def test_pages() -> None:
    assert ReadParameters().choose_pages() == PageRanges()
    assert ReadParameters(pages="2,4-").choose_pages() == PageRanges(((2, 2), (4, None)))
    with pytest.raises(RequestError, match="pages: expected pages like"):
        ReadParameters(pages="").choose_pages()


def test_setting_out_of_its_range() -> None:
    with pytest.raises(RequestError, match="^dpi: expected"):
        ReadParameters(dpi=1).change(Plan(), None)
