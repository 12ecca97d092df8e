from __future__ import annotations

import pytest

from pipeline.outputs.explain import explain


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ({"reason": None}, None),
        ({"reason": "unsure"}, "unsure"),
        ({"reason": None, "corrected_from": "17"}, "corrected by a person, read as 17"),
    ],
    ids=["accepted", "rejected", "corrected"],
)
def test_number_is_explained(number: dict[str, str | None], expected: str | None) -> None:
    assert explain(number) == expected
