"""Pages of every kind, and the table of their times, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tests.bench.bench_kinds import A4_PX, KINDS, draw_sizes, print_table


def test_pages_of_all_kinds_differ() -> None:
    pages = {name: draw() for name, draw in KINDS.items()}
    assert all(page.shape == A4_PX[::-1] and page.dtype == np.uint8 for page in pages.values())
    assert len({page.tobytes() for page in pages.values()}) == len(pages)
    inked = {name: int((page < 128).sum()) for name, page in pages.items()}
    assert inked["blank"] == 0 < inked["one number"] < inked["25 digits"] < inked["100 digits"] < inked["table"]


def test_sizes_are_what_their_names_say() -> None:
    for name, page in draw_sizes().items():
        assert page.size == pytest.approx(1e6 * float(name.split()[2]), rel=0.01)


def test_table_by_hand(capsys: pytest.CaptureFixture[str]) -> None:
    print_table({"text": [(2.0, 0.01), (1.0, 0.01), (3.0, 0.01)], "blank": [(0.1, 0.05)] * 3})
    assert capsys.readouterr().out.splitlines()[2:] == [
        "| text | 2.000 | 1.000 to 3.000 | 200 | 1.00 |",
        "| blank | 0.100 | 0.100 to 0.100 | 2 | 0.05 |",
    ]
