from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest

from pipeline.batch.options import BatchOptions
from pipeline.errors import UsageError

OUT = (Path("out.csv"),)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "nothing to read is given"),
        ({"outputs": OUT}, "nothing to read is given"),
        ({"watch": Path("inbox")}, "--watch needs --output"),
        ({"inputs": ("a.jpg",), "is_resumed": True}, "--resume needs --output"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_options_that_lack_another_one_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        BatchOptions(**values)


def test_watched_folder_stands_for_an_input() -> None:
    assert BatchOptions(watch=Path("inbox"), outputs=OUT, is_resumed=True).inputs == ()


def test_options_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        BatchOptions(inputs=("a.jpg",)).model = "other"  # type: ignore[misc]


def test_folders_are_those_that_were_asked_for() -> None:
    assert BatchOptions(inputs=("a.jpg",)).folders == {}
    options = BatchOptions(inputs=("a.jpg",), trace=Path("t"), review=Path("r"))
    assert options.folders == {"trace": Path("t"), "review": Path("r")}
