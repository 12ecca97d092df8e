from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.batch.page_ranges import PageRanges

RANGES = st.tuples(st.integers(1, 60), st.none() | st.integers(0, 30)).map(
    lambda pair: (pair[0], None if pair[1] is None else pair[0] + pair[1])
)


@pytest.mark.parametrize(
    ("text", "n_pages", "chosen"),
    [
        ("1", 1, [1]),
        ("2", 1, []),
        ("1-3,7,20-", 22, [1, 2, 3, 7, 20, 21, 22]),
        ("1-3,7,20-", 5, [1, 2, 3]),
        ("7,1", 9, [1, 7]),
        ("1-4,3-5,4", 9, [1, 2, 3, 4, 5]),
        (" 2 - 3 , 5 ", 9, [2, 3, 5]),
        ("3-", 0, []),
        ("999999999", 3, []),
    ],
)
def test_text_means_these_pages(text: str, n_pages: int, chosen: list[int]) -> None:
    assert list(PageRanges.parse(text).choose(n_pages)) == chosen


@pytest.mark.parametrize("text", ["", ",", "0", "1,,2", "3-1", "-3", "a", "1-2-3", "1.5", "1 2", "0-3", "1" * 10, "--"])
def test_text_that_means_no_pages_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected pages like 1-3,7,20-, received"):
        PageRanges.parse(text)


def test_all_pages_are_meant_where_nothing_is_said() -> None:
    assert list(PageRanges().choose(3)) == [1, 2, 3]
    assert PageRanges().first == 1
    assert len(PageRanges().choose(10**9)) == 10**9  # no list of them is made


@given(st.lists(RANGES, min_size=1, max_size=4), st.integers(0, 80))
def test_a_page_is_chosen_once_if_a_range_holds_it(ranges: list[tuple[int, int | None]], n_pages: int) -> None:
    text = ",".join(f"{low}-" if high is None else f"{low}-{high}" for low, high in ranges)
    pages = PageRanges.parse(text)
    held = [n for n in range(1, n_pages + 1) if any(a <= n and (b is None or n <= b) for a, b in ranges)]
    assert list(pages.choose(n_pages)) == held
    assert not held or pages.first == held[0]
