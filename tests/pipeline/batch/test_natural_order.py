from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.batch.natural_order import make_natural_key


@pytest.mark.parametrize(
    "names",
    [
        ["scan2.jpg", "scan10.jpg"],
        ["a/9.png", "a/10.png", "b/1.png"],
        ["A.png", "b.png", "C.png"],
        ["1.png", "a.png"],
        ["a/z.png", "a b/a.png"],
        ["p1-2.png", "p1-10.png", "p2-1.png"],
        ["a.png", "a1.png"],
    ],
    ids=" ".join,
)
def test_order_by_hand(names: list[str]) -> None:
    assert sorted(reversed(names), key=make_natural_key) == names


@given(st.lists(st.text("a1\u0663/9." + "0" * 3, max_size=30) | st.just("9" * 5000)))
def test_any_names_can_be_sorted(names: list[str]) -> None:
    assert sorted(names, key=make_natural_key) == sorted(names[::-1], key=make_natural_key)
