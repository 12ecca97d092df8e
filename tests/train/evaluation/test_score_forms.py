from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from train.evaluation.score_forms import HEAD, FormCounts


def make_field(name: str, text: str, status: str, proposal: str | None = None) -> SimpleNamespace:
    return SimpleNamespace(name=name, text=text, status=status, proposal=proposal)


def test_counts_of_a_case_worked_by_hand() -> None:
    form: Any = SimpleNamespace(
        fields=(
            make_field("a", "12", "accepted"),
            make_field("b", "13", "accepted"),
            make_field("c", "14", "rejected", "15"),
            make_field("d", "", "blank"),
        )
    )
    counts = FormCounts(n_forms=2)
    counts.count(form, {"a": "12", "b": "99", "c": "15", "d": ""})
    assert (counts.n_registered, counts.n_fields, counts.n_right) == (1, 4, 2)
    assert (counts.n_accepted, counts.n_wrong, counts.n_proposed) == (3, 1, 1)
    both = FormCounts()
    both.add(counts)
    both.add(counts)
    assert both.n_fields == 8 and both.n_forms == 4
    assert counts.format_row("x").split() == [
        "x",
        "1",
        "of",
        "2",
        "4",
        "50.0",
        "%",
        "75.0",
        "%",
        "33.33",
        "%",
        "1",
        "0",
    ]
    assert len(HEAD.split()) == 8
