"""What is disabled, one at a time, are settings that exist and that differ from the defaults."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pipeline.settings.tree import Settings
from train.evaluation.ablate import DISABLED


@pytest.mark.parametrize("values", DISABLED.values(), ids=DISABLED)
def test_every_value_differs_from_the_default(values: Mapping[str, Mapping[str, float]]) -> None:
    usual, moved = Settings().to_dict(), Settings.from_dict(values).to_dict()
    for stage, knobs in values.items():
        assert not [name for name in knobs if moved[stage][name] == usual[stage][name]]


def test_first_row_is_the_whole_front_end() -> None:
    assert next(iter(DISABLED.values())) == {}
