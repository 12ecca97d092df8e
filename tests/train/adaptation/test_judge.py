from __future__ import annotations

import pytest

from train.adaptation.judge import CORRECTIONS, compare, list_worse, rank_shares

BEFORE = {CORRECTIONS: 80.0, "pages": 95.0}


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ({CORRECTIONS: 90.0, "pages": 95.0}, []),
        ({CORRECTIONS: 90.0, "pages": 94.6}, []),
        ({CORRECTIONS: 90.0, "pages": 94.4}, ["pages"]),
        ({CORRECTIONS: 80.0, "pages": 99.0}, [CORRECTIONS]),
        ({CORRECTIONS: 70.0, "pages": 90.0}, [CORRECTIONS, "pages"]),
    ],
    ids=["better", "within noise", "pages worse", "corrections no better", "both worse"],
)
def test_what_got_worse_is_named(after: dict[str, float], expected: list[str]) -> None:
    assert [change.what for change in list_worse(compare(BEFORE, after))] == expected


@pytest.mark.parametrize(
    ("by_share", "expected"),
    [
        ({0.4: (85, 95), 0.7: (90, 95), 1.0: (95, 90)}, 0.7),
        ({0.4: (90, 95), 0.7: (90, 95), 1.0: (90, 95)}, 0.4),
        ({0.4: (85, 90), 0.7: (95, 80), 1.0: (95, 70)}, 0.4),
        ({0.4: (85, 95), 0.7: (90, 95), 1.0: (95, 94.6)}, 1.0),
    ],
    ids=["best without harm", "gentlest of equals", "least harm", "harm within noise"],
)
def test_share_helps_most_of_those_that_harm_nothing(
    by_share: dict[float, tuple[float, float]], expected: float
) -> None:
    figures = {share: dict(zip(BEFORE, own, strict=True)) for share, own in by_share.items()}
    assert rank_shares(BEFORE, figures)[0] == expected
