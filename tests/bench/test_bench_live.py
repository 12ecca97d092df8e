"""The measure of live reading, on cases worked by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bench.bench_live import find_number, score_video

BOX = [100, 100, 300, 150]


def show(text: str, from_s: float = 0.0, to_s: float = 3.0) -> dict[str, Any]:
    return {"text": text, "from_s": from_s, "to_s": to_s, "path": [[from_s, *BOX], [to_s, *BOX]]}


def report(text: str, time_s: float, box: list[int] = BOX) -> dict[str, Any]:
    return {"text": text, "time_s": time_s, "box": box}


Row = tuple[list[dict[str, Any]], list[dict[str, Any]], tuple[int, int, int, int, int, int]]
CASES: dict[str, Row] = {
    # shown, confirmed, soon, right, doubles, false
    "nothing shown, nothing said": ([], [], (0, 0, 0, 0, 0, 0)),
    "right and soon": ([show("42")], [report("42", 0.3)], (1, 1, 1, 1, 0, 0)),
    "right and late": ([show("42")], [report("42", 0.8)], (1, 1, 0, 1, 0, 0)),
    "never": ([show("42")], [], (1, 0, 0, 0, 0, 0)),
    "wrong, then right": ([show("42")], [report("47", 0.3), report("42", 0.9)], (1, 1, 1, 0, 0, 0)),
    "right, then a part of it": ([show("42")], [report("42", 0.3), report("2", 0.9)], (1, 1, 1, 0, 0, 0)),
    "right, twice": ([show("42")], [report("42", 0.3), report("42", 2)], (1, 1, 1, 1, 1, 0)),
    "shown too shortly to count": ([show("42", 0, 0.9)], [report("42", 0.3)], (0, 0, 0, 0, 0, 0)),
    "elsewhere": ([show("42")], [report("7", 1, [500, 500, 520, 540])], (1, 0, 0, 0, 0, 1)),
    "long after it has gone": ([show("42", 0, 1)], [report("42", 2)], (1, 0, 0, 0, 0, 1)),
    "one after the other": (
        [show("42", 0, 2), show("43", 2, 4)],
        [report("42", 0.3), report("43", 2.3)],
        (2, 2, 2, 2, 0, 0),
    ),
}


@pytest.mark.parametrize(("numbers", "reports", "counts"), CASES.values(), ids=CASES)
def test_score(numbers: list[Any], reports: list[Any], counts: tuple[int, ...]) -> None:
    score = score_video(numbers, reports)
    assert (score.shown, score.confirmed, score.soon, score.right, score.doubles, score.false) == counts


def test_report_is_of_the_number_of_its_text_wherever_that_has_gone() -> None:
    numbers = [show("42"), show("43")]
    assert find_number(numbers, report("43", 1, [700, 400, 800, 450])) == 1
    assert find_number(numbers, report("99", 1, [700, 400, 800, 450])) is None
