from __future__ import annotations

import pytest

from pipeline.outputs.csv_cells import spell_path


@pytest.mark.parametrize(
    ("path", "cell"),
    [
        ("a.jpg", "a.jpg"),
        ("=cmd|calc!A0.png", "./=cmd|calc!A0.png"),
        ("+1.jpg", "./+1.jpg"),
        ("-1.jpg", "./-1.jpg"),
        ("@sum.jpg", "./@sum.jpg"),
        ("-", "-"),
        ("\t=1.jpg", "\\t=1.jpg"),
        ("\r=1.jpg", "\\r=1.jpg"),
        ("in/=a.jpg", "in/=a.jpg"),
        ("=\x1b.jpg", "./=\\x1b.jpg"),
    ],
)
def test_no_cell_is_a_formula(path: str, cell: str) -> None:
    assert spell_path(path) == cell
